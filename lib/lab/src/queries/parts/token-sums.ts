/**
 * Whether the provider counted 0 generated tokens of a call, or the call was for an embedding, which has none: the table has NULL for
 * that as for a count that is not known, so the answer itself tells. 0 tokens of input, too, are no count: there always are some.
 */
export const COUNTED_ZERO = `ModelInference.output_tokens IS NULL AND ModelInference.input_tokens IS NOT NULL
        AND (
          JSONExtract(raw_response, 'usage', 'completion_tokens', 'Nullable(Float64)') = 0
          OR JSONHas(raw_response, 'data', 1, 'embedding')
        )`;

/** Inferences with calls without a count, few as a rule: a set of these is small, where that of a large run's is not. */
const UNCOUNTED =
  "SELECT inference_id FROM ModelInference WHERE output_tokens IS NULL AND input_tokens IS NOT NULL";

/**
 * The ids of such calls.
 *
 * @param inferences a subquery of the ids, `inference_id`, of the inferences to look at
 */
const countedZero = (inferences: string) => `
      SELECT id FROM ModelInference
      WHERE inference_id IN (SELECT inference_id FROM (${inferences}) WHERE inference_id IN (${UNCOUNTED})) AND ${COUNTED_ZERO}`;

/**
 * Columns of a query that groups rows of ModelInference: their tokens, null where a provider did not count those of every
 * call, because the sum of the others would look like the whole. `cached_input_tokens` are those of the input that
 * providers say they had read before.
 *
 * @param inferences a subquery of the ids, `inference_id`, of the inferences that are summed
 */
export const tokenSums = (inferences: string) => `
      if(countIf(input_tokens IS NULL) = 0, toFloat64(sum(input_tokens)), NULL) AS input_tokens,
      if(
        countIf(output_tokens IS NULL AND NOT ifNull(id IN (${countedZero(inferences)}), false)) = 0,
        toFloat64(sum(ifNull(output_tokens, 0))), NULL
      ) AS output_tokens,
      toFloat64(sum(ifNull(provider_cache_read_input_tokens, 0))) AS cached_input_tokens`;
