import type { ClickHouseClient } from "@clickhouse/client";
import { ACTS, IS_ACT } from "../parts/is-act";

/** What the stored episodes of a variant took on a model, on average. */
export interface TypicalUsage {
  variant: string;
  model: string;
  /** Inferences that this is the mean of. */
  inferences: number;
  /** Of an episode that ran to its end. */
  inferences_per_episode: number;
  /** Of an inference. */
  input_tokens: number;
  output_tokens: number;
  /** Of the input tokens, those that the provider had in its own cache. */
  cached_input_tokens: number;
}

/** Means over all inferences of runs whose tokens were counted, by variant and model. */
export async function typicalUsage(clickhouse: ClickHouseClient): Promise<TypicalUsage[]> {
  const result = await clickhouse.query({
    query: `
      WITH
        length AS (
          SELECT variant_name, avg(inferences) AS inferences_per_episode
          FROM (
            SELECT variant_name, episode_id, count() AS inferences
            FROM ${ACTS}
            WHERE episode_id IN (
              SELECT target_id FROM BooleanMetricFeedback WHERE metric_name = 'success'
            )
            GROUP BY variant_name, episode_id
          )
          GROUP BY variant_name
        ),
        call AS (
          SELECT
            variant_name, model_name,
            toFloat64(count()) AS inferences,
            avg(input_tokens) AS input_tokens,
            avg(output_tokens) AS output_tokens,
            avg(ifNull(provider_cache_read_input_tokens, 0)) AS cached_input_tokens
          FROM ModelInference
          WHERE ${IS_ACT} AND NOT cached
            AND ModelInference.input_tokens IS NOT NULL AND ModelInference.output_tokens IS NOT NULL
          GROUP BY variant_name, model_name
        )
      SELECT
        call.variant_name AS variant, model_name AS model, inferences, inferences_per_episode,
        input_tokens, output_tokens, cached_input_tokens
      FROM call INNER JOIN length ON call.variant_name = length.variant_name`,
    format: "JSONEachRow",
  });
  return result.json<TypicalUsage>();
}
