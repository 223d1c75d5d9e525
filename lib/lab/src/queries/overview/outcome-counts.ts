import type { ClickHouseClient } from "@clickhouse/client";
import { kindOf, namedBy, nameOf, TASK_OF_KIND, VARIANT_OF_KIND } from "../parts/done-tag";
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
 * Counts of all runs, or of the one, by run, variant and task. They come from the small tables of feedback alone: 0.4 s of a
 * processor for 600,000 episodes. Episodes that were only cut off are in none of them.
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

const SUCCESSES = `
    SELECT target_id AS id, value AS success, timestamp AS latest, tags['done'] AS done, tags['run'] AS tagged, tags['task'] AS task, tags['seed'] AS seed
    FROM BooleanMetricFeedback
    WHERE metric_name = 'success' AND ${OF_RUNS}`;

/** Of tries that have ended the last counts, and of it what was said last. One number: with tuples the query takes twice as long. */
const RANK = "bitShiftLeft(toUInt256(toUInt128(id)), 32) + toUnixTimestamp(latest) AS rank";

// subtle: each tag is taken out of its map before rows are grouped: maps that go through a GROUP BY cost six times as much.
const COUNTS = `
WITH
  try AS (
    SELECT run, name, ${RANK}, success, latest
    FROM (SELECT ${namedBy("done")}, id, success, latest FROM (${SUCCESSES}) WHERE done != '')
    UNION ALL
    SELECT tagged AS run, ${nameOf("first.variant", "task", "seed")} AS name, ${RANK}, success, latest
    FROM ${FIRST_STEPS} AS first INNER JOIN (SELECT * FROM (${SUCCESSES}) WHERE done = '') AS judged ON first.episode_id = judged.id
    WHERE first.episode_id IN (SELECT id FROM (${SUCCESSES}) WHERE done = '')
    UNION ALL
    SELECT tags['run'] AS run, ${nameOf("tags['variant']", "tags['task']", "tags['seed']")} AS name, 0 AS rank, false AS success, timestamp AS latest
    FROM CommentFeedback
    WHERE target_type = 'episode' AND tags['outcome'] = 'failed' AND ${OF_RUNS}
  ),
  episode AS (
    SELECT
      run,
      name,
      ${kindOf("name")} AS kind,
      max(rank) > 0 AS has_ended,
      argMax(success, rank) AS is_solved,
      max(try.latest) AS latest
    FROM try
    GROUP BY run, name
  )
SELECT
  run,
  ${VARIANT_OF_KIND} AS variant,
  ${TASK_OF_KIND} AS task,
  toFloat64(countIf(has_ended)) AS finished,
  toFloat64(countIf(has_ended AND is_solved)) AS solved,
  toFloat64(countIf(NOT has_ended)) AS failed,
  toFloat64(1000 * toUnixTimestamp(max(episode.latest))) AS latest_ms
FROM episode
GROUP BY run, kind
ORDER BY run, variant, task`;
