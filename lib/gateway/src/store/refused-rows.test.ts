import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClickHouseClient, ClickHouseError } from "@clickhouse/client";
import { serve } from "@hono/node-server";
import fc from "fast-check";
import { connect, SESSION_SETTINGS } from "../clickhouse/connect";
import { type EmbeddedConnection, openEmbedded } from "../clickhouse/connect-embedded";
import { clickHouseApp } from "../clickhouse/http/app";
import { anyCharacter } from "../testing/any-character";
import {
  RowsUnstoredError,
  RowWriter,
  type RowWriterOptions,
  StoreWriteError,
  type WritableTable,
} from "./insert";
import { RowsRefusedError, ViewError } from "./refused-rows";

const folder = mkdtempSync(join(tmpdir(), "refused-"));
let client: ClickHouseClient;
beforeAll(async () => {
  client = await connect({ dataDir: join(folder, "store") });
});
afterAll(async () => {
  await client.close();
  rmSync(folder, { recursive: true });
});

let files = 0;
let told: unknown[];
/** A writer with a file of its own, and the lines in that file. */
function open(options: RowWriterOptions = {}, store = client) {
  told = [];
  const refusedPath = join(folder, "files", `${++files}.jsonl`);
  const onError = (error: unknown) => told.push(error);
  const writer = new RowWriter(store, { intervalMs: 60_000, refusedPath, onError, ...options });
  const kept = () =>
    existsSync(refusedPath)
      ? readFileSync(refusedPath, "utf8")
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line))
      : [];
  return { writer, kept, refusedPath };
}

async function rows<T>(query: string, query_params?: Record<string, string>): Promise<T[]> {
  return (await client.query({ query, query_params, format: "JSONEachRow" })).json<T>();
}

let serial = 0;
/** A UUIDv7 of a fixed time, counted up. */
function uuid(): string {
  return `019b0000-0000-7000-8000-${(++serial).toString(16).padStart(12, "0")}`;
}

const comment = (value: unknown, tags: object = {}) => ({
  id: uuid(),
  target_id: uuid(),
  target_type: "episode",
  value,
  tags,
});
const json = () => ({
  id: uuid(),
  function_name: "f",
  variant_name: "v",
  episode_id: uuid(),
  input: "{}",
  output: "{}",
  output_schema: "{}",
  inference_params: "{}",
  processing_time_ms: 3,
  tags: {},
  auxiliary_content: "[]",
});
const { output_schema: _schema, auxiliary_content: _auxiliary, ...chat } = json();
const call = () => ({
  id: uuid(),
  inference_id: uuid(),
  raw_request: "{}",
  raw_response: "{}",
  model_name: "m",
  model_provider_name: "p",
  input_tokens: 1 as unknown,
  output_tokens: 1,
  cost: null as unknown,
  input_messages: "[]",
  output: "[]",
  finish_reason: "stop",
});
const metric = (value: unknown) => ({
  id: uuid(),
  target_id: uuid(),
  metric_name: "m",
  value,
  tags: {},
});

/** Values of these comments, in the order in which they were written. */
async function comments(tag: string): Promise<string[]> {
  const found = await rows<{ value: string }>(
    "SELECT value FROM CommentFeedback WHERE tags['test'] = {tag:String} ORDER BY toString(id)",
    { tag },
  );
  return found.map(({ value }) => value);
}

const BAD: [string, WritableTable, () => object, string][] = [
  ["half a character", "CommentFeedback", () => comment("good \ud83d"), "surrogate"],
  ["half a character in a tag", "CommentFeedback", () => comment("", { a: "\ud83d" }), "surrogate"],
  [
    "half a character in a tag's key",
    "JsonInference",
    () => ({ ...json(), tags: { "\ud83d": "" } }),
    "surrogate",
  ],
  ["a count with an exponent", "ModelInference", () => ({ ...call(), input_tokens: 1e21 }), "21"],
  ["a negative count", "ModelInference", () => ({ ...call(), input_tokens: -1 }), "Unsigned"],
  ["a cost beyond its decimals", "ModelInference", () => ({ ...call(), cost: 1e12 }), "too big"],
  ["an unknown reason", "ModelInference", () => ({ ...call(), finish_reason: "?" }), "enum"],
  ["no UUID", "BooleanMetricFeedback", () => ({ ...metric(true), target_id: "x" }), "UUID"],
  ["no boolean", "BooleanMetricFeedback", () => metric("maybe"), "boolean"],
  ["no number", "FloatMetricFeedback", () => metric("much"), "floating point"],
  [
    "no map",
    "DemonstrationFeedback",
    () => ({ id: uuid(), inference_id: uuid(), value: "", tags: 5 }),
    "{",
  ],
  [
    "a key too long",
    "ModelInferenceCache",
    () => ({ short_cache_key: 1, long_cache_key: "k".repeat(65) }),
    "FixedString",
  ],
];

