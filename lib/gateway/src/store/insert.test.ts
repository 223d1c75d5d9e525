import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { ClickHouseClient } from "@clickhouse/client";
import { connect } from "../clickhouse/connect";
import { RowWriter, StoreWriteError } from "./insert";

let client: ClickHouseClient;
beforeAll(async () => {
  client = await connect({ dataDir: ":memory:" });
});
afterAll(() => client.close());

async function rows<T>(query: string): Promise<T[]> {
  return (await client.query({ query, format: "JSONEachRow" })).json<T>();
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 10));
}

let serial = 0;
/** A UUIDv7 of a fixed time, counted up. */
function uuid(): string {
  return `019a0000-0000-7000-8000-${(++serial).toString(16).padStart(12, "0")}`;
}

function inference(episode_id: string, id = uuid(), variant_name = "v") {
  return {
    id,
    function_name: "f",
    variant_name,
    episode_id,
    input: '{"system":"é \\ud800 \\u0000"}',
    output: '{"raw":"{}","parsed":{}}',
    output_schema: "{}",
    inference_params: "{}",
    processing_time_ms: 3,
    tags: { run: "r", task: "t" },
    auxiliary_content: "[]",
  };
}

function chat() {
  const { output_schema, auxiliary_content, ...common } = inference(uuid());
  return { ...common, tool_params: "" };
}

function feedback(target_id: string, value: boolean | number) {
  return { id: uuid(), target_id, metric_name: "m", value, tags: { run: "r" } };
}

function modelInference(inference_id: string) {
  return {
    id: uuid(),
    inference_id,
    raw_request: "{}",
    raw_response: "{}",
    model_name: "m",
    model_provider_name: "p",
    input_tokens: 10,
    output_tokens: null,
    response_time_ms: 5,
    system: null,
    input_messages: "[]",
    output: "[]",
    finish_reason: "stop_sequence",
    function_name: "f",
    variant_name: "v",
  };
}

test("rows written before a flush are visible after it, and every view has fired", async () => {
  const writer = new RowWriter(client, { intervalMs: 60_000 });
  const episode = uuid();
  const first = inference(episode);
  const second = inference(episode);
  // Feedback first: the writer puts it after the inferences, else the ByVariant views would miss it.
  writer.write("BooleanMetricFeedback", feedback(episode, true));
  writer.write("FloatMetricFeedback", feedback(first.id, 0.5));
  writer.write("CommentFeedback", {
    id: uuid(),
    target_id: episode,
    target_type: "episode",
    value: "well",
    tags: {},
  });
  writer.write("DemonstrationFeedback", {
    id: uuid(),
    inference_id: first.id,
    value: "{}",
    tags: { by: "me" },
  });
  writer.write("JsonInference", first);
  writer.write("JsonInference", second);
  writer.write("ModelInference", modelInference(first.id));
  expect(await rows("SELECT id FROM JsonInference")).toEqual([]);
  await writer.flush();

  const tables = await rows<{ name: string; total_rows: string }>(
    "SELECT name, total_rows FROM system.tables WHERE database = currentDatabase() AND total_rows > 0 ORDER BY name",
  );
  expect(Object.fromEntries(tables.map((row) => [row.name, Number(row.total_rows)]))).toEqual({
    BooleanMetricFeedback: 1,
    BooleanMetricFeedbackByTargetId: 1,
    BooleanMetricFeedbackByVariant: 1,
    CommentFeedback: 1,
    CommentFeedbackByTargetId: 1,
    CumulativeUsage: 2, // a sum of zero is dropped
    DemonstrationFeedback: 1,
    DemonstrationFeedbackByInferenceId: 1,
    EpisodeById: 1,
    FeedbackByVariantStatistics: 2,
    FeedbackTag: 3,
    FloatMetricFeedback: 1,
    FloatMetricFeedbackByTargetId: 1,
    FloatMetricFeedbackByVariant: 1,
    InferenceByEpisodeId: 2,
    InferenceById: 2,
    InferenceTag: 4,
    JsonInference: 2,
    ModelInference: 1,
    ModelProviderStatistics: 1,
    TagInference: 4,
    VariantStatistics: 2,
  });
  expect(
    await rows(
      "SELECT uint_to_uuid(id_uint) AS id, toString(timestamp) AS at FROM InferenceById AS b JOIN JsonInference AS j ON j.id = uint_to_uuid(b.id_uint) ORDER BY id",
    ),
  ).toEqual([first, second].map(({ id }) => ({ id, at: "2025-10-20 05:03:11" })));
  expect(await rows("SELECT input FROM JsonInference LIMIT 1")).toEqual([{ input: first.input }]);
});

