import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClickHouseClient, ClickHouseError, TupleParam } from "@clickhouse/client";
import { script } from "../../testing/script";
import { connect } from "../connect";
import { StatementLostError, shareStore } from "./share";
import { connectTo, socketPath } from "./socket";

// Processes of one user on one folder: each is a Node of its own that runs what it is told.

const folder = mkdtempSync(join(tmpdir(), "shared-"));
// Too long for a socket's address.
const dataDir = join(folder, "a-folder-".repeat(20), "store");

const MEMBER = `
  const { connect, RowWriter } = load("gateway");
  const dataDir = ${JSON.stringify(dataDir)};
  let client, writer;
  const rows = async (query) => (await client.query({ query, format: "JSONEachRow" })).json();
  console.log("null");
  for await (const line of require("node:readline").createInterface({ input: process.stdin }))
    console.log(JSON.stringify(await eval("(async () => (" + line + "))()").catch((error) => ({ error: error.name, message: error.message })) ?? null));
`;

interface Member {
  process: ChildProcess;
  /** Runs code there. */
  ask<T>(code: string): Promise<T>;
}

async function startMember(): Promise<Member> {
  const child = spawn(process.execPath, script(MEMBER), { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  await lines.next();
  return {
    process: child,
    async ask(code) {
      child.stdin?.write(`${code.replaceAll("\n", " ")}\n`);
      return JSON.parse((await lines.next()).value);
    },
  };
}

async function end(member: Member, signal: NodeJS.Signals): Promise<void> {
  const ended = once(member.process, "exit");
  member.process.kill(signal);
  await ended;
}

const open = "(client = await connect({ dataDir }), null)";
const told: string[] = [];
let client: ClickHouseClient;
let first: Member;
let second: Member;

const select = async (query: string, query_params = {}) =>
  (await client.query({ query, query_params, format: "JSONEachRow" })).json();

beforeAll(async () => {
  [first, second] = await Promise.all([startMember(), startMember()]);
});
afterAll(async () => {
  await client.close();
  await end(second, "SIGKILL");
  rmSync(folder, { recursive: true });
});

test("of several that start at the same moment one holds the store, and the others join it", async () => {
  expect(await Promise.all([first, second].map((member) => member.ask(open)))).toEqual([
    null,
    null,
  ]);
  const holder = "dataDir && load('gateway/clickhouse/folder/share').holderOf(dataDir)";
  const holders = await Promise.all([first, second].map((member) => member.ask<string>(holder)));
  if (holders[0] !== null) [first, second] = [second, first];
  expect(holders.filter((words) => words === null)).toHaveLength(1);
  expect(holders.find(Boolean)).toContain(`process ${first.process.pid} (`);
  client = await connect({ dataDir, log: (line) => told.push(line) });
});

test("what leads to the store is for this user alone", () => {
  const shared = join(dataDir, ".shared");
  expect(statSync(shared).mode & 0o777).toBe(0o700);
  expect(readdirSync(shared)).toEqual(["socket"]);
  expect(statSync(join(shared, "socket")).mode & 0o777).toBe(0o600);
});

test("one that has joined asks, writes and fails as one that holds the store", async () => {
  await client.command({ query: "CREATE TABLE n (n UInt64) ENGINE = MergeTree ORDER BY n" });
  await client.insert({ table: "n", values: [{ n: 1 }, { n: 2 }], format: "JSONEachRow" });
  expect(await first.ask("rows('SELECT n FROM n ORDER BY n')")).toEqual([{ n: "1" }, { n: "2" }]);
  const query =
    "SELECT {t:Tuple(Int32, String)} AS t, {d:DateTime} AS d, {n:UInt64} AS n, {a:Array(Tuple(Int32, String))} AS a";
  const params = {
    t: new TupleParam([1, "it's"]),
    d: new Date(0),
    n: 2n ** 60n,
    a: [new TupleParam([2, "\\"])],
  };
  expect(await select(query, params)).toEqual([
    { t: [1, "it's"], d: "1970-01-01 00:00:00", n: String(2n ** 60n), a: [[2, "\\"]] },
  ]);
  const error = await select("SELECT * FROM nowhere").catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ClickHouseError);
  expect(error).toMatchObject({ code: "60", type: "UNKNOWN_TABLE" });
  const session_id = "one";
  await client.command({ query: "CREATE TEMPORARY TABLE mine (n Int32)", session_id });
  await client.insert({ table: "mine", values: [{ n: 1 }], format: "JSONEachRow", session_id });
  const mine = await client.query({ query: "SELECT n FROM mine", format: "CSV", session_id });
  expect(await mine.text()).toBe("1\n");
  const abort_signal = AbortSignal.timeout(50);
  const long = client.query({
    query: "SELECT sleepEachRow(1) FROM numbers(2) SETTINGS max_block_size = 1",
    abort_signal,
  });
  await expect(long).rejects.toThrow(/abort|timeout/i);
  expect(await client.ping()).toEqual({ success: true });
});

test("kill -9 of the holder: another takes its place, and no row is lost or there twice", async () => {
  await client.command({ query: "CREATE TABLE slow (n Float64) ENGINE = MergeTree ORDER BY n" });
  const slow = "sleepEachRow(0.05) + number FROM numbers(10) SETTINGS max_block_size = 1";
  const token = { insert_deduplicate: 1, insert_deduplication_token: "one" } as const;
  const underWay = [
    select(
      `SELECT toFloat64(sum(n)) AS sum FROM (SELECT ${slow.replace("number", "number AS n")})`,
    ),
    // subtle: the engine may have stored it when the answer is lost.
    client.insert({
      table: "n",
      values: [{ n: 3 }],
      format: "JSONEachRow",
      clickhouse_settings: token,
    }),
    client.command({ query: `INSERT INTO slow SELECT ${slow}` }).catch((error) => error),
    second.ask(`(writer = new RowWriter(client), writer.write("CommentFeedback", { id: "019a0000-0000-7000-8000-000000000000",
      target_id: "019a0000-0000-7000-8000-000000000000", target_type: "episode", value: "x" }), await writer.flush(), null)`),
  ];
  await end(first, "SIGKILL");
  const [sum, , lost, flushed] = await Promise.all(underWay);
  expect(sum).toEqual([{ sum: 45 }]);
  expect(lost).toBeInstanceOf(StatementLostError);
  expect(flushed).toBeNull();
  const count =
    "SELECT (SELECT groupArray(n) FROM (SELECT n FROM n ORDER BY n)) AS n, (SELECT count() FROM CommentFeedback) AS comments";
  const all = [{ n: ["1", "2", "3"], comments: "1" }];
  expect([await select(count), await second.ask(`rows("${count}")`)]).toEqual([all, all]);
});

test("a holder that hangs is named after a while", async () => {
  first = await startMember();
  await Promise.all([client.close(), second.ask("client.close()")]);
  expect(existsSync(join(dataDir, ".shared", "socket"))).toBe(false);
  await first.ask(open);
  first.process.kill("SIGSTOP");
  const joining = shareStore(dataDir, { open: () => Promise.reject(new Error()), patienceMs: 100 });
  await expect(joining).rejects.toMatchObject({
    code: "held",
    message: expect.stringMatching(`held by process ${first.process.pid} .*has not answered`),
  });
  first.process.kill("SIGCONT");
});

test("who keeps the store takes it from the holder, which joins; from one that keeps it nobody does", async () => {
  client = await connect({ dataDir, keeps: true });
  expect(await select("SELECT count() AS n FROM n")).toEqual([{ n: "3" }]);
  expect(await first.ask("load('gateway/clickhouse/folder/share').holderOf(dataDir)")).toContain(
    `process ${process.pid} (`,
  );
  expect(await first.ask("rows('SELECT count() AS n FROM n')")).toEqual([{ n: "3" }]);
  const keep = "connect({ dataDir, keeps: true })";
  expect(await second.ask(keep)).toMatchObject({
    error: "StoreOpenError",
    message: expect.stringContaining(`held by process ${process.pid} (`),
  });
  await client.close();
  // A client that stays is one of whatever process holds the store.
  expect(await first.ask("rows('SELECT count() AS n FROM n')")).toEqual([{ n: "3" }]);
  await end(first, "SIGKILL");
  client = await connect({ dataDir });
});

test("a holder that ends answers first what is under way, though nothing else keeps it alive", async () => {
  const store = join(folder, "ending");
  const holder = spawn(
    process.execPath,
    script(`
      const client = await load("gateway").connect({ dataDir: ${JSON.stringify(store)} });
      console.log("open");
      process.stdin.once("data", () => process.stdin.destroy());
      await require("node:events").once(process.stdin, "close");
      await client.close();
    `),
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const exited = once(holder, "exit");
  await once(holder.stdout!, "data");
  const caller = connectTo(store);
  caller.once("error", () => {}); // its end is asserted below
  caller.write(
    "POST /holder HTTP/1.1\r\nhost: store\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n",
  );
  await once(caller, "data");
  holder.stdin?.write("end\n");
  while (existsSync(socketPath(store))) await sleep(5);
  await Promise.race([exited, sleep(200)]);
  expect(holder.exitCode).toBeNull();
  const answered = once(caller, "data");
  caller.write("{}");
  expect(String(await answered)).toContain("HTTP/1.1 200 OK");
  expect(await exited).toEqual([0, null]);
});

test("where no socket can be made the store opens all the same, and that is told", async () => {
  await client.close();
  // As on a file system without sockets: the name is taken by what cannot be removed.
  const taken = join(dataDir, ".shared", `socket-${process.pid}`);
  mkdirSync(taken);
  told.length = 0;
  client = await connect({ dataDir, log: (line) => told.push(line) });
  expect(told).toEqual([
    expect.stringMatching(/^Other processes cannot join this one in .*EISDIR/),
  ]);
  expect(await select("SELECT count() AS n FROM n")).toEqual([{ n: "3" }]);
  rmSync(taken, { recursive: true });
});

test("a folder .shared that others can enter is closed to them; one of another user is refused", async () => {
  await client.close();
  const shared = join(dataDir, ".shared");
  chmodSync(shared, 0o755);
  client = await connect({ dataDir });
  expect(statSync(shared).mode & 0o777).toBe(0o700);
  await client.close();
  const getuid = jest.spyOn(process, "getuid").mockReturnValue(statSync(shared).uid + 1);
  try {
    await expect(connect({ dataDir })).rejects.toMatchObject({
      code: "held",
      message: expect.stringContaining("another user's"),
    });
  } finally {
    getuid.mockRestore();
  }
  client = await connect({ dataDir });
});