test.each(BAD)(
  "%s is put away with the server's words; what stands around it is stored",
  async (name, table, bad, words) => {
    const { writer, kept, refusedPath } = open();
    const before = comment("before", { test: name });
    const row = bad();
    writer.write("CommentFeedback", before);
    writer.write(table, row);
    writer.write("CommentFeedback", comment("after", { test: name }));
    await writer.flush();
    expect(await comments(name)).toEqual(["before", "after"]);
    expect({ pending: writer.pending, refused: writer.refused }).toEqual({
      pending: 0,
      refused: 1,
    });
    const [line] = kept();
    expect(kept()).toEqual([
      { time: expect.stringMatching(/^2\d{3}-.*Z$/), table, error: line.error, row },
    ]);
    expect(line.error).toContain(words);
    expect(told).toEqual([expect.any(RowsRefusedError)]);
    const [error] = told as [Error];
    expect(error.message).toContain(`refuses 1 row(s)`);
    expect(error.message).toContain(refusedPath);
    expect(error.message).not.toContain("\n");
  },
);

test("any rows, any of them bad: good ones are stored once and in order, bad ones are in the file once", async () => {
  const values = ["\ud83d", "x\ud83dy", "\ud83d\ud83d"];
  const plan = fc.array(fc.option(fc.constantFrom(...values), { nil: null, freq: 3 }), {
    minLength: 1,
    maxLength: 40,
  });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(plan, async (entries) => {
      const { writer, kept } = open();
      const tag = `random ${++run}`;
      entries.forEach((bad, index) => {
        writer.write("CommentFeedback", comment(`${index}${bad ?? ""}`, { test: tag }));
      });
      await writer.flush();
      const split = (isBad: boolean) =>
        entries.flatMap((bad, index) => ((bad !== null) === isBad ? [`${index}${bad ?? ""}`] : []));
      expect(await comments(tag)).toEqual(split(false));
      expect(kept().map((line) => line.row.value)).toEqual(split(true));
      const [tags] = await rows<{ n: string }>(
        `SELECT count() AS n FROM FeedbackTag WHERE value = '${tag}'`,
      );
      expect(Number(tags?.n)).toBe(split(false).length);
      expect(writer.pending).toBe(0);
    }),
    { numRuns: 10, seed: 3, examples: [[["\ud83d"]], [Array(3).fill("\ud83d")]] },
  );
});

test("whatever stands in whichever column, nothing blocks", async () => {
  const templates: [WritableTable, object][] = [
    ["JsonInference", json()],
    [
      "ChatInference",
      {
        ...chat,
        tool_params: "",
        dynamic_tools: ["{}"],
        parallel_tool_calls: true,
        ttft_ms: 1,
        snapshot_hash: "1",
      },
    ],
    ["ModelInference", { ...call(), cached: true, system: "", snapshot_hash: "1" }],
    [
      "ModelInferenceCache",
      { short_cache_key: "1", long_cache_key: "k", output: "", is_deleted: false, input_tokens: 1 },
    ],
    [
      "DynamicInContextLearningExample",
      { id: uuid(), function_name: "", input: "", output: "", embedding: [1] },
    ],
    ["BooleanMetricFeedback", metric(true)],
    ["FloatMetricFeedback", metric(0.5)],
    ["CommentFeedback", comment("")],
    ["DemonstrationFeedback", { id: uuid(), inference_id: uuid(), value: "", tags: {} }],
  ];
  const row = fc
    .constantFrom(...templates)
    .chain(([table, template]) =>
      fc.tuple(
        fc.constant([table, template] as const),
        fc.constantFrom(...Object.keys(template)),
        fc.oneof(
          fc.jsonValue({ maxDepth: 3, stringUnit: anyCharacter }),
          fc.constantFrom<unknown>(
            "\ud83d",
            1e21,
            -1,
            2 ** 64,
            1e300,
            1e-300,
            "nan",
            "inf",
            "",
            null,
            { "\ud83d": 1 },
            [[]],
          ),
          fc.double(),
        ),
      ),
    );
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (entries) => {
      const { writer, kept } = open();
      for (const [[table, template], column, value] of entries)
        writer.write(table, { ...template, [column]: value });
      await writer.flush();
      expect(writer.pending).toBe(0);
      expect(kept()).toHaveLength(writer.refused);
      writer.write("CommentFeedback", comment("then", { test: `column ${files}` }));
      await writer.close();
      expect(await comments(`column ${files}`)).toEqual(["then"]);
    }),
    { numRuns: 12, seed: 5 },
  );
});

