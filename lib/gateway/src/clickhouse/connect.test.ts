import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { type ClickHouseClient, ClickHouseError } from "@clickhouse/client";
import { script } from "../testing/script";
import { connect, StoreOpenError } from "./connect";

const folder = mkdtempSync(join(tmpdir(), "store-test-"));
const dataDir = join(folder, "data");
let client: ClickHouseClient;

beforeAll(async () => {
  client = await connect({ dataDir });
});
afterAll(async () => {
  await client.close();
  rmSync(folder, { recursive: true, force: true });
});

async function rows(query: string, options: object = {}): Promise<unknown[]> {
  const result = await client.query({ query, format: "JSONEachRow", ...options });
  return result.json();
}

test("the session is in TensorZero's database, in UTC, and quotes 64-bit integers", async () => {
  expect(
    await rows(
      "SELECT currentDatabase() AS db, timezone() AS zone, toDateTime(0) AS epoch, 18446744073709551615::UInt64 AS n",
    ),
  ).toEqual([
    { db: "tensorzero", zone: "UTC", epoch: "1970-01-01 00:00:00", n: "18446744073709551615" },
  ]);
});

test("settings of one query do not reach the next", async () => {
  const setting = "SELECT value FROM system.settings WHERE name = 'max_threads'";
  const before = await rows(setting);
  expect(await rows(setting, { clickhouse_settings: { max_threads: 7 } })).toEqual([
    { value: "7" },
  ]);
  expect(await rows(setting)).toEqual(before);
  await client.command({ query: "SET max_threads = 7" });
  expect(await rows(setting)).toEqual(before);
});

test("a session keeps its temporary tables and is seen by no other", async () => {
  const session_id = "one";
  await client.command({ query: "CREATE TEMPORARY TABLE mine (n Int32)", session_id });
  await client.insert({ table: "mine", values: [{ n: 1 }], format: "JSONEachRow", session_id });
  expect(await rows("SELECT n FROM mine", { session_id })).toEqual([{ n: 1 }]);
  await expect(rows("SELECT n FROM mine")).rejects.toThrow(/Unknown table/);
});

test("a session that is not used for a minute ends, as on a server", async () => {
  jest.useFakeTimers({
    doNotFake: ["nextTick", "setImmediate", "queueMicrotask", "performance", "Date"],
  });
  try {
    const session_id = "two";
    await client.command({ query: "CREATE TEMPORARY TABLE mine (n Int32)", session_id });
    jest.advanceTimersByTime(59_000);
    expect(await rows("SELECT count() AS n FROM mine", { session_id })).toEqual([{ n: "0" }]);
    jest.advanceTimersByTime(59_000);
    expect(await rows("SELECT count() AS n FROM mine", { session_id })).toEqual([{ n: "0" }]);
    jest.advanceTimersByTime(60_000);
    await expect(rows("SELECT n FROM mine", { session_id })).rejects.toThrow(/Unknown table/);
  } finally {
    jest.useRealTimers();
  }
});

test("parameters are bound and errors carry ClickHouse's code", async () => {
  expect(await rows("SELECT {x:String} AS x", { query_params: { x: "it's; DROP" } })).toEqual([
    { x: "it's; DROP" },
  ]);
  await expect(rows("SELECT * FROM nowhere")).rejects.toThrow(ClickHouseError);
  await expect(rows("SELECT * FROM nowhere")).rejects.toMatchObject({
    code: "60",
    type: "UNKNOWN_TABLE",
  });
});

test("a second folder in one process is refused by name", async () => {
  await expect(connect({ dataDir: join(folder, "other") })).rejects.toMatchObject({
    name: "StoreOpenError",
    code: "held",
  });
});

test("an address that is not HTTP is refused without showing its password", async () => {
  await expect(connect({ url: "nonsense" })).rejects.toThrow(StoreOpenError);
  for (const url of [
    "clickhouse://user:secret@localhost",
    "user:secret@localhost:8123",
    ...["/", "#", "?", "\\", "%"].map((sign) => `http://user:secret${sign}@localhost:8123/db`),
    "http://user:12/secret@localhost:8123/db",
  ]) {
    const error = await connect({ url }).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: "StoreOpenError", code: "invalid_url" });
    expect(error.message).toMatch(/CLICKHOUSE_URL.*(percent-encoded|does not begin with http)/);
    expect(inspect(error, { depth: 9 })).not.toContain("secret");
  }
});

