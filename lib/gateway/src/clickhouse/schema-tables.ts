/**
 * TensorZero's tables (2026.6.0), as its migrations leave them: the ones that inference and feedback write. Tables for
 * datasets, batches, evaluations and config snapshots are left out: nothing here writes them.
 *
 * All ids are UUIDv7; a `timestamp` is the time inside the id (seconds). `_uint` columns are `toUInt128(uuid)`, which sorts
 * by time as the UUID type does not; `uint_to_uuid` turns them back.
 */

/** 71 probabilities, denser towards both ends. */
export const QUANTILES = [
  ...[0.001, 0.005],
  ...steps(0.01, 0.1, 0.01),
  ...steps(0.12, 0.9, 0.02),
  ...steps(0.91, 0.99, 0.01),
  ...steps(0.991, 0.999, 0.001),
].join(", ");

function steps(from: number, to: number, by: number): number[] {
  const count = Math.round((to - from) / by) + 1;
  return Array.from({ length: count }, (_, i) => Number((from + i * by).toFixed(3)));
}

const NAME = "LowCardinality(String)";
const FINISH_REASON = `Nullable(Enum8('stop' = 1, 'length' = 2, 'tool_call' = 3, 'content_filter' = 4, 'unknown' = 5,
  'stop_sequence' = 6))`;
const FUNCTION_TYPE = "Enum8('chat' = 1, 'json' = 2)";
const TARGET_TYPE = "Enum8('inference' = 1, 'episode' = 2)";
const SNAPSHOT = "snapshot_hash Nullable(UInt256)";
const DURATIONS = `AggregateFunction(quantilesTDigest(${QUANTILES}), Nullable(UInt32))`;

/** The columns that chat and JSON inferences share; their tables differ in the rest. */
const INFERENCE = `
  id UUID,
  function_name ${NAME},
  variant_name ${NAME},
  episode_id UUID,
  input String,
  output String,
  inference_params String,
  processing_time_ms Nullable(UInt32),
  ttft_ms Nullable(UInt32),
  tags Map(String, String) DEFAULT map(),
  extra_body Nullable(String),
  ${SNAPSHOT},
  timestamp DateTime MATERIALIZED UUIDv7ToDateTime(id),
  INDEX inference_id_index id TYPE bloom_filter GRANULARITY 1`;

function inference(columns: string): string {
  return `(${INFERENCE}, ${columns}) ENGINE = MergeTree ORDER BY (function_name, variant_name, episode_id)`;
}

function feedback(columns: string, order: string): string {
  return `(
    id UUID,
    ${columns},
    tags Map(String, String) DEFAULT map(),
    ${SNAPSHOT},
    timestamp DateTime MATERIALIZED UUIDv7ToDateTime(id),
    INDEX id_index id TYPE bloom_filter GRANULARITY 1
  ) ENGINE = MergeTree ORDER BY ${order}`;
}

function feedbackByTarget(columns: string, order: string): string {
  return `(id UUID, ${columns}, tags Map(String, String), ${SNAPSHOT}) ENGINE = MergeTree ORDER BY ${order}`;
}

function feedbackByVariant(value: string): string {
  return `(
    function_name ${NAME}, variant_name ${NAME}, metric_name ${NAME},
    id_uint UInt128, target_id_uint UInt128,
    value ${value},
    feedback_tags Map(String, String),
    ${SNAPSHOT}
  ) ENGINE = MergeTree ORDER BY (function_name, metric_name, variant_name, id_uint)`;
}

const METRIC = `target_id UUID, metric_name ${NAME}`;
const TOTALS = `
  total_input_tokens AggregateFunction(sum, Nullable(UInt32)),
  total_output_tokens AggregateFunction(sum, Nullable(UInt32)),
  count AggregateFunction(count, UInt32),
  total_cost AggregateFunction(sum, Nullable(Decimal(18, 9))),
  total_provider_cache_read_input_tokens AggregateFunction(sum, Nullable(UInt32)),
  total_provider_cache_write_input_tokens AggregateFunction(sum, Nullable(UInt32)),
  count_with_cost AggregateFunction(count, Nullable(Decimal(18, 9)))`;