test("a batch goes by itself after the interval, and at once when it is full", async () => {
  const count = async () =>
    Number((await rows<{ n: string }>("SELECT count() AS n FROM ChatInference"))[0]?.n);
  const timed = new RowWriter(client, { intervalMs: 20 });
  timed.write("ChatInference", chat());
  await until(async () => (await count()) === 1);
  const full = new RowWriter(client, { intervalMs: 60_000, maxRows: 2 });
  const sent = jest.spyOn(client, "exec");
  full.write("ChatInference", chat());
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).not.toHaveBeenCalled();
  full.write("ChatInference", chat());
  await until(async () => (await count()) === 3);
  expect(sent).toHaveBeenCalledTimes(1);
  sent.mockRestore();
  await until(async () => full.pending === 0);
});

test("after a batch the store rests, so that rows that come one by one go together", async () => {
  const writer = new RowWriter(client, { intervalMs: 20 });
  const times: number[] = [];
  const sent = jest.spyOn(client, "exec").mockImplementation(async () => {
    times.push(performance.now());
    await new Promise((resolve) => setTimeout(resolve, 30));
    return { query_id: "", stream: Readable.from([]) } as never;
  });
  for (let i = 0; i < 2; i++) {
    writer.write("ChatInference", chat());
    await until(async () => writer.pending === 0);
  }
  sent.mockRestore();
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(10 * 20);
});

