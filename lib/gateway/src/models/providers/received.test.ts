import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as zlib from "node:zlib";
import { type Harness, openHarness } from "../../testing/harness";
import { outboundFetch, patientFetch, redirectAt } from "../outbound";
import { ANSWER_LIMIT, AnswerTooLongError, RedirectError, STREAM_LIMIT } from "./received";

const { brotliCompressSync, deflateSync, gzipSync } = zlib;

/** A provider whose every answer is what a test says, and a second server, which must be asked for nothing. */
let reply: (request: IncomingMessage, response: ServerResponse) => void;
let isOver: Promise<void>;
const server = createServer((request, response) => {
  isOver = new Promise((resolve) => response.once("close", resolve));
  request.resume().on("end", () => reply(request, response));
});
const elsewhere: string[] = [];
const other = createServer((request, response) => {
  elsewhere.push(`${request.method} ${request.url}`);
  response.end("{}");
});

const fetch = outboundFetch({});
let harness: Harness;
let host: string;
let otherHost: string;
beforeAll(async () => {
  for (const each of [server, other])
    await new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  otherHost = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const provider = `type = "openai"
model_name = "m"
api_base = "http://${host}/v1/"
api_key_location = "none"`;
  const toml = `[models.m]
routing = ["p"]
[models.m.providers.p]
${provider}
extra_headers = [{ name = "x-secret", value = "planted" }]`;
  harness = await openHarness({ "tensorzero.toml": toml });
});
afterAll(async () => {
  await harness.close();
  for (const each of [server, other]) {
    each.closeAllConnections();
    await new Promise((resolve) => each.close(resolve));
  }
});

const input = { messages: [{ role: "user", content: "x" }] };
const ask = (stream = false) => harness.post("/inference", { model_name: "m", input, stream });

describe("a redirect is not followed", () => {
  test.each([300, 301, 302, 303, 305, 307, 308])("%i", async (status) => {
    reply = (_, response) =>
      response.writeHead(status, { location: `http://${otherHost}/v1/login?key=k` }).end("<html>");
    const refused = fetch(`http://${host}/v1/models`, { method: "POST", body: "prompt" });
    await expect(refused).rejects.toBeInstanceOf(RedirectError);
    await expect(refused).rejects.toMatchObject({ from: host, to: otherHost });
    await expect(refused).rejects.toThrow(
      `${host} sends requests on to http://${otherHost}/v1/login (status ${status})`,
    );
    for (const stream of [false, true])
      expect((await ask(stream)).body.error).toContain(`to http://${otherHost}/v1/login (status`);
    expect(elsewhere).toEqual([]);
  });

  test.each([
    [undefined, null, "nowhere"],
    ["http://", null, "nowhere"],
    ["/v2/", "HOST", "http://HOST/v2/"],
    ["//me:word@other.invalid", "other.invalid", "http://other.invalid/"],
    ["http://other.invalid/\x9b2J", "other.invalid", "http://other.invalid/%C2%9B2J"],
  ])("to %j", async (location, to, shown) => {
    reply = (_, response) => {
      response.socket?.end(
        `HTTP/1.1 302 Found\r\n${location === undefined ? "" : `location: ${location}\r\n`}content-length: 0\r\n\r\n`,
        "latin1",
      );
    };
    const error = await redirectAt(new URL(`http://me:word@${host}/`));
    expect(error).toMatchObject({ from: host, to: to?.replace("HOST", host) ?? null });
    expect(error?.message).toContain(` to ${shown.replace("HOST", host)} (`);
    expect(error?.message).not.toContain("word@");
  });

  test("where there is none, the answer is read", async () => {
    reply = (_, response) => response.writeHead(304).end();
    expect((await fetch(`http://${host}/`, {})).status).toBe(304);
    expect(await redirectAt(new URL(`http://${host}/`))).toBeNull();
  });
});

