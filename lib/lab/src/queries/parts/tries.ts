import { ANSWERED_BY } from "./answered-by";
import { BEGUN, EPISODES_OF_RUN, feedbackOf, inferencesOf, JUDGED, TAGGED } from "./by-run";
import { tokenSums } from "./token-sums";

/** What the store may have lost of an episode: some or all rows of that kind. */
export type Loss = "inferences" | "model calls" | "metrics" | "success";

/** The metrics that an episode gets beside its `success`. */
export const METRIC_NAMES = [
  "episode_return",
  "progression",
  "episode_length",
  "invalid_actions",
] as const;

/** Their names in SQL. */
export const METRICS = METRIC_NAMES.map((name) => `'${name}'`).join(", ");

/** In a query of FloatMetricFeedback by episode: all of them are there. */
export const HAS_METRICS = `uniqExactIf(metric_name, metric_name IN (${METRICS})) = ${METRIC_NAMES.length}`;

/** The latest value of each of these metrics, in a query of FloatMetricFeedback by episode. */
export const latestOf = (...metrics: readonly string[]) =>
  metrics
    .map((name) => `argMaxOrNullIf(value, timestamp, metric_name = '${name}') AS ${name}`)
    .join(",\n      ");

/** One row for each failed episode of the rows of CommentFeedback that the condition names. */
export const failed = (condition: string) => `
    SELECT
      target_id AS episode_id,
      any(tags['variant']) AS variant,
      any(tags['task']) AS task,
      any(tags['seed']) AS seed,
      argMax(value, timestamp) AS error
    FROM CommentFeedback
    WHERE target_type = 'episode' AND tags['outcome'] = 'failed' AND ${condition}
    GROUP BY target_id
  `;

/**
 * One row for each comment on the episodes that the condition on `target_id` names, and for each rating, by whatever program.
 * What this library says of failures and settings is none.
 */
export const ANNOTATED = (condition: string) => `
    SELECT id, target_id, value AS comment, CAST(NULL AS Nullable(Float64)) AS rating
    FROM CommentFeedbackByTargetId
    WHERE target_type = 'episode' AND target_id ${condition} AND tags['outcome'] = '' AND tags['record'] = ''
    UNION ALL
    SELECT id, target_id, CAST(NULL AS Nullable(String)) AS comment, toFloat64(value) AS rating
    FROM FloatMetricFeedbackByTargetId
    WHERE metric_name = 'rating' AND target_id ${condition}`;

/**
 * One row a try of the run {run:String}, in no order. `lost` is what the store lacks of a try that ran to its end, because
 * a damaged part had it or its writer was killed; no number stands for what is lost. subtle: as text, because ClickHouse does not sort a UUIDv7 by time.
 * An inference whose calls are not in ModelInference has unknown tokens.
 */
export const TRIES = `
WITH
  ${JUDGED},
  ${BEGUN},
  played AS (
    SELECT stored.episode_id AS episode_id, variant, task, seed, inferences
    FROM (
      SELECT episode_id, any(variant_name) AS variant, count() AS inferences
      FROM ${inferencesOf("episode_id, variant_name")}
      GROUP BY episode_id
    ) AS stored INNER JOIN begun ON stored.episode_id = begun.episode_id
  ),
  inference AS (SELECT inference_id, episode_id FROM ${TAGGED}),
  usage AS (
    SELECT
      episode_id,
      ${ANSWERED_BY},
      uniqExactIf(inference_id, ModelInference.id IS NOT NULL) AS called,
      ${tokenSums("SELECT inference_id FROM inference")}
    FROM ModelInference RIGHT JOIN inference ON ModelInference.inference_id = inference.inference_id
    GROUP BY episode_id
  ),
  failed AS (${failed(`id IN ${feedbackOf("comment")}`)}),
  measured AS (
    SELECT
      target_id AS episode_id,
      ${latestOf(...METRIC_NAMES)},
      ${HAS_METRICS} AS has_metrics
    FROM FloatMetricFeedback
    WHERE metric_name IN (${METRICS}) AND target_id IN ${EPISODES_OF_RUN}
    GROUP BY target_id
  ),
  annotated AS (
    SELECT
      target_id AS episode_id,
      argMaxOrNullIf(rating, toString(id), rating IS NOT NULL) AS rating,
      argMaxOrNullIf(comment, toString(id), comment IS NOT NULL) AS comment
    FROM (${ANNOTATED(`IN ${EPISODES_OF_RUN}`)})
    GROUP BY target_id
  )
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
  multiIf(played.episode_id IS NULL, 0, has_calls, usage.input_tokens, NULL) AS input_tokens,
  multiIf(played.episode_id IS NULL, 0, has_calls, usage.output_tokens, NULL) AS output_tokens,
  toFloat64(coalesce(played.inferences, 0)) AS inferences,
  if(judged.success IS NULL, failed.error, NULL) AS error,
  ifNull(usage.cached_input_tokens, 0) AS cached_input_tokens,
  usage.model AS model,
  usage.provider AS provider,
  annotated.rating AS rating,
  annotated.comment AS comment,
  ifNull(usage.called >= played.inferences, false) AS has_calls,
  ifNull(measured.has_metrics, false) AS has_metrics,
  arrayFilter(loss -> loss != '', if(
    judged.success IS NULL,
    [if(has_metrics, 'success', '')],
    [
      if(ifNull(played.inferences < measured.episode_length, false), 'inferences', ''),
      if(has_calls, '', 'model calls'),
      if(has_metrics, '', 'metrics')
    ]
  )) AS lost,
  row_number() OVER (
    PARTITION BY variant, task, seed
    ORDER BY judged.success IS NULL, notEmpty(lost), toString(coalesce(played.episode_id, failed.episode_id)) DESC
  ) > 1 AS replaced
FROM played
  FULL OUTER JOIN failed ON played.episode_id = failed.episode_id
  LEFT JOIN usage ON played.episode_id = usage.episode_id
  LEFT JOIN measured ON played.episode_id = measured.episode_id
  LEFT JOIN judged ON played.episode_id = judged.episode_id
  LEFT JOIN annotated ON played.episode_id = annotated.episode_id
SETTINGS join_use_nulls = 1`;