test("feedback comes after its inference, also when a row before both is refused", async () => {
  const { writer } = open();
  const inference = json();
  writer.write("BooleanMetricFeedback", { ...metric(true), target_id: inference.id });
  writer.write("BooleanMetricFeedback", metric("maybe"));
  writer.write("JsonInference", { ...json(), tags: { a: "\ud83d" } });
  writer.write("JsonInference", inference);
  await writer.flush();
  const found = await rows(
    `SELECT variant_name FROM BooleanMetricFeedbackByVariant WHERE target_id_uint = toUInt128(toUUID('${inference.id}'))`,
  );
  expect(found).toEqual([{ variant_name: "v" }]);
  expect(writer.refused).toBe(2);
});

test("a half whose answer is lost is there once, and the rows around it", async () => {
  const { writer, kept } = open();
  const exec = client.exec.bind(client);
  for (const lost of [1, 2]) {
    let calls = 0;
    const spy = jest.spyOn(client, "exec").mockImplementation(async (params) => {
      const result = await exec(params);
      if (++calls === lost) throw new Error("socket hang up");
      return result;
    });
    const tag = `lost ${lost}`;
    for (const value of ["a", "b", "c", "bad \ud83d", "d", "e"])
      writer.write("CommentFeedback", comment(value, { test: tag }));
    await expect(writer.flush()).rejects.toThrow("socket hang up");
    expect(writer.pending).toBeGreaterThan(0);
    await writer.flush();
    spy.mockRestore();
    expect(await comments(tag)).toEqual(["a", "b", "c", "d", "e"]);
    expect(writer.pending).toBe(0);
  }
  expect(kept()).toHaveLength(2);
});

describe("an outage puts no row away", () => {
  const broken = (error: Error) => async () => {
    const spy = jest.spyOn(client, "exec").mockRejectedValue(error);
    return async () => spy.mockRestore();
  };
  const server = (code: string, type: string) =>
    broken(new ClickHouseError({ message: "no", code, type }));
  const command = (query: string) => client.command({ query });
  /** Real ones, and those that cannot be had here by ClickHouse's codes. @returns what ends it */
  const OUTAGES: [string, () => Promise<() => Promise<unknown>>][] = [
    [
      "table away",
      async () => {
        await command("RENAME TABLE CommentFeedback TO Away");
        return () => command("RENAME TABLE Away TO CommentFeedback");
      },
    ],
    [
      "no memory",
      async () => {
        const exec = client.exec.bind(client);
        const spy = jest.spyOn(client, "exec").mockImplementation((params) =>
          exec({
            ...params,
            clickhouse_settings: { ...params.clickhouse_settings, max_memory_usage: "1" },
          }),
        );
        return async () => spy.mockRestore();
      },
    ],
    [
      "read-only",
      async () => {
        const exec = client.exec.bind(client);
        const spy = jest
          .spyOn(client, "exec")
          .mockImplementation((params) =>
            exec({ ...params, clickhouse_settings: { readonly: "1" } }),
          );
        return async () => spy.mockRestore();
      },
    ],
    ["no connection", broken(new Error("connect ECONNREFUSED"))],
    ["disk full", server("243", "NOT_ENOUGH_SPACE")],
    ["too many parts", server("252", "TOO_MANY_PARTS")],
    ["timeout", server("159", "TIMEOUT_EXCEEDED")],
    ["password", server("516", "AUTHENTICATION_FAILED")],
    ["unknown", broken(new ClickHouseError({ message: "no", code: "1002" }))],
  ];

  test.each(OUTAGES)("%s", async (name, begin) => {
    const { writer, kept } = open();
    const end = await begin();
    writer.write("CommentFeedback", comment("good", { test: name }));
    await expect(writer.flush()).rejects.toThrow(StoreWriteError);
    writer.write("CommentFeedback", comment("bad \ud83d", { test: name }));
    writer.write("CommentFeedback", comment("better", { test: name }));
    await expect(writer.flush()).rejects.toThrow(StoreWriteError);
    expect({ pending: writer.pending, kept: kept(), failing: writer.isFailing }).toEqual({
      pending: 3,
      kept: [],
      failing: true,
    });
    await end();
    await writer.close();
    expect(await comments(name)).toEqual(["good", "better"]);
    expect({ refused: kept().length, failing: writer.isFailing }).toEqual({
      refused: 1,
      failing: false,
    });
  });
});

