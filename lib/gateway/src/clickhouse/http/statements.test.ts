import fc from "fast-check";
import { type EmbeddedConnection, openEmbedded } from "../connect-embedded";
import { Statements } from "./statements";

// The engine is not confined here: what is refused is refused by what it prints.
let connection: EmbeddedConnection;
let statements: Statements;
beforeAll(async () => {
  connection = openEmbedded(":memory:", "tensorzero", { session_timezone: "UTC" });
  await connection.initialize();
  statements = new Statements(connection, false);
});
afterAll(() => connection.close());

const codeOf = (text: string, by = statements): Promise<number | string> =>
  by.read(text).then(
    () => "allowed",
    (error) => Number(error.code),
  );

const CALL = "file('/etc/passwd')";

test.each([
  ...["SELECT * FROM `file`('/etc/passwd')", `SELECT * FROM FILE('/x')`, `SELECT ${CALL}`],
  `SELECT/**/*/**/FROM -- '\n file/* ' */('/etc/passwd')`,
  `SELECT $$'$$, ${CALL}, $$'$$`,
  "SELECT \u2018x\u2019, file(\u2018/etc/passwd\u2019)",
  "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')",
  "SELECT arrayMap(file, ['/etc/passwd'])",
  "SELECT arrayMap(`file`, ['/etc/passwd'])",
  "WITH file AS f SELECT arrayMap(f, ['/etc/passwd'])",
  "SELECT arrayMap({f:Identifier}, ['/etc/passwd'])",
  "CREATE VIEW a AS SELECT arrayMap( { f : Identifier } , ['/etc/passwd'])",
  `SELECT {a$$:UInt8}, ${CALL}, {b$$:UInt8}`,
  `SELECT a FROM values('a String ALIAS file(\\'/etc/passwd\\')', (1))`,
  `SELECT a FROM generateRandom('a String ALIAS file(\\'/etc/passwd\\')')`,
  `INSERT INTO FUNCTION null('a String DEFAULT file(\\'/etc/passwd\\')') SELECT 1`,
  `SELECT * FROM format(Values, 'a String', '(file(\\'/etc/passwd\\'))')`,
  `SELECT * FROM format(concat('{', 'x'), 'a String DEFAULT file(\\'/etc/passwd\\')')`,
  `SELECT * FROM t SETTINGS schema_inference_hints = 'a String DEFAULT file(\\'/etc/passwd\\')'`,
  `WITH x AS (SELECT * FROM ${CALL}) SELECT * FROM x`,
  `SELECT 1 UNION ALL SELECT * FROM view(SELECT (SELECT * FROM ${CALL}))`,
  `SELECT sum(1) OVER w FROM t WINDOW w AS (PARTITION BY ${CALL})`,
  ...[`SELECT 1 ORDER BY ${CALL}`, `SELECT 1 LIMIT 1 BY ${CALL}`, `SHOW TABLES WHERE ${CALL}`],
  ...[`DESCRIBE TABLE ${CALL}`, `EXPLAIN PIPELINE SELECT * FROM ${CALL}`],
  ...[`CREATE TABLE a AS ${CALL}`, `CREATE VIEW a AS SELECT * FROM ${CALL}`],
  `CREATE TABLE a ENGINE = Memory AS SELECT * FROM ${CALL}`,
  `CREATE TABLE a (b String DEFAULT ${CALL}) ENGINE = Memory`,
  `CREATE TABLE a (b Int, CONSTRAINT c CHECK ${CALL} = '') ENGINE = Memory`,
  `CREATE FUNCTION a AS x -> file(x)`,
  ...[`ALTER TABLE a ADD COLUMN b String DEFAULT ${CALL}`, `DELETE FROM a WHERE ${CALL} = ''`],
  `ALTER TABLE a UPDATE b = ${CALL} WHERE 1`,
  `KILL QUERY WHERE ${CALL} = ''`,
  ...[
    "SELECT 1 INTO OUTFILE '/x'",
    "SHOW TABLES INTO OUTFILE '/x'",
    "EXPLAIN SELECT 1 INTO OUTFILE '/x'",
  ],
  ...["INSERT INTO a FROM INFILE '/x' FORMAT TSV", `INSERT INTO a SELECT * FROM ${CALL}`],
  `INSERT INTO FUNCTION ${CALL} SELECT 1`,
  "INSERT INTO TABLE FUNCTION `url`('http://localhost/') VALUES",
  ...[
    "url('http://x/')",
    "s3('http://x/')",
    "remote('x', system.one)",
    "cluster('x', system.one)",
  ].map((call) => `SELECT * FROM ${call}`),
  ...["executable('x', TSV, 'a Int')", "eval('SELECT 1')", "mysql('a','b','c','d','e')"].map(
    (call) => `SELECT * FROM ${call}`,
  ),
  ...["File(TSV, '/x')", "`File`(TSV, '/x')", "URL('http://x/')", "EmbeddedRocksDB(0, '/x')"].map(
    (engine) => `CREATE TABLE a (b Int) ENGINE = ${engine}`,
  ),
  "CREATE MATERIALIZED VIEW a ENGINE = File(CSV) AS SELECT 1",
  "ATTACH TABLE a FROM '/x' (b Int) ENGINE = Memory",
  ...["Filesystem('/')", "MySQL('x','a','b','c')", "SQLite('/x')", "S3('http://x/')"].map(
    (engine) => `CREATE DATABASE a ENGINE = ${engine}`,
  ),
  "CREATE DICTIONARY a (b Int) PRIMARY KEY b SOURCE(HTTP(url 'http://x/' format 'TSV')) LAYOUT(FLAT()) LIFETIME(0)",
  ...["CREATE NAMED COLLECTION a AS b = 1", "BACKUP TABLE a TO File('/x')", "CREATE USER a"],
  ...["RESTORE TABLE a FROM File('/x')", "GRANT ALL ON *.* TO a", "SYSTEM SHUTDOWN"],
  "CREATE TABLE a (b Int) ENGINE = MergeTree ORDER BY b SETTINGS disk = disk(type = local, path = '/x')",
  "ALTER TABLE a MODIFY SETTING storage_policy = 'x'",
  ...["SELECT 1 SETTINGS format_schema = '/x'", "SET dialect = 'prql'"],
  "SELECT 1 FORMAT Template SETTINGS format_template_row = '/x'",
  "SELECT 1 SETTINGS additional_result_filter = 'file(1)'",
  "INSERT INTO a SETTINGS input_format_record_errors_file_path = '/x' FORMAT TSV",
  "SET input_format_values_interpret_expressions = 1",
])("reaches outside: %s", async (text) => {
  expect(await codeOf(text)).toBe(497);
  expect(await codeOf(text, new Statements(connection, true))).toBe("allowed");
});

