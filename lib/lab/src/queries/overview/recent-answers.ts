import type { ClickHouseClient } from "@clickhouse/client";
import { ACTS } from "../parts/is-act";

/** A run that was answered in the last minute. */
export interface RecentAnswers {
  run: string;
  /** Inferences answered in the last half minute. */
  answers: number;
  /** Milliseconds since 1970, of the last one. */
  last_ms: number;
}

/** What {@link RecentAnswers} counts, in seconds. */
export const RATE_SECONDS = 30;

/** The runs that are under way: those that were answered in the last minute, by ClickHouse's clock. */
export async function recentAnswers(clickhouse: ClickHouseClient): Promise<RecentAnswers[]> {
  const result = await clickhouse.query({
    query: `
      SELECT
        tags['run'] AS run,
        toFloat64(countIf(timestamp > now() - ${RATE_SECONDS})) AS answers,
        toFloat64(1000 * toUnixTimestamp(max(timestamp))) AS last_ms
      FROM ${ACTS}
      WHERE timestamp > now() - 60 AND run != ''
      GROUP BY run`,
    format: "JSONEachRow",
  });
  return result.json<RecentAnswers>();
}
