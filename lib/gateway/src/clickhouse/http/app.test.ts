import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { brotliCompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { type ClickHouseClient, ClickHouseError, createClient } from "@clickhouse/client";
import { serve } from "@hono/node-server";
import { type EmbeddedConnection, openEmbedded } from "../connect-embedded";
import { clickHouseApp } from "./app";

let connection: EmbeddedConnection;
let server: ReturnType<typeof serve>;
let url: string;
let client: ClickHouseClient;

beforeAll(async () => {
  connection = openEmbedded(":memory:", "tensorzero", { session_timezone: "UTC" });
  await connection.initialize();
  const app = clickHouseApp({ connection, user: "chuser", password: "chpassword" });
  await new Promise<void>((resolve) => {
    server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => resolve());
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = createClient({
    url,
    username: "chuser",
    password: "chpassword",
    database: "tensorzero",
  });
  await client.command({
    query: "CREATE TABLE t (id UInt64, name String) ENGINE = MergeTree ORDER BY id",
  });
});
afterAll(async () => {
  await client.close();
  server.close();
  await connection.close();
});

const auth = { "x-clickhouse-user": "chuser", "x-clickhouse-key": "chpassword" };
const ask = (path: string, init: RequestInit = {}) => fetch(url + path, { headers: auth, ...init });
const post = async (path: string, body: string) =>
  (await ask(path, { method: "POST", body })).text();
const enc = encodeURIComponent;

test("@clickhouse/client: ping, insert, query, parameters, streams, errors", async () => {
  expect(await client.ping()).toEqual({ success: true });
  expect(await client.ping({ select: true })).toEqual({ success: true });
  await client.insert({
    table: "t",
    values: [
      { id: 1, name: "it's \\ \t é" },
      { id: 2, name: "b" },
    ],
    format: "JSONEachRow",
  });
  const rows = await (
    await client.query({ query: "SELECT * FROM t ORDER BY id", format: "JSON" })
  ).json();
  expect(rows.data).toEqual(
    [
      { id: "1", name: "it's \\ \t é" },
      { id: "2", name: "b" },
    ].map((row) => ({ ...row, id: expect.anything() })),
  );
  const bound = await client.query({
    query:
      "SELECT {s:String} AS s, {n:UInt8} AS n, {a:Array(String)} AS a, {m:Map(String, UInt8)} AS m, {z:Nullable(String)} AS z",
    query_params: { s: "it's \\ \t\n é {x}", n: 7, a: ["x'y", "\\z"], m: { k: 1 }, z: null },
    format: "JSONEachRow",
  });
  expect(await bound.json()).toEqual([
    { s: "it's \\ \t\n é {x}", n: 7, a: ["x'y", "\\z"], m: { k: 1 }, z: null },
  ]);
  const streamed: string[] = [];
  const result = await client.query({ query: "SELECT number FROM numbers(3)", format: "CSV" });
  for await (const batch of result.stream()) for (const row of batch) streamed.push(row.text);
  expect(streamed).toEqual(["0", "1", "2"]);
  await expect(client.query({ query: "SELECT * FROM nowhere" })).rejects.toThrow(ClickHouseError);
  await expect(client.query({ query: "SELECT * FROM nowhere" })).rejects.toMatchObject({
    code: "60",
    type: "UNKNOWN_TABLE",
  });
});

test("compression both ways", async () => {
  const packed = createClient({
    url,
    username: "chuser",
    password: "chpassword",
    database: "tensorzero",
    compression: { request: true, response: true },
  });
  await packed.insert({ table: "t", values: [{ id: 10, name: "packed" }], format: "JSONEachRow" });
  const result = await packed.query({
    query: "SELECT name FROM t WHERE id = 10",
    format: "JSONEachRow",
  });
  expect(await result.json()).toEqual([{ name: "packed" }]);
  await packed.close();
  const raw = await ask("/?enable_http_compression=1", {
    method: "POST",
    body: gzipSync("SELECT 1"),
    headers: { ...auth, "content-encoding": "gzip", "accept-encoding": "gzip" },
  });
  expect([raw.headers.get("content-encoding"), await raw.text()]).toEqual(["gzip", "1\n"]);
  expect(gunzipSync(gzipSync("x")).toString()).toBe("x");
  const bad = await ask("/", {
    method: "POST",
    body: "not gzip",
    headers: { ...auth, "content-encoding": "gzip" },
  });
  expect([bad.status, bad.headers.get("x-clickhouse-exception-code")]).toEqual([500, "354"]);
});

test("curl: query in the URL, in the body, in both; formats and settings", async () => {
  expect(await (await fetch(`${url}/ping`)).text()).toBe("Ok.\n");
  expect(await (await fetch(`${url}/`)).text()).toBe("Ok.\n");
  expect(await (await ask(`/?query=${enc("SELECT 1")}`)).text()).toBe("1\n");
  expect(await post("/", "SELECT 1, 'a' FORMAT CSV")).toBe('1,"a"\n');
  expect(await post(`/?query=${enc("INSERT INTO t FORMAT TSV")}`, "20\tx\n21\ty\n")).toBe("");
  expect(await post("/", "SELECT count() FROM t WHERE id >= 20")).toBe("2\n");
  expect(
    await post(
      "/?default_format=JSONEachRow&output_format_json_quote_64bit_integers=1",
      "SELECT 1::UInt64 AS n",
    ),
  ).toBe('{"n":"1"}\n');
  expect(await post("/?param_x=a%5Ctb", "SELECT {x:String} = 'a\\tb'")).toBe("1\n");
  expect(await post("/?database=default", "SELECT currentDatabase()")).toBe("default\n");
  expect(await post("/", "SELECT currentDatabase(), timezone()")).toBe("tensorzero\tUTC\n");
  const basic = `Basic ${Buffer.from("chuser:chpassword").toString("base64")}`;
  expect(
    await (await fetch(`${url}/?query=SELECT%202`, { headers: { authorization: basic } })).text(),
  ).toBe("2\n");
});

test.each(["RowBinary", "Native", "Parquet", "Avro", "ArrowStream", "MsgPack"])(
  "%s: what was read goes in again",
  async (format) => {
    await post("/", `CREATE TABLE copy_${format} AS t`);
    const bytes = await ask(
      `/?query=${enc(`SELECT 7::UInt64 AS id, 'é \\n' AS name FORMAT ${format}`)}`,
    );
    const insert = enc(
      `INSERT INTO copy_${format} (id, name) SETTINGS max_threads = 1 FORMAT ${format}`,
    );
    const body = Buffer.from(await bytes.arrayBuffer());
    const inserted = await ask(`/?query=${insert}`, { method: "POST", body });
    expect([inserted.status, await inserted.text()]).toEqual([200, ""]);
    expect(await post("/", `SELECT id, name = 'é \\n' FROM copy_${format}`)).toBe("7\t1\n");
  },
);

test("a table called settings, with and without settings", async () => {
  await post("/", "CREATE TABLE settings AS t");
  const row = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1, 0x61]);
  for (const query of [
    "INSERT INTO settings FORMAT RowBinary",
    "insert into settings (id, name) settings max_threads=1 format RowBinary;",
  ])
    expect((await ask(`/?query=${enc(query)}`, { method: "POST", body: row })).status).toBe(200);
  expect(await post("/", "SELECT count(), any(name) FROM settings")).toBe("2\ta\n");
});