test.each([
  ["SELECT 1; SELECT 2", 62],
  ["SELECT 1; -- ' \n DROP TABLE a", 62],
  ["INSERT INTO a SELECT 1; DROP TABLE a", 62],
  ["SELECT 1 PARALLEL WITH DROP TABLE a", 48],
  ["SELEC 1", 62],
  ["SELECT 1\0; DROP TABLE a", 62],
  ["", 62],
])("no single statement: %j", async (text, code) => {
  expect(await codeOf(text)).toBe(code);
  expect(await codeOf(text, new Statements(connection, true))).toBe(code);
});

test.each([
  ["SELECT t.file, url, 'file(1)' AS `INTO` FROM file AS t -- file(1)", true],
  ["SELECT 1; -- file(1)", true],
  ["SELECT * FROM numbers(2) JOIN (VALUES (1), (2)) AS b(a) ON number = a", true],
  [
    "SELECT format('{}-{}', a, NULL), t.{c:Identifier} FROM {d:Identifier}.{t:Identifier} AS t",
    true,
  ],
  ["SELECT count() FROM {t:Identifier} WHERE a IN (NULL, (1)) OR a IS NULL", true],
  ["CREATE TABLE a (b Int) ENGINE = Null()", false],
  ["WITH a AS (SELECT 1) SELECT * FROM a SETTINGS max_threads = 1, log_comment = 'x'", true],
  ["(SELECT 1) UNION ALL (SELECT engine FROM system.tables WHERE engine = 'File')", true],
  ["EXPLAIN SYNTAX run_query_tree_passes = 1 SELECT 1", true],
  ["SHOW CREATE TABLE a", true],
  ["DESCRIBE a", true],
  ["EXPLAIN INSERT INTO a SELECT 1", false],
  ["INSERT INTO file (a, b) VALUES", false],
  [
    "CREATE TABLE a (file String, b Int) ENGINE = ReplacingMergeTree ORDER BY b SETTINGS index_granularity = 8192",
    false,
  ],
  ["CREATE TABLE a AS b", false],
  ["CREATE OR REPLACE TABLE a ENGINE = Memory AS SELECT 1", false],
  ["CREATE MATERIALIZED VIEW a TO b AS SELECT uint_to_uuid(id) FROM c", false],
  ["CREATE FUNCTION f AS x -> x + 1", false],
  ["CREATE TEMPORARY TABLE a (b Int)", false],
  ["CREATE DATABASE IF NOT EXISTS {a:Identifier}", false],
  ["ALTER TABLE a MODIFY SETTING index_granularity = 1", false],
  ["DROP TABLE IF EXISTS a SYNC", false],
  ["SET max_threads = 1", false],
  ["KILL QUERY WHERE query_id = 'x'", false],
  ["SYSTEM FLUSH LOGS", false],
])("stays inside: %s", async (text, isRead) => {
  expect(await statements.read(text)).toMatchObject({ isRead });
});

