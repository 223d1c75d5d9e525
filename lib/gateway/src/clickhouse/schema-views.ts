import { QUANTILES } from "./schema-tables";

/** A materialized view: each block inserted into the source table is selected from and written to `target`. */
export interface View {
  target: string;
  query: string;
  /** The columns that name a row of the target; without them its rows are sums. */
  key?: string;
  /** Over rows that are sums: an aggregate that stays the same however they are added up. */
  total?: string;
}

/** Ids from here on (10^10 s after 1970) belong to workflow evaluations, which are no episodes. */
const FIRST_WORKFLOW_EVALUATION_ID = "09184e72-a000-7000-8000-000000000000";

const COUNT = "sum(finalizeAggregation(count))";

function inferenceViews(type: "chat" | "json"): Record<string, View> {
  const Type = type === "chat" ? "Chat" : "Json";
  const source = `${Type}Inference`;
  const eachTag = "tags[key] AS value, id AS inference_id, snapshot_hash";
  return {
    [`${source}ByIdView`]: {
      target: "InferenceById",
      key: "id_uint",
      query: `SELECT toUInt128(id) AS id_uint, function_name, variant_name, episode_id, '${type}' AS function_type, snapshot_hash
        FROM ${source}`,
    },
    [`${source}ByEpisodeIdView`]: {
      target: "InferenceByEpisodeId",
      key: "id_uint",
      query: `SELECT toUInt128(episode_id) AS episode_id_uint, toUInt128(id) AS id_uint, function_name, variant_name,
          '${type}' AS function_type, snapshot_hash
        FROM ${source}`,
    },
    // subtle: `count` is 1 for each inserted block that has the episode, not for each inference. TensorZero's is the same.
    [`EpisodeById${Type}View`]: {
      target: "EpisodeById",
      total: "sum(length(finalizeAggregation(inference_ids)))",
      query: `SELECT toUInt128(episode_id) AS episode_id_uint, 1 AS count, groupArrayState(id) AS inference_ids,
          toUInt128(min(id)) AS min_inference_id_uint, toUInt128(max(id)) AS max_inference_id_uint
        FROM ${source}
        WHERE toUInt128(episode_id) < toUInt128(toUUID('${FIRST_WORKFLOW_EVALUATION_ID}'))
        GROUP BY toUInt128(episode_id)`,
    },
    [`${source}TagView`]: {
      target: "InferenceTag",
      key: "inference_id, key",
      query: `SELECT function_name, key, ${eachTag} FROM ${source} ARRAY JOIN mapKeys(tags) AS key`,
    },
    [`Tag${source}View`]: {
      target: "TagInference",
      key: "inference_id, key",
      query: `SELECT function_name, variant_name, episode_id, '${type}' AS function_type, key, ${eachTag}
        FROM ${source} ARRAY JOIN mapKeys(tags) AS key`,
    },
    [`VariantStatistics${Type}View`]: {
      target: "VariantStatistics",
      total: COUNT,
      query: `SELECT function_name, variant_name, toStartOfMinute(timestamp) AS minute,
          quantilesTDigestState(${QUANTILES})(processing_time_ms) AS processing_time_ms_quantiles,
          quantilesTDigestState(${QUANTILES})(ttft_ms) AS ttft_ms_quantiles,
          countState() AS count
        FROM ${source} GROUP BY function_name, variant_name, minute`,
    },
  };
}

/** Views over one feedback table. `columns` are its own ones; metrics carry their name, the others stand for it. */
function feedbackViews(
  source: string,
  byTarget: string,
  metricName: string,
  columns: string,
): Record<string, View> {
  return {
    [`${byTarget}View`]: {
      target: byTarget,
      key: "id",
      query: `SELECT id, ${columns}, tags, snapshot_hash FROM ${source}`,
    },
    [`${source}TagView`]: {
      target: "FeedbackTag",
      key: "feedback_id, key",
      query: `SELECT ${metricName} AS metric_name, key, tags[key] AS value, id AS feedback_id, snapshot_hash
        FROM ${source} ARRAY JOIN mapKeys(tags) AS key`,
    },
  };
}

/**
 * Metric feedback next to the variant that it judges. The target is looked up when the feedback is inserted, so feedback
 * that comes before its inference never gets a row; nor does an episode in which one function used several variants.
 */