test("a folder that cannot be made is refused", async () => {
  writeFileSync(join(folder, "file"), "");
  await expect(connect({ dataDir: join(folder, "file", "data") })).rejects.toMatchObject({
    code: "not_writable",
  });
});

/** A script with the store's parts at hand. */
const storeScript = (body: string) =>
  script(`const { connect, RowWriter } = load("gateway"); ${body}`);

test("a folder held by a process that does not share it is refused with that process's id; its end frees it", async () => {
  const held = join(folder, "held");
  const holder = spawn(process.execPath, [
    ...["--import", "data:text/javascript,0"], // as a kernel is started
    ...storeScript(
      `await connect({ dataDir: ${JSON.stringify(held)} }); console.log("open"); setInterval(() => {}, 1000);`,
    ),
  ]);
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  rmSync(join(held, ".shared", "socket"));
  const open =
    storeScript(`try { await (await connect({ dataDir: ${JSON.stringify(held)} })).close(); console.log("opened"); }
    catch (error) { console.log(error.code, error.message); }`);
  const second = spawnSync(process.execPath, open, { encoding: "utf8" });
  expect(second.stdout).toContain("held");
  expect(second.stdout).toContain(`process ${holder.pid}`);
  expect(second.stdout).toContain("does not share it");
  expect(second.stdout).not.toContain("data:text");
  holder.kill("SIGKILL");
  await new Promise((resolve) => holder.once("exit", resolve));
  expect(spawnSync(process.execPath, open, { encoding: "utf8" }).stdout).toContain("opened");
});

test.each([
  ["after close()", "await client.close();", 0],
  ["without close()", "", 0],
  ["by process.exit(0)", "process.exit(0);", 0],
  ["by an uncaught error", "throw new Error('on purpose');", 1],
])("a process ends cleanly %s", (_, end, status) => {
  // A folder of that name is nothing to it, whatever is in there.
  const cwd = mkdtempSync(join(folder, "elsewhere-"));
  const rows = join(cwd, ":memory:", "store", "012", "0123", "all_1_1_0");
  mkdirSync(rows, { recursive: true });
  const ended = spawnSync(
    process.execPath,
    storeScript(`const client = await connect({ dataDir: ":memory:" });
      await client.insert({ table: "CumulativeUsage", values: [{ type: "x", count: 1 }], format: "JSONEachRow" });
      ${end}`),
    { encoding: "utf8", timeout: 120_000, cwd },
  );
  expect({ status: ended.status, signal: ended.signal }).toEqual({ status, signal: null });
  expect(readdirSync(join(cwd, ":memory:"))).toEqual(["store"]);
});

test("what was flushed outlives kill -9, and what waits is flushed when a process ends by itself", () => {
  const ends = ["await writer.flush(); process.kill(process.pid, 'SIGKILL');", ""];
  const dirs = ends.map((_, i) => join(folder, `writer-${i}`));
  for (const [i, end] of ends.entries())
    spawnSync(
      process.execPath,
      storeScript(`const writer = new RowWriter(await connect({ dataDir: ${JSON.stringify(dirs[i])} }));
      for (let i = 0; i < 50; i++) {
        writer.write("CommentFeedback", { id: "019a0000-0000-7000-8000-000000000000", target_id: "019a0000-0000-7000-8000-000000000000", target_type: "episode", value: "x" });
      }
      ${end}`),
      { timeout: 120_000 },
    );
  const count = spawnSync(
    process.execPath,
    storeScript(`for (const dataDir of ${JSON.stringify(dirs)}) {
      const client = await connect({ dataDir });
      const result = await client.query({ query: "SELECT count() AS n FROM CommentFeedbackByTargetId", format: "JSONEachRow" });
      console.log((await result.json())[0].n);
      await client.close();
    }`),
    { encoding: "utf8", timeout: 120_000 },
  );
  expect(count.stdout).toBe("50\n50\n");
});