test("bytes that are no UTF-8 stay as they are, and zstd is unpacked", async () => {
  const halfAnEmoji = Buffer.from("30\t\xf0\x9f\x98\n", "latin1");
  const insert = `/?query=${enc("INSERT INTO t FORMAT TSV")}`;
  expect((await ask(insert, { method: "POST", body: halfAnEmoji })).status).toBe(200);
  expect(await post("/", "SELECT hex(name) FROM t WHERE id = 30")).toBe("F09F98\n");
  const headers = { ...auth, "content-encoding": "zstd" };
  const packed = await ask(insert, { method: "POST", body: zstd("31\tpacked\n"), headers });
  expect([packed.status, await packed.text()]).toEqual([200, ""]);
  expect(await post("/", "SELECT name FROM t WHERE id = 31")).toBe("packed\n");
});

/** One frame with one block that is stored as it is. */
function zstd(text: string): Buffer {
  const block = Buffer.alloc(3);
  block.writeUIntLE((text.length << 3) | 1, 0, 3);
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, text.length]),
    block,
    Buffer.from(text),
  ]);
}

test("sessions keep temporary tables; requests without one share nothing", async () => {
  await post("/?session_id=s1", "CREATE TEMPORARY TABLE mine (n UInt8)");
  await post(`/?session_id=s1&query=${enc("INSERT INTO mine FORMAT TSV")}`, "5\n");
  expect(await post("/?session_id=s1", "SELECT n FROM mine")).toBe("5\n");
  expect(await post("/", "SELECT n FROM mine")).toMatch(/^Code: 60\. DB::Exception: /);
});