function byVariantViews(type: "Boolean" | "Float"): Record<string, View> {
  const source = `${type}MetricFeedback`;
  const value = type === "Boolean" ? "toFloat32(value)" : "value";
  return {
    [`${source}ByVariantView`]: {
      target: `${source}ByVariant`,
      key: "id_uint, function_name",
      query: `WITH
          given AS (
            SELECT toUInt128(id) AS id_uint, metric_name, target_id, toUInt128(target_id) AS target_id_uint, value, tags,
              snapshot_hash
            FROM ${source}
          ),
          targets AS (
            SELECT uint_to_uuid(id_uint) AS target_id, function_name, variant_name
            FROM InferenceById WHERE id_uint IN (SELECT target_id_uint FROM given)
            UNION ALL
            SELECT uint_to_uuid(episode_id_uint) AS target_id, function_name, variants[1] AS variant_name
            FROM (
              SELECT episode_id_uint, function_name, groupUniqArray(variant_name) AS variants
              FROM InferenceByEpisodeId WHERE episode_id_uint IN (SELECT target_id_uint FROM given)
              GROUP BY episode_id_uint, function_name
            )
            WHERE length(variants) = 1
          )
        SELECT t.function_name AS function_name, t.variant_name AS variant_name, g.metric_name AS metric_name,
          g.id_uint AS id_uint, g.target_id_uint AS target_id_uint, g.value AS value, g.tags AS feedback_tags,
          g.snapshot_hash AS snapshot_hash
        FROM given AS g JOIN targets AS t ON g.target_id = t.target_id`,
    },
    [`${source}ByVariantStatisticsView`]: {
      target: "FeedbackByVariantStatistics",
      total: "sum(count)",
      query: `SELECT function_name, variant_name, metric_name,
          toStartOfMinute(UUIDv7ToDateTime(uint_to_uuid(id_uint))) AS minute,
          avgState(${value}) AS feedback_mean, varSampStableState(${value}) AS feedback_variance, count() AS count
        FROM ${source}ByVariant GROUP BY function_name, metric_name, variant_name, minute`,
    },
  };
}

const TOTALS = `sumState(input_tokens) AS total_input_tokens, sumState(output_tokens) AS total_output_tokens,
  sumState(cost) AS total_cost,
  sumState(provider_cache_read_input_tokens) AS total_provider_cache_read_input_tokens,
  sumState(provider_cache_write_input_tokens) AS total_provider_cache_write_input_tokens,
  countState(cost) AS count_with_cost`;

/** Name → materialized view. */
export const VIEWS: Record<string, View> = {
  ...inferenceViews("json"),
  ...inferenceViews("chat"),
  ...feedbackViews(
    "BooleanMetricFeedback",
    "BooleanMetricFeedbackByTargetId",
    "metric_name",
    "target_id, metric_name, value",
  ),
  ...feedbackViews(
    "FloatMetricFeedback",
    "FloatMetricFeedbackByTargetId",
    "metric_name",
    "target_id, metric_name, value",
  ),
  ...feedbackViews(
    "CommentFeedback",
    "CommentFeedbackByTargetId",
    "'comment'",
    "target_id, target_type, value",
  ),
  ...feedbackViews(
    "DemonstrationFeedback",
    "DemonstrationFeedbackByInferenceId",
    "'demonstration'",
    "inference_id, value",
  ),
  ...byVariantViews("Boolean"),
  ...byVariantViews("Float"),
  CumulativeUsageView: {
    target: "CumulativeUsage",
    total: "sum(count)",
    query: `SELECT tupleElement(t, 1) AS type, tupleElement(t, 2) AS count
      FROM (
        SELECT arrayJoin([
          tuple('input_tokens', ifNull(input_tokens, 0)),
          tuple('output_tokens', ifNull(output_tokens, 0)),
          tuple('model_inferences', 1)
        ]) AS t
        FROM ModelInference WHERE input_tokens IS NOT NULL
      )`,
  },
  ModelProviderStatisticsView: {
    target: "ModelProviderStatistics",
    total: COUNT,
    query: `SELECT model_name, model_provider_name, toStartOfMinute(timestamp) AS minute,
        quantilesTDigestState(${QUANTILES})(response_time_ms) AS response_time_ms_quantiles,
        quantilesTDigestState(${QUANTILES})(ttft_ms) AS ttft_ms_quantiles,
        countState() AS count, ${TOTALS}
      FROM ModelInference GROUP BY model_name, model_provider_name, minute`,
  },
  VariantStatisticsModelView: {
    target: "VariantStatistics",
    total: "sum(ifNull(finalizeAggregation(total_input_tokens), 0))",
    query: `SELECT function_name, variant_name, toStartOfMinute(timestamp) AS minute, ${TOTALS}
      FROM ModelInference WHERE function_name != '' GROUP BY function_name, variant_name, minute`,
  },
};
