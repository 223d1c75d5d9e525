import type { ClickHouseClient } from "@clickhouse/client";
import { continueAfter } from "../ids";

/** The tables that the gateway writes; views fill the others. */
export const STORED_TABLES = [
  "JsonInference",
  "ChatInference",
  "ModelInference",
  "BooleanMetricFeedback",
  "FloatMetricFeedback",
  "CommentFeedback",
  "DemonstrationFeedback",
];

/**
 * Makes the ids of this process come after those in the store: what is newest goes by them, and the clock may have been
 * set back since a process before wrote its rows.
 */
export async function continueIds(client: ClickHouseClient): Promise<void> {
  const newest = STORED_TABLES.map((table) => `SELECT max(timestamp) AS time FROM ${table}`);
  const result = await client.query({
    query: `SELECT toFloat64(toUnixTimestamp(max(time))) AS seconds FROM (${newest.join(" UNION ALL ")})`,
    format: "JSONEachRow",
  });
  const [row] = await result.json<{ seconds: number }>();
  const ms = (row?.seconds ?? 0) * 1000;
  // subtle: a row of this very second need not be of the future.
  if (ms > Date.now()) continueAfter(ms + 999);
}