test("it is told once, and on close if more followed", async () => {
  const { writer } = open();
  for (let i = 0; i < 3; i++) {
    writer.write("CommentFeedback", comment("\ud83d"));
    await writer.flush();
  }
  expect(told.map((error) => (error as RowsRefusedError).rows)).toEqual([1]);
  await writer.close();
  expect(told.map((error) => (error as RowsRefusedError).rows)).toEqual([1, 3]);
});

test("a row that cannot be put away stays", async () => {
  const { writer, kept, refusedPath } = open();
  mkdirSync(refusedPath, { recursive: true });
  writer.write("CommentFeedback", comment("a", { test: "stays" }));
  writer.write("CommentFeedback", comment("\ud83d"));
  await expect(writer.flush()).rejects.toThrow(/EISDIR/);
  expect(writer.pending).toBe(1);
  rmSync(refusedPath, { recursive: true });
  await writer.close();
  expect(kept()).toHaveLength(1);
  expect(await comments("stays")).toEqual(["a"]);
});

test("what a store that fails has not taken by the end is in the file, in order, and can be inserted", async () => {
  const { writer, kept, refusedPath } = open();
  await client.command({ query: "RENAME TABLE ChatInference TO Away" });
  const written: { table: WritableTable; row: object }[] = [
    { table: "ChatInference", row: chat },
    { table: "CommentFeedback", row: comment("first", { test: "end" }) },
    { table: "CommentFeedback", row: comment("second", { test: "end" }) },
  ];
  for (const [i, { table, row }] of written.entries()) {
    writer.write(table, row);
    if (i < 2) await expect(writer.flush()).rejects.toThrow(StoreWriteError);
  }
  const error: RowsUnstoredError = await writer.close().catch((thrown) => thrown);
  await client.command({ query: "RENAME TABLE Away TO ChatInference" });
  expect(error).toBeInstanceOf(RowsUnstoredError);
  expect([error.rows, error.path]).toEqual([3, refusedPath]);
  expect(error.message).toContain("ChatInference does not exist");
  expect(kept()[0].error).toMatch(/^Table \S+ChatInference does not exist/);
  expect(kept().map(({ table, row }) => ({ table, row }))).toEqual(written);
  for (const { table, row } of kept())
    await client.insert({ table, values: [row], format: "JSONEachRow" });
  expect(await comments("end")).toEqual(["first", "second"]);
});

test("a view of one's own that cannot take a row costs no row, stores none twice, and is told of", async () => {
  await client.command({
    query: `CREATE MATERIALIZED VIEW Own TO FeedbackTag AS
      SELECT toString(toUInt32(tags['seed'])) AS key, id AS feedback_id FROM CommentFeedback`,
  });
  const { writer, kept } = open();
  for (const seed of ["1", "none", "2"])
    writer.write("CommentFeedback", comment(seed, { test: "view", seed }));
  await writer.flush();
  writer.write("CommentFeedback", comment("none", { test: "view" }));
  await writer.close();
  await client.command({ query: "DROP TABLE Own" });
  expect(await comments("view")).toEqual(["1", "none", "2", "none"]);
  expect(kept()).toEqual([]);
  expect(told).toEqual([expect.any(ViewError)]);
  expect(String(told[0])).toContain("view");
  const [tags] = await rows<{ n: string }>(
    "SELECT count() AS n FROM FeedbackTag WHERE value = 'view'",
  );
  expect(Number(tags?.n)).toBe(4);
});

test("over HTTP as well", async () => {
  const connection: EmbeddedConnection = openEmbedded(
    join(folder, "store"),
    "tensorzero",
    SESSION_SETTINGS,
  );
  await connection.initialize();
  const app = clickHouseApp({ connection, user: "u", password: "p" });
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () =>
      resolve(started),
    );
  });
  const { port } = server.address() as AddressInfo;
  const remote = await connect({ url: `http://u:p@127.0.0.1:${port}/tensorzero` });
  const { writer, kept } = open({}, remote);
  for (const value of ["a", "\ud83d", "b"])
    writer.write("CommentFeedback", comment(value, { test: "http" }));
  writer.write("ModelInference", { ...call(), input_tokens: 1e21 });
  await writer.close();
  expect(await comments("http")).toEqual(["a", "b"]);
  expect(
    kept()
      .map(({ table }) => table)
      .sort(),
  ).toEqual(["CommentFeedback", "ModelInference"]);
  await remote.close();
  server.close();
  await connection.close();
});
