import type { ClickHouseClient } from "@clickhouse/client";
import { FIRST_STEPS } from "./listed";

/** How a variant's episodes on one task have ended so far. */
export interface OutcomeCount {
  run: string;
  variant: string;
  task: string;
  /** Episodes that ran to their end, and those of them that fulfilled their mission. */
  finished: number;
  solved: number;
  /** Episodes without an outcome of which a try failed. */
  failed: number;
  /** Milliseconds since 1970, of the latest outcome. */
  latest_ms: number;
}

/**
 * Counts of all runs, or of the one, by run, variant and task. They come from the small tables of feedback alone: 0.2 s of a
 * processor for 100,000 episodes, where `episodes` takes 4 s. Episodes that were only cut off are in none of them.
 */
export async function outcomeCounts(
  clickhouse: ClickHouseClient,
  run: string | null = null,
): Promise<OutcomeCount[]> {
  const result = await clickhouse.query({
    query: COUNTS,
    query_params: { run },
    format: "JSONEachRow",
  });
  return result.json<OutcomeCount>();
}

const OF_RUNS =
  "tags['run'] != '' AND ({run:Nullable(String)} IS NULL OR tags['run'] = {run:Nullable(String)})";

// subtle: each tag is taken out of its map before rows are grouped: maps that go through a GROUP BY cost six times as much.
const KEY = "tags['run'] AS run, tags['task'] AS task, tags['seed'] AS seed";

const COUNTS = `
WITH
  judged AS (
    SELECT target_id AS episode_id, any(run) AS run, any(task) AS task, any(seed) AS seed, argMax(value, timestamp) AS success, max(timestamp) AS latest
    FROM (SELECT target_id, ${KEY}, value, timestamp FROM BooleanMetricFeedback WHERE metric_name = 'success' AND ${OF_RUNS})
    GROUP BY target_id
  ),
  try AS (
    SELECT run, first.variant AS variant, task, seed, judged.episode_id AS id, true AS is_finished, success, latest
    FROM judged INNER JOIN ${FIRST_STEPS} AS first ON judged.episode_id = first.episode_id
    UNION ALL
    SELECT tags['run'] AS run, tags['variant'] AS variant, tags['task'] AS task, tags['seed'] AS seed, target_id AS id, false AS is_finished, false AS success, timestamp AS latest
    FROM CommentFeedback
    WHERE target_type = 'episode' AND tags['outcome'] = 'failed' AND ${OF_RUNS}
  ),
  episode AS (
    SELECT
      run,
      variant,
      task,
      max(is_finished) AS has_ended,
      argMax(success, (is_finished, toUInt128(id))) AS is_solved,
      max(latest) AS latest
    FROM try
    GROUP BY run, variant, task, seed
  )
SELECT
  run,
  toString(variant) AS variant,
  task,
  toFloat64(countIf(has_ended)) AS finished,
  toFloat64(countIf(has_ended AND is_solved)) AS solved,
  toFloat64(countIf(NOT has_ended)) AS failed,
  toFloat64(1000 * toUnixTimestamp(max(episode.latest))) AS latest_ms
FROM episode
GROUP BY run, variant, task
ORDER BY run, variant, task`;
