import type { ClickHouseClient } from "@clickhouse/client";

/** Id of the run whose first inference is the newest; null when the store has no run. */
export async function latestRun(clickhouse: ClickHouseClient): Promise<string | null> {
  const result = await clickhouse.query({
    query: `
      SELECT value AS run
      FROM TagInference
      WHERE key = 'run' AND function_name = 'act'
      GROUP BY run
      ORDER BY min(UUIDv7ToDateTime(inference_id)) DESC, run DESC
      LIMIT 1`,
    format: "JSONEachRow",
  });
  const [row] = await result.json<{ run: string }>();
  return row?.run ?? null;
}
