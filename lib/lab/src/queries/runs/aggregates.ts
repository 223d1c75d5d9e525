import type { ClickHouseClient } from "@clickhouse/client";
import { feedbackOf, TAGGED } from "../parts/by-run";
import { METRICS } from "../parts/tries";

/** The episodes of a variant and task that ran to their end, summed up by ClickHouse. */
export interface AggregateRow {
  variant: string;
  task: string;
  /** One played more than once to its end counts once: its last try. */
  episodes: number;
  solved: number;
  /** Means, with the standard deviations of a sample; null of a single episode. */
  mean_return: number;
  sd_return: number | null;
  /** Steps. */
  mean_length: number;
  sd_length: number | null;
  invalid_actions: number;
  /** Sums over these episodes' model calls; null where a provider did not count those of every call, or one generated none. */
  input_tokens: number | null;
  output_tokens: number | null;
}

/**
 * What `resultsTable` says of a run's finished episodes, without their rows: for runs of a million inferences, or of
 * as many episodes. What was begun and not finished is not in it.
 *
 * @example
 * const [row] = await aggregates(lab.clickhouse, run.id);
 * if (row) console.log(row.variant, row.task, row.solved / row.episodes);
 */
export async function aggregates(
  clickhouse: ClickHouseClient,
  run: string,
): Promise<AggregateRow[]> {
  const query_params = { run };
  const result = await clickhouse.query({ query: QUERY, query_params, format: "JSONEachRow" });
  return result.json<AggregateRow>();
}

// subtle: of a million inferences each pass counts, so the run's are read once, and each try brings its sums along.
const QUERY = `
WITH
  judged AS (
    SELECT target_id AS episode_id, argMax(value, timestamp) AS success, any(tags['task']) AS task, any(tags['seed']) AS seed
    FROM BooleanMetricFeedback
    WHERE metric_name = 'success' AND id IN ${feedbackOf("success")}
    GROUP BY target_id
  ),
  played AS (
    SELECT
      tagged.episode_id AS episode_id,
      any(tagged.variant_name) AS variant,
      sum(ModelInference.input_tokens) AS read,
      sum(ModelInference.output_tokens) AS generated,
      countIf(input_tokens IS NULL) AS without_input,
      countIf(output_tokens IS NULL) AS without_output
    FROM ModelInference RIGHT JOIN ${TAGGED} AS tagged ON ModelInference.inference_id = tagged.inference_id
    GROUP BY tagged.episode_id
  ),
  chosen AS (
    SELECT
      variant, task,
      argMax(
        (played.episode_id, success, read, generated, without_input, without_output),
        toString(played.episode_id)
      ) AS last
    FROM played INNER JOIN judged ON played.episode_id = judged.episode_id
    GROUP BY variant, task, seed
  ),
  measured AS (
    SELECT
      target_id AS episode_id,
      argMaxIf(value, timestamp, metric_name = 'episode_return') AS episode_return,
      argMaxIf(value, timestamp, metric_name = 'episode_length') AS episode_length,
      argMaxIf(value, timestamp, metric_name = 'invalid_actions') AS invalid_actions
    FROM FloatMetricFeedback
    WHERE metric_name IN (${METRICS}) AND target_id IN (SELECT episode_id FROM judged)
    GROUP BY target_id
  )
SELECT
  variant,
  task,
  toFloat64(count()) AS episodes,
  toFloat64(countIf(last.2)) AS solved,
  avg(episode_return) AS mean_return,
  if(count() > 1, stddevSampStable(episode_return), NULL) AS sd_return,
  avg(episode_length) AS mean_length,
  if(count() > 1, stddevSampStable(episode_length), NULL) AS sd_length,
  toFloat64(sum(measured.invalid_actions)) AS invalid_actions,
  if(sum(last.5) = 0, toFloat64(sum(last.3)), NULL) AS input_tokens,
  if(sum(last.6) = 0, toFloat64(sum(last.4)), NULL) AS output_tokens
FROM chosen INNER JOIN measured ON chosen.last.1 = measured.episode_id
GROUP BY variant, task
ORDER BY variant, task
SETTINGS join_use_nulls = 1`;
