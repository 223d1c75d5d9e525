import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import { compare, type Difference, withNames } from "./compare";

/** The tables that inferences and feedback fill, by themselves or by views, each with the id of what a row belongs to. */
const TABLES: Record<string, string> = {
  JsonInference: "id",
  ChatInference: "id",
  ModelInference: "inference_id",
  InferenceById: "uint_to_uuid(id_uint)",
  InferenceByEpisodeId: "uint_to_uuid(id_uint)",
  InferenceTag: "inference_id",
  TagInference: "inference_id",
  BooleanMetricFeedback: "id",
  FloatMetricFeedback: "id",
  CommentFeedback: "id",
  DemonstrationFeedback: "id",
  FeedbackTag: "feedback_id",
  BooleanMetricFeedbackByTargetId: "id",
  FloatMetricFeedbackByTargetId: "id",
  CommentFeedbackByTargetId: "id",
  DemonstrationFeedbackByInferenceId: "id",
  FloatMetricFeedbackByVariant: "uint_to_uuid(id_uint)",
  BooleanMetricFeedbackByVariant: "uint_to_uuid(id_uint)",
  ModelInferenceCache: "''",
};

type Row = Record<string, unknown>;

/** What one gateway stored: its database, and the names of its ids. */
export interface Stored {
  database: string;
  names: ReadonlyMap<string, string>;
}

/** Compares what the two gateways stored, table by table and row by row. */
export async function diffRows(
  client: ClickHouseClient,
  sides: readonly [Stored, Stored],
): Promise<{ differences: Difference[]; rows: number }> {
  for (const { database } of sides) await quiet(client, database);
  const differences: Difference[] = [];
  let rows = 0;
  for (const [table, id] of Object.entries(TABLES)) {
    const [a, b] = await Promise.all(sides.map((side) => rowsOf(client, side, table, id)));
    for (const owner of new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])) {
      const left = a?.get(owner) ?? [];
      rows += left.length;
      compare(left, b?.get(owner) ?? [], (at, x, y) =>
        differences.push({ probe: `rows of ${owner}`, at: `${table}.${at}`, a: x, b: y }),
      );
    }
  }
  return { differences, rows };
}

/** Waits until nothing is written any more. */
async function quiet(client: ClickHouseClient, database: string): Promise<void> {
  const count = Object.keys(TABLES).map((table) => `(SELECT count() FROM ${database}.${table})`);
  const query = `SELECT toString(${count.join(" + ")}) AS n`;
  let before: string | undefined;
  for (let same = 0; same < 3; await sleep(300)) {
    const [row] = await (await client.query({ query, format: "JSONEachRow" })).json<{
      n: string;
    }>();
    same = row?.n === before ? same + 1 : 0;
    before = row?.n;
  }
}

/** The rows by the names of what they belong to, each list in an order that does not depend on ids and times. */
async function rowsOf(
  client: ClickHouseClient,
  { database, names }: Stored,
  table: string,
  id: string,
): Promise<Map<string, Row[]>> {
  const query = `SELECT toString(${id}) AS owner, * FROM ${database}.${table}`;
  const answer = await client.query({ query, format: "JSONEachRow" });
  const lists = new Map<string, { row: Row; key: string }[]>();
  for (const { owner, ...columns } of await answer.json<Row & { owner: string }>()) {
    const row = withNames(columns, names) as Row;
    // Ids as numbers say no more than the ids.
    for (const key of Object.keys(row)) if (key.endsWith("_uint")) delete row[key];
    const { response_time_ms, processing_time_ms, ttft_ms, snapshot_hash, updated_at, ...steady } =
      row;
    const name = names.get(owner) ?? "nothing that was answered";
    lists.set(name, [
      ...(lists.get(name) ?? []),
      { row, key: JSON.stringify([row.model_name, steady]) },
    ]);
  }
  return new Map(
    [...lists].map(([name, list]) => [
      name,
      list.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row),
    ]),
  );
}

/** Compares the columns of the tables that both databases have, by name, type and default. */
export async function diffSchemas(
  client: ClickHouseClient,
  [a, b]: readonly [string, string],
): Promise<Difference[]> {
  const columns = async (database: string) => {
    const answer = await client.query({
      query: `SELECT table, name, type, default_kind, default_expression FROM system.columns
        WHERE database = {database:String} ORDER BY table, position`,
      query_params: { database },
      format: "JSONEachRow",
    });
    const tables: Record<string, Record<string, string>> = {};
    for (const { table, name, ...column } of await answer.json<Record<string, string>>()) {
      if (table === undefined || name === undefined) continue;
      tables[table] = { ...tables[table], [name]: Object.values(column).join(" ").trim() };
    }
    return tables;
  };
  const [left, right] = [await columns(a), await columns(b)];
  const differences: Difference[] = [];
  for (const [table, its] of Object.entries(left)) {
    compare(its, right[table], (at, x, y) =>
      differences.push({ probe: `schema of ${table}`, at, a: x, b: y }),
    );
  }
  return differences;
}