test.each([
  ["INSERT INTO a (b) VALUES", "Values"],
  [
    "INSERT INTO a SETTINGS async_insert = 1, wait_for_async_insert = 1 FORMAT JSONEachRow",
    "JSONEachRow",
  ],
  ["INSERT INTO a SELECT 1 FORMAT TSV", undefined],
  ["INSERT INTO a WITH b AS (SELECT 1) SELECT * FROM b", undefined],
  ["INSERT INTO a SELECT * FROM input('b Int') FORMAT TSV", undefined],
  ["SELECT 1 FORMAT TSV", undefined],
])("rows that follow: %s", async (text, rows) => {
  expect((await new Statements(connection, true).read(text)).rows).toBe(rows);
});

test("however a call is written, it is seen", async () => {
  const blank = fc.constantFrom(" ", "\n", "/* ( */", "-- '\n", "\t", "/* ' */ ");
  const name = fc.constantFrom("file", "`file`", '"file"', "FILE", "File");
  const place = fc.constantFrom(
    (call: string) => `SELECT * FROM ${call}`,
    (call: string) => `SELECT ('it''s', "a", [${call}]) FROM t`,
    (call: string) => `INSERT INTO t SELECT '\\'' || ${call}`,
    (call: string) => `SELECT if(1, ${call}, 2) AS \`(\` FROM t`,
  );
  await fc.assert(
    fc.asyncProperty(place, name, blank, blank, async (put, word, a, b) => {
      expect(await codeOf(put(`${a}${word}${b}(${a}'/x'${b})`))).toBe(497);
    }),
    { numRuns: 40, seed: 1 },
  );
});

test("settings of the request itself", async () => {
  await statements.checkSettings(["max_threads", "log_comment", "no_such_setting", "param_x"]);
  for (const name of ["format_schema", "dialect", "storage_policy"])
    await expect(statements.checkSettings([name])).rejects.toMatchObject({ code: 497 });
});
