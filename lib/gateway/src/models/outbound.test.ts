import { createServer, request as forward } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import undici from "undici";
import { type Harness, openHarness } from "../testing/harness";
import { completion } from "../testing/stand-in";
import { outboundFetch } from "./outbound";

/** A proxy on loopback that sends plain requests on to the stand-in, and opens no tunnel. */
const seen: { line: string; authorization: string | undefined }[] = [];
const proxy = createServer((request, response) => {
  const authorization = request.headers["proxy-authorization"];
  seen.push({ line: `${request.method} ${request.url}`, authorization });
  const { pathname } = new URL(request.url ?? "");
  const { method, headers } = request;
  const onward = forward(new URL(pathname, harness.provider.url), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  request.pipe(onward);
});
let firstByte: Promise<number | undefined>;
proxy.on("connect", ({ url, headers }, socket: Socket) => {
  seen.push({ line: `CONNECT ${url}`, authorization: headers["proxy-authorization"] });
  socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
  firstByte = new Promise((resolve) => {
    socket.once("data", (data) => {
      resolve(data[0]);
      socket.destroy();
    });
  });
});

let harness: Harness;
let address: string;
const TOML = (base: string) => `
[models.m]
routing = ["p"]
[models.m.providers.p]
type = "openai"
model_name = "m"
api_base = "${base}"
api_key_location = "none"
`;
beforeAll(async () => {
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const env = { http_proxy: `http://user:p%40ss@${address}`, HTTP_PROXY: "http://nowhere.invalid" };
  harness = await openHarness({ "tensorzero.toml": TOML("http://provider.invalid/v1/") }, env);
});
afterAll(async () => {
  await harness.close();
  await new Promise((resolve) => {
    proxy.close(resolve);
    proxy.closeAllConnections();
  });
});
beforeEach(() => seen.splice(0));

const basic = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;

// First, because what goes directly shares one agent.
test("an answer is waited for as long as the caller waits, not Node's 300 s", async () => {
  const { Agent, ProxyAgent } = undici;
  const agents = [
    jest.spyOn(undici, "Agent").mockImplementation((options) => new Agent(options)),
    jest.spyOn(undici, "ProxyAgent").mockImplementation((options) => new ProxyAgent(options)),
  ];
  await outboundFetch({})(`${harness.provider.url}chat/completions`, {
    method: "POST",
    body: "{}",
  });
  await outboundFetch({ HTTP_PROXY: address })("http://provider.invalid/v1/", {});
  for (const agent of agents) {
    const limits = expect.objectContaining({ headersTimeout: 0, bodyTimeout: 0 });
    expect(agent).toHaveBeenCalledWith(limits);
    agent.mockRestore();
  }
  seen.splice(0);
});

test("an inference goes by the proxy, and its answer comes back", async () => {
  harness.provider.reply = () => completion("by proxy");
  const input = { messages: [{ role: "user", content: "x" }] };
  const { status, body } = await harness.post("/inference", { model_name: "m", input });
  expect([status, body.content ?? body]).toEqual([200, [{ type: "text", text: "by proxy" }]]);
  expect(seen).toEqual([
    { line: "POST http://provider.invalid/v1/chat/completions", authorization: basic },
  ]);
});

test("to an address of https:// a tunnel is asked for, and what goes through it is TLS", async () => {
  const fetch = outboundFetch({ HTTPS_PROXY: `user:p%40ss@${address}` });
  await expect(fetch("https://provider.invalid/v1", {})).rejects.toThrow("fetch failed");
  expect(seen).toEqual([{ line: "CONNECT provider.invalid:443", authorization: basic }]);
  expect(await firstByte).toBe(0x16); // a handshake
});

/** Whether the proxy was asked, or else the address itself. */
async function isProxied(url: string, env: Record<string, string>): Promise<boolean> {
  seen.splice(0);
  const { request: send } = undici;
  let directly = 0;
  const spy = jest.spyOn(undici, "request").mockImplementation(async (to, options) => {
    if (!(options?.dispatcher instanceof undici.Agent)) return send(to, options);
    directly += 1;
    throw new Error("not sent");
  });
  await outboundFetch(env)(url, { method: "POST" }).catch(() => {});
  spy.mockRestore();
  expect(seen.length + directly).toBe(1);
  return seen.length > 0;
}

test.each([
  "http://localhost:1",
  "http://models.localhost:1",
  "http://127.0.0.1:1",
  "http://127.8.9.1:1",
  "http://[::1]:1",
  "http://0.0.0.0:1",
])("%s is this machine, for which no proxy is asked", async (url) => {
  expect(await isProxied(url, { HTTP_PROXY: `http://${address}` })).toBe(false);
});

const NAMED = "http://x.a.invalid";
const IPV4 = "http://192.0.2.7";
const IPV6 = "http://[2001:db8::7]";
test.each([
  [NAMED, "*", false],
  [NAMED, "b.invalid, .a.invalid", false],
  [NAMED, "*.a.invalid", false],
  [NAMED, "A.INVALID", false],
  [NAMED, "x.a.invalid:80", false],
  [NAMED, "x.a.invalid:81", true],
  [NAMED, "a.inval", true],
  [NAMED, "xx.a.invalid", true],
  [NAMED, "", true],
  [IPV4, "192.0.2.7", false],
  [IPV4, "192.0.2.0/24", false],
  [IPV4, "192.0.3.0/24,192.0.2.0/99,192.0.2.0/x", true],
  [IPV6, "2001:db8::7", false],
  [IPV6, "2001:db8::/32", false],
  [IPV6, "[2001:db8::7]:80", false],
  [IPV6, "192.0.2.0/24", true],
])("%s with no_proxy=%s is proxied: %s", async (url, no_proxy, expected) => {
  expect(await isProxied(url, { http_proxy: address, no_proxy, NO_PROXY: "*" })).toBe(expected);
});

test("one protocol's proxy is not the other's; without any all goes directly", async () => {
  expect(await isProxied("http://a.invalid", { HTTPS_PROXY: `http://${address}` })).toBe(false);
  expect(await isProxied("https://a.invalid", { HTTP_PROXY: `http://${address}` })).toBe(false);
  expect(await isProxied("http://a.invalid", { HTTP_PROXY: "", http_proxy: "" })).toBe(false);
});

test("a proxy's address that cannot be read is named by its variable, without its password", async () => {
  const fetch = outboundFetch({ HTTPS_PROXY: "http://user:se/cret@host" });
  await expect(fetch("https://a.invalid", {})).rejects.toThrow(
    /^HTTPS_PROXY is no address\..*percent-encoded/,
  );
  await expect(fetch("https://a.invalid", {})).rejects.not.toThrow("cret");
  await expect(
    outboundFetch({ HTTP_PROXY: "socks5://host" })("http://a.invalid", {}),
  ).rejects.toThrow("HTTP_PROXY does not begin with http:// or https://");
});
