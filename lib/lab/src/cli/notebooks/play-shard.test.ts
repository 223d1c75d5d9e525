import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../main";
import { root } from "../../project/root";
import { catchPrinted, printed } from "../testing/printed";
import { NEEDS_CHANGE } from "./play-shard";

const project = mkdtempSync(join(tmpdir(), "play-shard-"));
for (const part of ["config", "notebooks/babyai.ipynb"])
  cpSync(join(root, part), join(project, part), { recursive: true });
beforeEach(() => rmSync(join(project, ".env"), { force: true }));
afterAll(() => rmSync(project, { recursive: true }));

catchPrinted();

const listen = (server: Server, port = 0) =>
  new Promise<number>((resolve) =>
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );
const close = (server: Server) => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
};

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await close(server);
  return port;
}

/** Starts a shard of a project whose .env names these addresses. */
function start(gateway: number, clickhouse: number): Promise<number> {
  const env = [
    `TENSORZERO_GATEWAY_URL=http://127.0.0.1:${gateway}`,
    `CLICKHOUSE_URL=http://chuser:wrong@127.0.0.1:${clickhouse}/tensorzero`,
  ];
  writeFileSync(join(project, ".env"), env.join("\n"));
  return main("start", ["--run", "r", "--shard", "1/2", "-p", "variants=random"], project);
}

/** Resolves when it was told that somebody is away. */
async function untilTold(text: string): Promise<void> {
  while (!printed.stderr.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("gateway and store are waited for, as during a run; a wrong password ends it with the code for that", async () => {
  const [gatewayPort, clickhousePort] = [await freePort(), await freePort()];
  const code = start(gatewayPort, clickhousePort);
  await untilTold("The gateway or ClickHouse does not answer");
  expect(printed.stderr).toContain(`http://127.0.0.1:${gatewayPort}, where no gateway answers`);
  expect(printed.stderr).toContain("The run waits for it, 90 s in all.");
  const gateway = createServer((_, response) => response.end('{"version":"2026.6.0"}'));
  let asked = 0;
  const clickhouse = createServer((_, response) => {
    // A proxy before it, at first, in one of two ways.
    if (asked++ < 2)
      return response.writeHead(503).end(asked === 1 ? "" : "503 Service Unavailable");
    response.writeHead(403, { "x-clickhouse-exception-code": "516" });
    response.end(
      "Code: 516. DB::Exception: chuser: Authentication failed. (AUTHENTICATION_FAILED)",
    );
  });
  await listen(gateway, gatewayPort);
  await listen(clickhouse, clickhousePort);
  expect(await code).toBe(NEEDS_CHANGE);
  expect(asked).toBeGreaterThan(2);
  expect(printed.stderr).toContain("Authentication failed");
  await Promise.all([gateway, clickhouse].map(close));
}, 30_000);

test("a wrong key is told at once", async () => {
  const gateway = createServer((_, response) => response.writeHead(401).end("{}"));
  expect(await start(await listen(gateway), 1)).toBe(NEEDS_CHANGE);
  expect(printed.stderr).toMatch(/^Wrong or missing key for the gateway/);
  await close(gateway);
});

test.each([
  [["--run", "r", "-p", "episods=2"]],
  [["--run=r", "--shard", "3/2", "-p", "variants=random"]],
  [["--run", "r", "--shrd", "1/2"]],
  [["--run", "r", "-p", "variants=random", "-p", "worlds=LLM/nobody"]],
])("start %p would fail again: so says its exit code", async (args) => {
  expect(await main("start", args, project)).toBe(NEEDS_CHANGE);
});

test("--help says of each code what is to be done", async () => {
  await main("start", ["--help"], project);
  const text = printed.stdout.replace(/\s+/g, " ");
  expect(text).toContain(
    "with 78 when something must be changed first, a budget that does not pay for another episode, a setting or a key;",
  );
  // Of a budget a start that changes nothing may well spend the rest: shards/budget.test.ts.
  expect(text).not.toContain("would end alike");
});
