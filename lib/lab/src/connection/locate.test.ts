import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { GatewayClient } from "./client";
import { GatewayNotFoundError, LOCAL_CLICKHOUSE, locateGateway } from "./locate";

/** A gateway that notes what it was asked with. */
const asked: IncomingMessage[] = [];
const server = createServer((request, response) => {
  asked.push(request);
  const choices = [{ message: { content: "{}" } }];
  response.setHeader("content-type", "application/json");
  response.setHeader("server", "babyai-lab");
  response.end(
    JSON.stringify({
      version: "2026.1.0",
      feedback_id: "f",
      choices,
      id: "i",
      model: "m",
      episode_id: "e",
    }),
  );
});
const folder = mkdtempSync(join(tmpdir(), "locate-test-"));
const dataDir = join(folder, "clickhouse");
afterAll(() => rmSync(folder, { recursive: true }));
let port: number;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const refusal = (env: Record<string, string>) =>
  locateGateway(env, dataDir).then(
    () => undefined,
    (error) => error,
  );

test.each([
  ["TENSORZERO_GATEWAY_URL", "CLICKHOUSE_URL"],
  ["CLICKHOUSE_URL", "TENSORZERO_GATEWAY_URL"],
])("%s alone is refused", async (set, missing) => {
  const error = await refusal({ [set]: "http://user:secret@localhost:1" });
  expect(error).toBeInstanceOf(GatewayNotFoundError);
  expect(error.message).toMatch(
    new RegExp(`^${set} is set without ${missing} .*: set both, or neither$`),
  );
  expect(inspect(error)).not.toContain("secret");
});

test.each(["/", "#", "?", "\\", "%", "/@", "12/"])(
  "a password with %s that is not encoded is refused by the variable's name and not shown",
  async (sign) => {
    const url = `http://user:${sign}secret${sign}@127.0.0.1:${port}`;
    const error = await refusal({ TENSORZERO_GATEWAY_URL: url, CLICKHOUSE_URL: LOCAL_CLICKHOUSE });
    expect(error).toBeInstanceOf(GatewayNotFoundError);
    expect(error.message).toMatch(
      /^TENSORZERO_GATEWAY_URL .*percent-encoded.* Give one like http:\/\/localhost:3000$/,
    );
    expect(inspect(error, { depth: 9 })).not.toContain("secret");
  },
);

test("a gateway that does not answer is named without its password", async () => {
  const url = "http://user:secret@127.0.0.1:1";
  const error = await refusal({ TENSORZERO_GATEWAY_URL: url, CLICKHOUSE_URL: LOCAL_CLICKHOUSE });
  expect(error.message).toContain("names http://127.0.0.1:1, where no gateway answers");
  expect(inspect(error, { depth: 9 })).not.toContain("secret");
});

test.each([
  ["asks on every route", "user:secret@", undefined, true],
  ["asks on every route", "", "secret", true],
  ["says its status to everybody, as TensorZero's", "", "secret", false],
  ["says its status to everybody, as TensorZero's", "", undefined, false],
])(
  "a gateway that %s: a wrong or missing key is called so, and not shown",
  async (_, user, key, isClosed) => {
    const asks = createServer((request, response) => {
      const isTold = request.url === "/status" && !isClosed;
      response.writeHead(isTold ? 200 : 401).end(isTold ? '{"version":"2026.6.0"}' : "{}");
    });
    await new Promise<void>((resolve) => asks.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(asks.address() as AddressInfo).port}`;
    const error = await refusal({
      TENSORZERO_GATEWAY_URL: `http://${user}${host}`,
      CLICKHOUSE_URL: LOCAL_CLICKHOUSE,
      ...(key && { TENSORZERO_API_KEY: key }),
    });
    expect(error).toBeInstanceOf(GatewayNotFoundError);
    expect(error.message).toContain(
      `Wrong or missing key for the gateway at http://${host}: correct`,
    );
    expect(inspect(error, { depth: 9 })).not.toContain("secret");
    const client = new GatewayClient({ url: `http://${host}`, apiKey: key });
    const inference = client.infer({ functionName: "act", variantName: "v", system: {}, user: {} });
    await expect(inference).rejects.toThrow("Wrong or missing key");
    asks.closeAllConnections();
    await new Promise((resolve) => asks.close(resolve));
  },
);

test.each([
  ["user and password of its address", undefined, `Basic ${btoa("user:p@ss")}`],
  ["TENSORZERO_API_KEY, before them,", "sk-t0-key", "Bearer sk-t0-key"],
])("of a named gateway, %s goes with every request, and is shown nowhere", async (_, key, sent) => {
  asked.length = 0;
  const url = `http://user:p%40ss@127.0.0.1:${port}/`;
  const env = {
    ...{ TENSORZERO_GATEWAY_URL: url, CLICKHOUSE_URL: LOCAL_CLICKHOUSE },
    TENSORZERO_API_KEY: key,
  };
  const found = await locateGateway(env, dataDir);
  expect(found).toMatchObject({ kind: "remote", status: { version: "2026.1.0" }, apiKey: key });
  const client = new GatewayClient({ url, apiKey: key });
  await client.feedback({ metricName: "success", value: true, episodeId: "e" });
  await client.infer({ functionName: "act", variantName: "v", system: {}, user: {} });
  expect(client.url).toBe(`http://127.0.0.1:${port}`);
  expect(asked.map(({ url: path, headers }) => [path, headers.authorization])).toEqual([
    ["/status", sent],
    ["/v1/inferences/get_inferences", sent],
    ["/feedback", sent],
    ["/openai/v1/chat/completions", sent],
  ]);
});

test("a redirect is followed by none of the lab's requests; the error names both servers", async () => {
  const away = createServer((_, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end(),
  );
  await new Promise<void>((resolve) => away.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(away.address() as AddressInfo).port}`;
  const words = `${host} sends requests on to http://127.0.0.1:${port}/ (status 307)`;
  asked.length = 0;
  const client = new GatewayClient({ url: `http://me:word@${host}` });
  const requests = [
    client.infer({ functionName: "act", variantName: "v", system: {}, user: {} }),
    client.feedback({ metricName: "success", value: true, episodeId: "e" }),
    client.tryModel("m"),
    locateGateway(
      { TENSORZERO_GATEWAY_URL: `http://${host}`, CLICKHOUSE_URL: LOCAL_CLICKHOUSE },
      dataDir,
    ),
  ];
  const errors = await Promise.all(
    requests.map((request: Promise<unknown>) => request.catch(String)),
  );
  for (const error of errors) expect(error).toContain(words);
  expect(asked).toEqual([]);
  away.closeAllConnections();
  await new Promise((resolve) => away.close(resolve));
});

test("an `npm run up` that holds the store's folder is joined; one that has ended is not", async () => {
  const leave = (pid: number, holder: number) => {
    const own = { pid, gateway: "http://127.0.0.1:1", clickhouse: "http://127.0.0.1:1/tensorzero" };
    writeFileSync(join(folder, "up.json"), JSON.stringify(own));
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, "status"), `PID: ${holder}\n`);
  };
  const joined = { kind: "embedded", reason: expect.stringContaining("npm run up") };
  leave(process.pid, process.pid);
  expect(await locateGateway({}, dataDir)).toEqual(joined);
  // One that was killed leaves its file: its number may be another process's now.
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  for (const [up, holder] of [
    [pid, pid],
    [process.pid, pid],
  ]) {
    leave(up!, holder!);
    expect(await locateGateway({}, dataDir)).not.toEqual(joined);
  }
});