test("under load a table gets one batch an interval's ten, or one of thousands of rows", async () => {
  const intervalMs = 20;
  const writer = new RowWriter(client, { intervalMs, maxRows: 100 });
  const batches: { begun: number; ended: number; rows: number }[] = [];
  const sent = jest.spyOn(client, "exec").mockImplementation(async (params) => {
    const begun = performance.now();
    const { values } = params as { values: Readable };
    const rows = (await text(values)).split("\n").length - 1;
    await new Promise((resolve) => setTimeout(resolve, 50));
    batches.push({ begun, ended: performance.now(), rows });
    return { query_id: "", stream: Readable.from([]) } as never;
  });
  const play = async (rows: number) => {
    for (let tick = 0; tick < 100; tick++) {
      for (let i = 0; i < rows; i++) writer.write("ChatInference", chat());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await play(2); // fewer than a full batch in the rest
  await play(60); // more
  await writer.close();
  sent.mockRestore();
  for (const [i, { begun, rows }] of batches.slice(0, -1).entries()) {
    const restedMs = begun - (batches[i - 1]?.ended ?? 0);
    // A timer counts from the start of its turn of the event loop, which may be some time ago.
    expect(restedMs >= 7 * intervalMs || rows >= 400).toBe(true);
  }
  expect(batches.filter(({ rows }) => rows >= 400).length).toBeGreaterThan(1);
});

test("rows that the store cannot take are kept, reported, and sent again", async () => {
  const errors: unknown[] = [];
  const writer = new RowWriter(client, {
    intervalMs: 60_000,
    onError: (error) => errors.push(error),
  });
  await client.command({ query: "RENAME TABLE ModelInferenceCache TO Away" });
  writer.write("ModelInferenceCache", {
    short_cache_key: 1,
    long_cache_key: "k",
    output: "",
    raw_request: "",
    raw_response: "",
  });
  writer.write("CommentFeedback", {
    id: uuid(),
    target_id: uuid(),
    target_type: "inference",
    value: "late",
  });
  await expect(writer.flush()).rejects.toThrow(StoreWriteError);
  expect(writer.pending).toBe(2);
  await client.command({ query: "RENAME TABLE Away TO ModelInferenceCache" });
  await writer.close();
  expect(writer.pending).toBe(0);
  expect(await rows("SELECT value FROM CommentFeedback WHERE value = 'late'")).toHaveLength(1);
  expect(await rows("SELECT count() AS n FROM ModelInferenceCache")).toEqual([{ n: "1" }]);
});

test("a batch that comes twice, or came in part, is there once, in the views' tables as well", async () => {
  const counts = async () => {
    const tables = ["JsonInference", "TagInference", "InferenceByEpisodeId"];
    const sums = tables.map((table) => `(SELECT toUInt32(count()) FROM ${table}) AS ${table}`);
    return (await rows<Record<string, number>>(`SELECT ${sums.join(", ")}`))[0]!;
  };
  const before = await counts();
  const writer = new RowWriter(client, { intervalMs: 60_000, onError: () => {} });
  const exec = client.exec.bind(client);
  const lost = jest.spyOn(client, "exec").mockImplementationOnce(async (params) => {
    await exec(params);
    throw new Error("socket hang up");
  });
  writer.write("JsonInference", inference(uuid()));
  await expect(writer.flush()).rejects.toThrow("socket hang up");
  lost.mockRestore();
  writer.write("JsonInference", inference(uuid()));
  await writer.flush();
  const more = (times: number) => ({
    JsonInference: before.JsonInference! + times,
    TagInference: before.TagInference! + 2 * times, // two tags
    InferenceByEpisodeId: before.InferenceByEpisodeId! + times,
  });
  expect(await counts()).toEqual(more(2));

  // One more view, which fails while the others are being written.
  const broken = "SELECT toString(throwIf(true)) AS key, id AS feedback_id FROM JsonInference";
  await client.command({
    query: `CREATE MATERIALIZED VIEW Broken TO FeedbackTag AS ${broken}`,
  });
  writer.write("JsonInference", inference(uuid()));
  await expect(writer.flush()).rejects.toThrow(StoreWriteError);
  await client.command({ query: "DROP TABLE Broken" });
  await writer.close();
  expect(await counts()).toEqual(more(3));
});

test("of anybody else two equal inserts are two", async () => {
  const insert = () =>
    client.insert({
      table: "CommentFeedback",
      format: "JSONEachRow",
      values: [{ id: uuid(), target_id: uuid(), target_type: "episode", value: "same", tags: {} }],
    });
  serial = 5000;
  await insert();
  serial = 5000;
  await insert();
  expect(await rows("SELECT id FROM CommentFeedback WHERE value = 'same'")).toHaveLength(2);
});

test("a store that stays away has bounded memory, makes writers wait, and then says no", async () => {
  const writer = new RowWriter(client, { intervalMs: 1, maxRows: 1, onError: () => {} });
  const away = jest.spyOn(client, "exec").mockRejectedValue(new Error("ECONNREFUSED"));
  let written = 0;
  const started = Date.now();
  let refused: unknown;
  while (refused === undefined && written < 1000) {
    refused = await writer.room().catch((error: unknown) => error);
    if (refused === undefined) writer.write("ChatInference", chat());
    written += refused === undefined ? 1 : 0;
  }
  expect(refused).toBeInstanceOf(StoreWriteError);
  expect(written).toBe(8);
  expect(writer.pending).toBe(8);
  expect(Date.now() - started).toBeGreaterThanOrEqual(600); // a minute at the default interval
  away.mockRestore();
  await writer.room();
  await writer.close();
  expect(writer.pending).toBe(0);
});
