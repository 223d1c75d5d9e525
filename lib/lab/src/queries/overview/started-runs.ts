import type { ClickHouseClient } from "@clickhouse/client";
import { RECORDS } from "../runs/run-settings";

/** A run that `evaluate` began. */
export interface StartedRun {
  run: string;
  /** What it was last played with, as JSON. */
  settings: string;
  /** Milliseconds since 1970, of its beginning and of its last resume. */
  started_ms: number;
  resumed_ms: number;
}

/** All runs that `evaluate` began, or the one, the newest first. */
export async function startedRuns(
  clickhouse: ClickHouseClient,
  run: string | null = null,
): Promise<StartedRun[]> {
  const result = await clickhouse.query({
    query: `
      SELECT
        tags['run'] AS run,
        argMax(value, toString(id)) AS settings,
        toFloat64(toUnixTimestamp64Milli(min(UUIDv7ToDateTime(id)))) AS started_ms,
        toFloat64(toUnixTimestamp64Milli(max(UUIDv7ToDateTime(id)))) AS resumed_ms
      FROM ${RECORDS}
      WHERE tags['record'] = 'settings' AND ({run:Nullable(String)} IS NULL OR tags['run'] = {run:Nullable(String)})
      GROUP BY run
      ORDER BY started_ms DESC, run DESC`,
    query_params: { run },
    format: "JSONEachRow",
  });
  return result.json<StartedRun>();
}
