import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import { connect } from "./connect";
import { TABLES } from "./schema-tables";

const folder = mkdtempSync(join(tmpdir(), "confinement-test-"));
const secret = join(folder, "secret.csv");
writeFileSync(secret, "secret\n");
let client: ClickHouseClient;
beforeAll(async () => {
  const target = { dataDir: join(folder, "data"), isConfined: true };
  // Opened a second time, as a store with tables and parts is.
  const first = await connect(target);
  await first.command({ query: "INSERT INTO JsonInference (id) VALUES (generateUUIDv7())" });
  await first.close();
  client = await connect(target);
});
afterAll(async () => {
  await client.close();
  rmSync(folder, { recursive: true });
});

const outcome = (query: string) =>
  client.command({ query }).then(
    () => "done",
    (error) => error.code,
  );

test.each([
  `SELECT * FROM file('${secret}')`,
  `SELECT * FROM default.\`${secret}\``,
  `SELECT * FROM loop(default, '${secret}')`,
  `INSERT INTO FUNCTION file('${join(folder, "written")}', TSV, 'a Int') SELECT 1`,
  "SELECT * FROM url('http://127.0.0.1:1/', TSV, 'a Int')",
  "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', TSV, 'a Int')",
  "SELECT * FROM remote('127.0.0.1:1', system.one)",
  "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
  `SELECT * FROM sqlite('${secret}', 'a')`,
  `CREATE TABLE a (b String) ENGINE = File(CSV, '${secret}')`,
  "CREATE TABLE a (b String) ENGINE = URL('http://127.0.0.1:1/', TSV)",
  "CREATE DATABASE a ENGINE = SQLite('/x')",
  "CREATE DICTIONARY a (b Int) PRIMARY KEY b SOURCE(NULL()) LAYOUT(FLAT()) LIFETIME(0)",
  "BACKUP TABLE JsonInference TO File('/x')",
  "CREATE USER a",
  "SYSTEM SHUTDOWN",
])("the engine itself refuses %s", async (query) => {
  expect(await outcome(query)).toBe("497");
  expect(existsSync(join(folder, "written"))).toBe(false);
});

test("what the gateway and its users do is allowed, by every connection", async () => {
  const result = await client.query({ query: "SHOW TABLES", format: "JSONEachRow" });
  const names = ((await result.json()) as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(TABLES)));
  for (const query of [
    "CREATE TABLE a (b Int) ENGINE = MergeTree ORDER BY b",
    "CREATE MATERIALIZED VIEW c ENGINE = SummingMergeTree ORDER BY b AS SELECT b FROM a",
    "INSERT INTO a SELECT number FROM numbers(3)",
    "ALTER TABLE a ADD COLUMN d Int DEFAULT 1",
    "OPTIMIZE TABLE a FINAL",
    "SYSTEM JEMALLOC PURGE",
    "SYSTEM WAIT LOADING PARTS a",
    "KILL QUERY WHERE 0",
    "DROP TABLE c",
    "TRUNCATE TABLE a",
  ])
    expect([query, await outcome(query)]).toEqual([query, "done"]);
  const settings = { max_threads: 1 };
  const other = client.command({
    query: `SELECT * FROM file('${secret}')`,
    clickhouse_settings: settings,
  });
  await expect(other).rejects.toMatchObject({ code: "497" });
});