const table = new FormData();
table.set("t", new Blob(["1\n"]), "t.tsv");
test.each([
  [
    "a wrong password",
    "/?query=SELECT%201",
    { headers: { "x-clickhouse-user": "chuser", "x-clickhouse-key": "x" } },
    403,
    "516",
  ],
  ["no password", "/?query=SELECT%201", { headers: {} }, 403, "516"],
  [
    "a password in the URL",
    "/?query=SELECT%203&user=chuser&password=chpassword",
    { headers: {} },
    403,
    "516",
  ],
  ["a syntax error", "/", { method: "POST", body: "SELEC 1" }, 400, "62"],
  ["an unknown table", "/", { method: "POST", body: "SELECT * FROM nowhere" }, 404, "60"],
  ["an unknown setting", "/?no_such_setting=1", { method: "POST", body: "SELECT 1" }, 404, "115"],
  ["a write by GET", `/?query=${enc("INSERT INTO t VALUES (1, 'x')")}`, {}, 403, "164"],
  ["block compression", "/?compress=1", { method: "POST", body: "SELECT 1" }, 501, "48"],
  [
    "a binary body that is no INSERT's data",
    "/",
    { method: "POST", body: Buffer.from([255, 254, 0]) },
    501,
    "48",
  ],
  [
    "a packing that nobody knows",
    "/",
    { method: "POST", body: "x", headers: { ...auth, "content-encoding": "rot13" } },
    500,
    "89",
  ],
  [
    "an encoding with the name of a thing of JavaScript's",
    "/",
    { method: "POST", body: "x", headers: { ...auth, "content-encoding": "constructor" } },
    500,
    "89",
  ],
  [
    "a query_id that no header can hold",
    `/?query_id=${enc("\u001b[2J\r\n")}&query=`,
    { method: "POST" },
    500,
    "36",
  ],
  [
    "a binary body of another format",
    `/?query=${enc("INSERT INTO t FORMAT Parquet")}`,
    { method: "POST", body: "no Parquet" },
    400,
    "117",
  ],
  ["a table without columns", "/?query=SELECT%201", { method: "POST", body: table }, 500, "36"],
  [
    "a database's name that is no name",
    `/?database=${enc("1;x")}&query=SELECT%201`,
    { method: "POST" },
    404,
    "81",
  ],
  ["an unset parameter", "/", { method: "POST", body: "SELECT {x:String}" }, 400, "456"],
])("%s", async (_, path, init: RequestInit, status, code) => {
  const response = await ask(path, init);
  const text = await response.text();
  expect([response.status, response.headers.get("x-clickhouse-exception-code")]).toEqual([
    status,
    code,
  ]);
  expect(text).not.toContain(tmpdir());
  expect(text).toMatch(
    new RegExp(
      `^Code: ${code}\\. DB::Exception: .+\\([A-Z_]+\\) \\(version [\\d.]+ \\(official build\\)\\)\\n$`,
      "s",
    ),
  );
});

test("external tables: text and binary, in a database, joined with stored ones, and gone afterwards", async () => {
  const native = await ask(`/?query=${enc("SELECT number AS id FROM numbers(3) FORMAT Native")}`);
  const form = new FormData();
  form.append("query", "SELECT n.id, w._2 FROM n JOIN w ON n.id = w._1 ORDER BY n.id FORMAT CSV");
  form.append("n", await native.blob(), "n.bin");
  form.append("n_structure", "id UInt64");
  form.append("n_format", "Native");
  form.append("w", new Blob(["1\tone\n2\ttab\\tand ; 'quote'\n"]), "w.tsv");
  form.append("w_types", "UInt64,String");
  const path = "/?database=tensorzero&session_id=external";
  const answer = await ask(path, { method: "POST", body: form });
  expect(await answer.text()).toBe(`1,"one"\n2,"tab\tand ; 'quote'"\n`);
  const after = await ask(path, { method: "POST", body: "SELECT * FROM n" });
  expect(after.headers.get("x-clickhouse-exception-code")).toBe("60");
});

