import type { ClickHouseClient } from "@clickhouse/client";

/** One row a run of which anything is stored. */
export interface RunRow {
  run: string;
  /** When its first and its last row were made, in UTC: "2026-11-22 14:30:05". */
  first: string;
  last: string;
  variants: string[];
  /** Episodes with an inference, and those that failed before one. */
  episodes: number;
  inferences: number;
}

/** All runs in the store, the newest first. */
export async function storedRuns(clickhouse: ClickHouseClient): Promise<RunRow[]> {
  const result = await clickhouse.query({ query: RUNS, format: "JSONEachRow" });
  return result.json<RunRow>();
}

/** The run asked for, or the newest for "latest"; null when the store has none, or not that one. */
export async function findRun(clickhouse: ClickHouseClient, run: string): Promise<RunRow | null> {
  const rows = await storedRuns(clickhouse);
  return (run === "latest" ? rows[0] : rows.find((row) => row.run === run)) ?? null;
}

const RUNS = `
SELECT
  run,
  toString(min(first)) AS first,
  toString(max(last)) AS last,
  arraySort(groupUniqArrayArray(variants)) AS variants,
  toFloat64(uniqExactMerge(episodes)) AS episodes,
  toFloat64(sum(inferences)) AS inferences
FROM (
  SELECT
    value AS run,
    min(UUIDv7ToDateTime(inference_id)) AS first,
    max(UUIDv7ToDateTime(inference_id)) AS last,
    groupUniqArray(toString(variant_name)) AS variants,
    uniqExactState(episode_id) AS episodes,
    count() AS inferences
  FROM TagInference
  WHERE key = 'run' AND function_name = 'act'
  GROUP BY run
  UNION ALL
  SELECT
    tags['run'] AS run,
    min(timestamp) AS first,
    max(timestamp) AS last,
    groupUniqArray(tags['variant']) AS variants,
    uniqExactState(target_id) AS episodes,
    0 AS inferences
  FROM CommentFeedback
  WHERE target_type = 'episode' AND tags['outcome'] = 'failed'
  GROUP BY run
)
GROUP BY run
ORDER BY first DESC, run DESC`;
