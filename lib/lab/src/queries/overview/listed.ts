import { IS_ACT } from "../parts/is-act";
import { failed, latestOf } from "../parts/tries";

/** The variant of each episode, as its first inference names it: `TagInference` is sorted by tags, so that few rows are read. */
export const FIRST_STEPS = `(
      SELECT episode_id, any(variant_name) AS variant
      FROM TagInference
      WHERE key = 'step' AND value = '0' AND ${IS_ACT}
      GROUP BY episode_id
    )`;

/**
 * The episodes of the run {run:String} as the small tables tell them, in no order: a tenth of the time that `TRIES` takes, and
 * without tokens. Of several tries of the same variant, task and seed the last completed one, or else the last. What a damaged
 * part has lost of an episode does not show here.
 */
export const LISTED = `
WITH
  judged AS (
    SELECT target_id AS episode_id, argMax(value, timestamp) AS success, any(tags['task']) AS task, any(tags['seed']) AS seed
    FROM BooleanMetricFeedback
    WHERE metric_name = 'success' AND tags['run'] = {run:String}
    GROUP BY target_id
  ),
  failed AS (${failed("tags['run'] = {run:String}")}),
  cut_off AS (
    SELECT DISTINCT episode_id
    FROM TagInference
    WHERE key = 'run' AND value = {run:String} AND ${IS_ACT}
      AND episode_id NOT IN (SELECT episode_id FROM judged) AND episode_id NOT IN (SELECT episode_id FROM failed)
  ),
  known AS (
    SELECT judged.episode_id AS episode_id, first.variant AS variant, task, seed, success, NULL AS error
    FROM judged INNER JOIN ${FIRST_STEPS} AS first ON judged.episode_id = first.episode_id
    UNION ALL
    SELECT episode_id, variant, task, seed, NULL AS success, error
    FROM failed WHERE episode_id NOT IN (SELECT episode_id FROM judged)
    UNION ALL
    SELECT episode_id, any(variant_name) AS variant, any(tags['task']) AS task, any(tags['seed']) AS seed, NULL AS success, NULL AS error
    FROM (
      SELECT function_name, variant_name, episode_id, tags FROM JsonInference
      UNION ALL SELECT function_name, variant_name, episode_id, tags FROM ChatInference
    )
    WHERE ${IS_ACT} AND episode_id IN (SELECT episode_id FROM cut_off)
    GROUP BY episode_id
  )
SELECT
  toString(episode_id) AS episode_id,
  toString(variant) AS variant,
  task,
  toFloat64(seed) AS seed,
  success,
  error
FROM known
QUALIFY row_number() OVER (PARTITION BY variant, task, seed ORDER BY success IS NULL, toString(known.episode_id) DESC) = 1`;

/** What was measured of the episodes that ended, by `episode_id`. */
export const MEASURED = `
SELECT
  toString(target_id) AS episode_id,
  ${latestOf("episode_return", "episode_length", "invalid_actions")}
FROM FloatMetricFeedback
WHERE metric_name IN ('episode_return', 'episode_length', 'invalid_actions') AND tags['run'] = {run:String}
GROUP BY target_id`;