test("an external table whose data does not fit its columns is an error, and nothing of it stays", async () => {
  const form = new FormData();
  form.append("query", "SELECT * FROM n");
  form.append("n", new Blob(["one"]), "n");
  form.append("n_structure", "id UInt64");
  const answer = await ask("/?session_id=broken", { method: "POST", body: form });
  expect([answer.status, await answer.text()]).toEqual([
    400,
    expect.stringContaining("Cannot parse"),
  ]);
  expect(await post("/?session_id=broken", "SELECT * FROM n")).toContain("UNKNOWN_TABLE");
});

test("async inserts go in together; a bad one fails alone, and what only makes sense with the next is refused", async () => {
  await post("/", "CREATE TABLE together (a String, n UInt64) ENGINE = MergeTree ORDER BY n");
  const settings = "SETTINGS async_insert=1, wait_for_async_insert=1";
  const add = async (rows: string) => {
    const body = `INSERT INTO together ${settings} FORMAT JSONEachRow\n${rows}`;
    const answer = await ask("/?database=tensorzero&input_format_skip_unknown_fields=0", {
      method: "POST",
      body,
    });
    return [answer.status, answer.headers.get("x-clickhouse-exception-code")];
  };
  const good = () =>
    Array.from({ length: 200 }, (_, n) => add(`{"a":"x","n":${n}}\n{"a":"y","n":${n}}`));
  const statuses = async (all: ReturnType<typeof good>) =>
    new Set((await Promise.all(all)).map(String));
  expect(await statuses(good())).toEqual(new Set(["200,"]));
  const parts = "SELECT count() FROM system.parts WHERE table = 'together' AND level = 0";
  expect(Number(await post("/", parts))).toBeLessThan(20);

  const stored = good();
  const bad = ['{"a":"x","z":1}', '{"a":"x', 'y","n":1}', '{"a":1,"n":"no number"}'].map(add);
  expect(await statuses([...stored, ...good()])).toEqual(new Set(["200,"]));
  expect((await Promise.all(bad)).map(([status]) => status)).toEqual([400, 400, 400, 400]);
  expect(await post("/", "SELECT count(), sum(n) FROM together")).toBe("1200\t119400\n");
});

test("rows are never statements, whatever stands in them", async () => {
  await post("/", "CREATE TABLE rows_only (a String) ENGINE = Memory");
  const evil = "DROP TABLE rows_only";
  for (const rows of [
    `FORMAT TSV\na\n;${evil}`,
    `FORMAT TSV a\n\n${evil}`,
    `FORMAT JSONEachRow {"a":"b"}\n\n${evil}`,
    `FORMAT JSONEachRow {"a":"b"};${evil}`,
    `FORMAT CSV "c"\n;\n${evil}`,
    `VALUES ('d'); ${evil}`,
    `VALUES ('d') ${evil}`,
  ])
    await post("/", `INSERT INTO rows_only ${rows}`);
  await post("/", `EXPLAIN AST INSERT INTO rows_only FORMAT JSONEachRow {"a":"b"}\n\n${evil}`);
  await post("/", `INSERT INTO rows_only SELECT * FROM input('a String') FORMAT TSV a\n\n${evil}`);
  expect(await post("/", "EXISTS TABLE rows_only")).toBe("1\n");
  // Those of TSV and CSV that stand in a line of their own.
  expect(await post("/", "SELECT count() FROM rows_only WHERE a LIKE 'DROP%'")).toBe("2\n");
});