/** Name → columns and engine, in an order that the views of `schema-views.ts` can rely on. */
export const TABLES: Record<string, string> = {
  // One row an inference.
  JsonInference: inference("output_schema String, auxiliary_content String"),
  ChatInference: inference(`
    tool_params String,
    dynamic_tools Array(String),
    dynamic_provider_tools Array(String),
    allowed_tools Nullable(String),
    tool_choice Nullable(String),
    parallel_tool_calls Nullable(Bool)`),
  // One row a call of a model; several when the variant asks several models.
  ModelInference: `(
    id UUID,
    inference_id UUID,
    raw_request String,
    raw_response String,
    model_name ${NAME},
    model_provider_name ${NAME},
    input_tokens Nullable(UInt32),
    output_tokens Nullable(UInt32),
    response_time_ms Nullable(UInt32),
    ttft_ms Nullable(UInt32),
    system Nullable(String),
    input_messages String,
    output String,
    cached Bool DEFAULT false,
    finish_reason ${FINISH_REASON},
    ${SNAPSHOT},
    cost Nullable(Decimal(18, 9)),
    provider_cache_read_input_tokens Nullable(UInt32),
    provider_cache_write_input_tokens Nullable(UInt32),
    function_name ${NAME} DEFAULT '',
    variant_name ${NAME} DEFAULT '',
    timestamp DateTime MATERIALIZED UUIDv7ToDateTime(id),
    INDEX id_index id TYPE bloom_filter GRANULARITY 1
  ) ENGINE = MergeTree ORDER BY inference_id`,
  ModelInferenceCache: `(
    short_cache_key UInt64,
    long_cache_key FixedString(64),
    timestamp DateTime DEFAULT now(),
    output String,
    raw_request String,
    raw_response String,
    is_deleted Bool DEFAULT false,
    input_tokens Nullable(UInt32),
    output_tokens Nullable(UInt32),
    finish_reason ${FINISH_REASON},
    INDEX idx_long_cache_key long_cache_key TYPE bloom_filter GRANULARITY 100
  ) ENGINE = ReplacingMergeTree(timestamp, is_deleted)
    PARTITION BY toYYYYMM(timestamp)
    ORDER BY (short_cache_key, long_cache_key)
    PRIMARY KEY (short_cache_key)
    SETTINGS index_granularity = 256`,
  DynamicInContextLearningExample: `(
    id UUID,
    function_name ${NAME},
    variant_name ${NAME},
    namespace String,
    input String,
    output String,
    embedding Array(Float32),
    timestamp DateTime MATERIALIZED UUIDv7ToDateTime(id)
  ) ENGINE = MergeTree ORDER BY (function_name, variant_name, namespace)`,

  // Feedback: one row each time it is given; readers take the newest a target.
  BooleanMetricFeedback: feedback(`${METRIC}, value Bool`, "(metric_name, target_id)"),
  FloatMetricFeedback: feedback(`${METRIC}, value Float32`, "(metric_name, target_id)"),
  CommentFeedback: feedback(
    `target_id UUID, target_type ${TARGET_TYPE}, value String`,
    "target_id",
  ),
  DemonstrationFeedback: feedback("inference_id UUID, value String", "inference_id"),

  // Filled by views from the tables above.
  InferenceById: `(
    id_uint UInt128, function_name ${NAME}, variant_name ${NAME}, episode_id UUID, function_type ${FUNCTION_TYPE}, ${SNAPSHOT}
  ) ENGINE = ReplacingMergeTree(id_uint) ORDER BY id_uint`,
  InferenceByEpisodeId: `(
    episode_id_uint UInt128, id_uint UInt128, function_name ${NAME}, variant_name ${NAME}, function_type ${FUNCTION_TYPE},
    ${SNAPSHOT}
  ) ENGINE = ReplacingMergeTree(id_uint) ORDER BY (episode_id_uint, id_uint)`,
  EpisodeById: `(
    episode_id_uint UInt128,
    count SimpleAggregateFunction(sum, UInt64),
    inference_ids AggregateFunction(groupArray, UUID),
    min_inference_id_uint SimpleAggregateFunction(min, UInt128),
    max_inference_id_uint SimpleAggregateFunction(max, UInt128)
  ) ENGINE = AggregatingMergeTree ORDER BY episode_id_uint`,
  InferenceTag: `(function_name ${NAME}, key String, value String, inference_id UUID, ${SNAPSHOT})
    ENGINE = MergeTree ORDER BY (function_name, key, value)`,
  TagInference: `(
    key String,
    value String,
    function_name ${NAME},
    variant_name ${NAME},
    episode_id UUID,
    inference_id UUID,
    function_type ${FUNCTION_TYPE},
    is_deleted Bool DEFAULT false,
    updated_at DateTime64(6, 'UTC') DEFAULT now64(),
    ${SNAPSHOT},
    INDEX inference_id_index inference_id TYPE bloom_filter GRANULARITY 1
  ) ENGINE = ReplacingMergeTree(updated_at, is_deleted) ORDER BY (key, value, inference_id)`,
  FeedbackTag: `(metric_name ${NAME}, key String, value String, feedback_id UUID, ${SNAPSHOT})
    ENGINE = MergeTree ORDER BY (metric_name, key, value)`,
  BooleanMetricFeedbackByTargetId: feedbackByTarget(`${METRIC}, value Bool`, "target_id"),
  FloatMetricFeedbackByTargetId: feedbackByTarget(`${METRIC}, value Float32`, "target_id"),
  CommentFeedbackByTargetId: feedbackByTarget(
    `target_id UUID, target_type ${TARGET_TYPE}, value String`,
    "target_id",
  ),
  DemonstrationFeedbackByInferenceId: feedbackByTarget(
    "inference_id UUID, value String",
    "inference_id",
  ),
  BooleanMetricFeedbackByVariant: feedbackByVariant("Bool"),
  FloatMetricFeedbackByVariant: feedbackByVariant("Float32"),
  FeedbackByVariantStatistics: `(
    function_name ${NAME},
    variant_name ${NAME},
    metric_name ${NAME},
    minute DateTime,
    feedback_mean AggregateFunction(avg, Float32),
    feedback_variance AggregateFunction(varSampStable, Float32),
    count SimpleAggregateFunction(sum, UInt64)
  ) ENGINE = AggregatingMergeTree ORDER BY (function_name, metric_name, variant_name, minute)`,
  CumulativeUsage: `(type ${NAME}, count UInt64) ENGINE = SummingMergeTree ORDER BY type`,
  ModelProviderStatistics: `(
    model_name ${NAME},
    model_provider_name ${NAME},
    minute DateTime,
    response_time_ms_quantiles ${DURATIONS},
    ttft_ms_quantiles ${DURATIONS},
    ${TOTALS}
  ) ENGINE = AggregatingMergeTree ORDER BY (model_name, model_provider_name, minute)`,
  VariantStatistics: `(
    function_name ${NAME},
    variant_name ${NAME},
    minute DateTime,
    processing_time_ms_quantiles ${DURATIONS},
    ttft_ms_quantiles ${DURATIONS},
    ${TOTALS}
  ) ENGINE = AggregatingMergeTree ORDER BY (function_name, variant_name, minute)`,
};
