import type { ClickHouseClient } from "@clickhouse/client";
import { IS_ACT } from "./parts/is-act";
import { tokenSums } from "./parts/token-sums";

/** One row an episode. */
export interface EpisodeRow {
  run: string;
  variant: string;
  task: string;
  seed: number;
  /** Null: planned, and never begun. */
  episode_id: string | null;
  /** Null on the outcome columns: the episode failed (see `error`), was cut off before its end, or never begun. */
  success: boolean | null;
  episode_return: number | null;
  progression: number | null;
  /** Steps in the environment. */
  episode_length: number | null;
  /** Answers that were no valid action and were played as "go forward". */
  invalid_actions: number | null;
  /** Sums over the episode's model calls; null when a provider did not count those of every call. */
  input_tokens: number | null;
  output_tokens: number | null;
  /** Inferences stored for the episode. */
  inferences: number;
  /** Why the episode failed; null when it ran to its end. */
  error: string | null;
  /** Of the input tokens, those that providers say they had in their own cache. */
  cached_input_tokens: number;
  /** The models that were called, by the config's names: "openai::gpt-4o-mini-2024-07-18"; null when none was. */
  model?: string | null;
}

/** An episode that the store has rows of. */
export interface BegunEpisode extends EpisodeRow {
  episode_id: string;
}

/** A try at an episode: one that failed or was cut off may have been followed by another. */
export interface TryRow extends BegunEpisode {
  /** A later try of the same variant, task and seed replaces it; this one is only kept. */
  replaced: boolean;
}

/**
 * One row an episode that a run has begun, ordered by task, seed and variant. Of several tries of the same variant, task and seed it
 * is the completed one, or else the last. Tokens come from ModelInference, where a cache hit
 * keeps its true counts; outcomes are the latest feedback; a failed episode shows although it may have no inference.
 */
export async function episodes(clickhouse: ClickHouseClient, run: string): Promise<BegunEpisode[]> {
  const result = await clickhouse.query({
    query: `${EPISODES} ORDER BY ${ORDER}`,
    query_params: { run },
    format: "JSONEachRow",
  });
  return result.json<BegunEpisode>();
}

/** All that was ever played for a run, replaced tries too, in the order of `episodes`. */
export async function tries(clickhouse: ClickHouseClient, run: string): Promise<TryRow[]> {
  const result = await clickhouse.query({
    query: `SELECT * FROM (${TRIES}) ORDER BY ${ORDER}`,
    query_params: { run },
    format: "JSONEachRow",
  });
  return result.json<TryRow>();
}

/** The order in which episodes are listed. */
export const ORDER = "task, seed, variant, episode_id";

/** The episodes of the run {run:String} with a stored `success`, by its latest feedback; a part of a query's WITH. */
export const JUDGED = `judged AS (
    SELECT target_id AS episode_id, argMax(value, timestamp) AS success
    FROM BooleanMetricFeedback
    WHERE metric_name = 'success' AND tags['run'] = {run:String}
    GROUP BY target_id
  )`;

/**
 * One row a try of the run {run:String}, in no order. subtle: as text, because ClickHouse does not sort a UUIDv7 by time.
 * subtle: tokens go by TagInference, whose order finds a run's inferences at once, and no tags go through that join.
 * Both together make it more than twice as fast. An inference whose calls are not in ModelInference has unknown tokens.
 */
const TRIES = `
WITH
  played AS (
    SELECT
      episode_id,
      any(variant_name) AS variant,
      any(tags['task']) AS task,
      any(tags['seed']) AS seed,
      count() AS inferences
    FROM JsonInference
    WHERE ${IS_ACT} AND tags['run'] = {run:String}
    GROUP BY episode_id
  ),
  inference AS (
    SELECT inference_id, episode_id
    FROM TagInference
    WHERE key = 'run' AND value = {run:String} AND ${IS_ACT}
  ),
  usage AS (
    SELECT
      episode_id,
      arrayStringConcat(arraySort(groupUniqArray(model_name)), ', ') AS model,
      ${tokenSums("SELECT inference_id FROM inference")}
    FROM ModelInference RIGHT JOIN inference ON ModelInference.inference_id = inference.inference_id
    GROUP BY episode_id
  ),
  failed AS (
    SELECT
      target_id AS episode_id,
      any(tags['variant']) AS variant,
      any(tags['task']) AS task,
      any(tags['seed']) AS seed,
      argMax(value, timestamp) AS error
    FROM CommentFeedback
    WHERE target_type = 'episode' AND tags['run'] = {run:String} AND tags['outcome'] = 'failed'
    GROUP BY target_id
  ),
  measured AS (
    SELECT
      target_id AS episode_id,
      argMaxIf(value, timestamp, metric_name = 'episode_return') AS episode_return,
      argMaxIf(value, timestamp, metric_name = 'progression') AS progression,
      argMaxIf(value, timestamp, metric_name = 'episode_length') AS episode_length,
      argMaxIf(value, timestamp, metric_name = 'invalid_actions') AS invalid_actions
    FROM FloatMetricFeedback
    WHERE tags['run'] = {run:String}
    GROUP BY target_id
  ),
  ${JUDGED}
SELECT
  {run:String} AS run,
  coalesce(played.variant, failed.variant) AS variant,
  coalesce(played.task, failed.task) AS task,
  toFloat64(coalesce(played.seed, failed.seed)) AS seed,
  toString(coalesce(played.episode_id, failed.episode_id)) AS episode_id,
  judged.success AS success,
  if(judged.success IS NULL, NULL, measured.episode_return) AS episode_return,
  if(judged.success IS NULL, NULL, measured.progression) AS progression,
  if(judged.success IS NULL, NULL, measured.episode_length) AS episode_length,
  if(judged.success IS NULL, NULL, measured.invalid_actions) AS invalid_actions,
  if(played.episode_id IS NULL, 0, usage.input_tokens) AS input_tokens,
  if(played.episode_id IS NULL, 0, usage.output_tokens) AS output_tokens,
  toFloat64(coalesce(played.inferences, 0)) AS inferences,
  if(judged.success IS NULL, failed.error, NULL) AS error,
  ifNull(usage.cached_input_tokens, 0) AS cached_input_tokens,
  nullIf(usage.model, '') AS model,
  row_number() OVER (
    PARTITION BY variant, task, seed ORDER BY judged.success IS NULL, toString(coalesce(played.episode_id, failed.episode_id)) DESC
  ) > 1 AS replaced
FROM played
  FULL OUTER JOIN failed ON played.episode_id = failed.episode_id
  LEFT JOIN usage ON played.episode_id = usage.episode_id
  LEFT JOIN measured ON played.episode_id = measured.episode_id
  LEFT JOIN judged ON played.episode_id = judged.episode_id
SETTINGS join_use_nulls = 1`;

/** One row an episode of the run {run:String}, in no order. */
export const EPISODES = `SELECT * EXCEPT replaced FROM (${TRIES}) WHERE NOT replaced`;