test("VALUES are computed, but reach nothing outside", async () => {
  await post("/", "CREATE TABLE computed (a String, b UInt8) ENGINE = Memory");
  expect(
    await post("/", "INSERT INTO computed VALUES (upper('a'), 1 + 1), ('-- /* #', 3);"),
  ).toMatch(
    /^Code: 344/, // what may be a comment is not computed
  );
  expect(await post("/", "INSERT INTO computed VALUES (upper('a'), 1 + 1), ('b', 3);")).toBe("");
  expect(await post("/", "INSERT INTO computed VALUES ('-- /* #', 3)")).toBe("");
  for (const value of [
    "file('/etc/passwd')",
    "/* ' */ file('/etc/passwd') -- '",
    "(SELECT file('/etc/passwd'))",
    "arrayMap({f:Identifier}, ['/etc/passwd'])[1]",
  ])
    for (const rows of ["VALUES", "FORMAT values", "FORMAT vAlUeS"])
      expect(await post("/", `INSERT INTO computed ${rows} (${value}, 1)`)).toMatch(
        /^Code: (62|344)/,
      );
  expect(await post("/", "SELECT * FROM computed ORDER BY a")).toBe("-- /* #\t3\nA\t2\nb\t3\n");
});

test("a setting's text, a parameter and a session's name stay texts", async () => {
  const evil = enc("it's \\' ; DROP TABLE t; -- ");
  expect(await post(`/?log_comment=${evil}`, "SELECT 1")).toBe("1\n");
  expect(await post(`/?param_x=${evil}`, "SELECT {x:String}")).toBe(
    "it\\'s \\' ; DROP TABLE t; -- \n",
  );
  expect(await post(`/?session_id=${evil}`, "EXISTS TABLE t")).toBe("1\n");
});

test("an external table's columns are columns", async () => {
  const form = new FormData();
  form.append("query", "SELECT * FROM n");
  form.append("n", new Blob(["1"]), "n");
  form.append("n_structure", "a Int) ENGINE = File(TSV, '/etc/passwd'");
  const answer = await ask("/", { method: "POST", body: form });
  expect([answer.status, await answer.text()]).toEqual([
    403,
    expect.stringContaining("ENGINE = File"),
  ]);
});

test("a GET only reads, also in a session, and leaves no setting behind there", async () => {
  for (const query of [
    "INSERT INTO t VALUES (1, 'x')",
    "DROP TABLE t",
    "SET max_threads = 1",
    "USE default",
  ])
    for (const session of ["", "&session_id=reader"]) {
      const answer = await ask(`/?query=${enc(query)}${session}`);
      expect([answer.status, answer.headers.get("x-clickhouse-exception-code")]).toEqual([
        403,
        "164",
      ]);
    }
  expect(await (await ask(`/?session_id=reader&query=${enc("SELECT 1")}`)).text()).toBe("1\n");
  expect(await post("/?session_id=reader", "CREATE TEMPORARY TABLE its_own (a Int)")).toBe("");
});

test("a query ends when its client leaves", async () => {
  const running = async () =>
    Number(
      await post("/", "SELECT count() FROM system.processes WHERE query LIKE '%sleepEach%Row%'"),
    ) - 1;
  const leaving = new AbortController();
  const body = "SELECT sleepEachRow(1) FROM numbers(100000) SETTINGS max_block_size = 1";
  const answer = ask("/", { method: "POST", body, signal: leaving.signal }).catch(
    (error) => error.name,
  );
  while ((await running()) === 0);
  leaving.abort();
  expect(await answer).toBe("AbortError");
  while ((await running()) > 0);
});

test("what unpacks to too much is refused, and nothing of it is stored", async () => {
  await post("/", "CREATE TABLE bombed (a String) ENGINE = Memory");
  const bombs = {
    gzip: gzipSync(Buffer.alloc(33 * 1024 * 1024, "x\n")),
    br: brotliCompressSync(Buffer.alloc(33 * 1024 * 1024, "x\n"), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
    }),
    // Blocks of one byte each that is repeated 128 KiB times.
    zstd: Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88]),
      ...Array.from({ length: 300 }, (_, i) => {
        const block = Buffer.from([0, 0, 0, 10]);
        block.writeUIntLE(((128 * 1024) << 3) | (1 << 1) | (i === 299 ? 1 : 0), 0, 3);
        return block;
      }),
    ]),
  };
  for (const [encoding, body] of Object.entries(bombs)) {
    const headers = { ...auth, "content-encoding": encoding };
    const answer = await ask(`/?query=${enc("INSERT INTO bombed FORMAT TSV")}`, {
      method: "POST",
      body,
      headers,
    });
    expect([encoding, answer.status, answer.headers.get("x-clickhouse-exception-code")]).toEqual([
      encoding,
      413,
      "307",
    ]);
  }
  expect(await post("/", "SELECT count() FROM bombed")).toBe("0\n");
});