describe("what is too long is not read to its end", () => {
  const blank = Buffer.alloc(2 * ANSWER_LIMIT, " ");
  // Node.js has zstd from version 22.15 on; before, an answer in it is not unpacked either.
  const { zstdCompressSync } = zlib as { zstdCompressSync?: typeof gzipSync };
  const packed = {
    gzip: gzipSync(blank),
    deflate: deflateSync(blank),
    br: brotliCompressSync(blank),
    "gzip, gzip": gzipSync(gzipSync(blank)),
    ...(zstdCompressSync && { zstd: zstdCompressSync(blank) }),
  };
  const answers = Object.entries(packed).flatMap(([encoding, body]) =>
    [200, 400].map((status) => [encoding, status, body] as const),
  );
  test.each(answers)("packed as %s, with status %i", async (encoding, status, body) => {
    reply = (_, response) => response.writeHead(status, { "content-encoding": encoding }).end(body);
    const response = await fetch(`http://${host}/`, {});
    await expect(response.text()).rejects.toBeInstanceOf(AnswerTooLongError);
    expect((await ask()).body.error).toContain("the answer is longer than 3 MiB");
  });

  /** Writes the chunk until the client has left. */
  const endlessly = (chunk: Buffer, headers: Record<string, string>) => {
    reply = (_, response) => {
      response.writeHead(200, headers);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", more);
      more();
    };
  };
  test("plain, without an end", async () => {
    endlessly(Buffer.alloc(65_536, " "), {});
    expect((await ask()).body.error).toContain("the answer is longer than 3 MiB");
    await isOver;
  });
  test("packed, where nothing unpacks to nothing", async () => {
    const empty = gzipSync("");
    const chunk = Buffer.concat(Array<Buffer>(10_000).fill(empty));
    endlessly(chunk, { "content-encoding": "gzip" });
    expect((await ask()).body.error).toContain("longer than 5 MiB as it is sent");
    await isOver;
  });
  test("a stream of many events", async () => {
    const event = `data: {"choices":[{"delta":{"content":"${"x".repeat(40_000)}"}}]}\n\n`;
    endlessly(Buffer.from(event.repeat(20)), { "content-type": "text/event-stream" });
    const { body } = await ask(true);
    expect(body).toContain("the answer is longer than 5 MiB");
    expect(body.length).toBeLessThan(1.2 * STREAM_LIMIT);
    await isOver;
  });
});

test("what is long enough to be an answer is read whole", async () => {
  const text = "x".repeat(ANSWER_LIMIT - 100);
  reply = (_, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(text));
  expect(await (await fetch(`http://${host}/`, {})).text()).toBe(text);
});

test("an answer that nobody reads is let go", async () => {
  reply = (_, response) => response.writeHead(200).write("x");
  for (const send of [fetch, patientFetch]) {
    const { body } = await send(`http://${host}/`, {});
    await body?.cancel();
    await isOver;
  }
});

test("what is packed in an unknown way stays as it is, and what is cut off ends there", async () => {
  for (const encoding of ["constructor", "gzip, own"]) {
    reply = (_, response) => response.writeHead(200, { "content-encoding": encoding }).end("plain");
    expect(await (await fetch(`http://${host}/`, {})).text()).toBe("plain");
  }
  const packed = gzipSync("x".repeat(1000)).subarray(0, -8);
  reply = (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
  expect(await (await fetch(`http://${host}/`, {})).text()).toBe("x".repeat(1000));
});

test("the fetch for other clients answers with a Response, also one without a body", async () => {
  reply = (request, response) => response.writeHead(201, { "x-a": "b" }).end(`${request.method}`);
  const request = new Request(`http://${host}/`, { method: "POST", body: "text" });
  for (const answer of [
    await patientFetch(request),
    await patientFetch(`http://${host}/`, { method: "POST" }),
  ]) {
    expect(answer).toBeInstanceOf(Response);
    expect([answer.status, answer.headers.get("x-a"), await answer.text()]).toEqual([
      201,
      "b",
      "POST",
    ]);
  }
  for (const status of [204, 205, 304]) {
    reply = (_, response) => response.writeHead(status).end();
    expect(await (await patientFetch(`http://${host}/`)).text()).toBe("");
  }
});
