import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import { uuidv7 } from "../ids";
import { connect } from "./connect";
import { fillViews } from "./fill-views";
import { VIEWS } from "./schema-views";

// Every process that is killed may leave any of the views' tables behind the main ones.

const TARGETS = [...new Set(Object.values(VIEWS).map(({ target }) => target))];
const folder = mkdtempSync(join(tmpdir(), "views-"));
const dataDir = join(folder, "data");
let client: ClickHouseClient;
let whole: Record<string, unknown>;

beforeAll(async () => {
  client = await connect({ dataDir });
  const insert = (table: string, values: object[]) =>
    client.insert({ table, values, format: "JSONEachRow" });
  const of = (variant: string) => ({ function_name: "f", variant_name: variant });
  for (const variant of ["a", "b"]) {
    const [episode_id, tags] = [uuidv7(), { run: "r", variant }];
    const inference = { ...of(variant), episode_id, tags, processing_time_ms: 7 };
    const ids = Array.from({ length: 3 }, () => uuidv7());
    await insert(
      "JsonInference",
      ids.map((id) => ({ id, ...inference })),
    );
    await insert("ChatInference", [{ id: uuidv7(), ...inference, function_name: "g" }]);
    await insert(
      "ModelInference",
      ids.map((inference_id) => ({
        ...{ id: uuidv7(), inference_id, ...of(variant), model_name: "m" },
        ...{ input_tokens: 10, output_tokens: null, response_time_ms: 5 },
      })),
    );
    const metric = { target_id: episode_id, metric_name: "success", tags };
    await insert("BooleanMetricFeedback", [{ id: uuidv7(), ...metric, value: variant === "a" }]);
    await insert("FloatMetricFeedback", [{ id: uuidv7(), ...metric, value: 0.5 }]);
    const comment = { target_id: episode_id, target_type: "episode", value: "so", tags };
    await insert("CommentFeedback", [{ id: uuidv7(), ...comment }]);
    await insert("DemonstrationFeedback", [
      { id: uuidv7(), inference_id: ids[0], value: "{}", tags },
    ]);
  }
  whole = await contents();
});
afterAll(async () => {
  await client.close();
  rmSync(folder, { recursive: true });
});

/** What views' tables say, however their rows have been added up. */
async function contents(tables = TARGETS): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const table of tables) {
    const select = async <T>(query: string) =>
      (await client.query({ query, format: "JSONEachRow" })).json<T>();
    const columns = await select<{ name: string; type: string }>(`DESCRIBE ${table}`);
    const shown = columns.flatMap(({ name, type }) => {
      // `count` of an episode is how many blocks had it, and the time of a tag's row when it was written.
      if (name === "updated_at" || (table === "EpisodeById" && name === "count")) return [];
      const value = type.startsWith("AggregateFunction") ? `finalizeAggregation(${name})` : name;
      return name === "inference_ids" ? `arraySort(${value}) AS ids` : `${value} AS ${name}_`;
    });
    await client.command({ query: `OPTIMIZE TABLE ${table} FINAL` });
    found[table] = await select(`SELECT ${shown.join(", ")} FROM ${table} ORDER BY ALL`);
  }
  return found;
}

const run = (query: string) => client.command({ query });

test("every view's table has rows here", () => {
  expect(Object.keys(whole).sort()).toEqual([...TARGETS].sort());
  for (const [table, rows] of Object.entries(whole)) expect([table, rows]).not.toEqual([table, []]);
});

test.each([
  ["TagInference"],
  ["FeedbackByVariantStatistics"],
  ["BooleanMetricFeedbackByVariant"], // from which a view makes statistics that are there already
  TARGETS,
])("%s gets back what it has lost, and what is made of it stays as it is", async (...tables) => {
  for (const table of tables) await run(`TRUNCATE TABLE ${table}`);
  await fillViews(client);
  const after = await contents([...tables, "FeedbackByVariantStatistics"]);
  expect({ ...whole, ...after }).toEqual(whole);
});

test("what is there is not added again: half of each table's rows are lost, in a store that is then opened", async () => {
  for (const table of TARGETS) {
    const { key } = Object.values(VIEWS).find(({ target }) => target === table)!;
    const order = key ?? "tuple()";
    await run(`DELETE FROM ${table} WHERE cityHash64(${order}) % 2 = 0`);
  }
  await client.close();
  client = await connect({ dataDir });
  expect(await contents()).toEqual(whole);
});

test("rows that only a view's table still has stay", async () => {
  const [lost] = (whole.FloatMetricFeedbackByTargetId as object[]).slice(-1);
  await run("TRUNCATE TABLE FloatMetricFeedback");
  await run("TRUNCATE TABLE TagInference");
  await fillViews(client);
  const after = await contents(["FloatMetricFeedbackByTargetId", "TagInference"]);
  expect(after.FloatMetricFeedbackByTargetId).toContainEqual(lost);
  expect(after.TagInference).toEqual(whole.TagInference);
});
