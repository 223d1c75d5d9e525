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

const FEEDBACK = STORED_TABLES.filter((table) => table.endsWith("Feedback"));

/**
 * Makes the ids of this process come after those in the store: what is newest goes by them, and the clock may have been
 * set back since a process before wrote its rows. The newest inference is known by a table's order; of feedback the times are read.
 *
 * @param feedback the tables of feedback that this process writes. Default: all
 */
export async function continueIds(
  client: ClickHouseClient,
  feedback: readonly string[] = FEEDBACK,
): Promise<void> {
  const newest = [
    "SELECT toFloat64(bitShiftRight(max(id_uint), 80)) AS ms FROM InferenceById",
    ...feedback.map(
      (table) => `SELECT 1000 * toFloat64(toUnixTimestamp(max(timestamp))) AS ms FROM ${table}`,
    ),
  ];
  const result = await client.query({
    query: `SELECT max(ms) AS newest FROM (${newest.join(" UNION ALL ")})`,
    format: "JSONEachRow",
  });
  const [row] = await result.json<{ newest: number }>();
  const ms = row?.newest ?? 0;
  // subtle: a row of this very second need not be of the future.
  if (ms > Date.now()) continueAfter(ms + 999);
}
