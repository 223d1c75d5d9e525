import type { ClickHouseClient } from "@clickhouse/client";
import type { ChatMessage } from "../../agents/local/reading/prompt";
import { IS_ACT } from "../parts/is-act";
import { COUNTED_ZERO, tokenSums } from "../parts/token-sums";

/** Tokens of one model that were paid for: answers from the gateway's cache are not among them. */
export interface ModelUsage {
  run: string;
  model: string;
  /** Null in the row of the calls whose tokens the provider did not count; the others have a row of their own. */
  input_tokens: number | null;
  output_tokens: number | null;
  /** Of the input tokens, those that the provider says it had in its own cache. */
  cached_input_tokens: number;
}

/** A call whose tokens the provider did not count, or not all. */
export interface UncountedCall {
  input_tokens: number | null;
  output_tokens: number | null;
  cached_input_tokens: number;
  /** What the model was sent. */
  messages: ChatMessage[];
  /** What it answered, thoughts that it showed included. */
  answer: string;
}

/** Tokens by run and model. */
export async function modelUsage(
  clickhouse: ClickHouseClient,
  ...runs: readonly string[]
): Promise<ModelUsage[]> {
  if (runs.length === 0) return [];
  const result = await clickhouse.query({
    query: `
      WITH tagged AS (
        SELECT inference_id, value AS run
        FROM TagInference
        WHERE key = 'run' AND ${IS_ACT} AND value IN {runs:Array(String)}
      )
      SELECT tagged.run AS run, model_name AS model, ${tokenSums("SELECT inference_id FROM tagged")}
      FROM ModelInference INNER JOIN tagged ON ModelInference.inference_id = tagged.inference_id
      WHERE NOT cached
      GROUP BY run, model, ModelInference.input_tokens IS NULL OR ModelInference.output_tokens IS NULL`,
    query_params: { runs },
    format: "JSONEachRow",
  });
  return result.json<ModelUsage>();
}

/** The calls of a run's model that have no count of their own. */
export async function uncountedCalls(
  clickhouse: ClickHouseClient,
  { run, model }: { run: string; model: string },
): Promise<UncountedCall[]> {
  const result = await clickhouse.query({
    query: `
      SELECT
        toFloat64(input_tokens) AS input_tokens,
        toFloat64(coalesce(output_tokens, if(${COUNTED_ZERO}, 0, NULL))) AS output_tokens,
        toFloat64(ifNull(provider_cache_read_input_tokens, 0)) AS cached_input_tokens,
        system, input_messages, output
      FROM ModelInference
      WHERE (ModelInference.input_tokens IS NULL OR ModelInference.output_tokens IS NULL)
        AND NOT cached AND model_name = {model:String} AND inference_id IN (
          SELECT inference_id FROM TagInference WHERE key = 'run' AND value = {run:String} AND ${IS_ACT}
        )`,
    query_params: { run, model },
    format: "JSONEachRow",
  });
  const rows = await result.json<StoredCall>();
  return rows.map(({ system, input_messages, output, ...counts }) => ({
    ...counts,
    messages: [
      ...(system === null ? [] : [{ role: "system", content: system }]),
      ...(JSON.parse(input_messages) as { role: string; content: StoredBlock[] }[]).map(
        ({ role, content }) => ({ role, content: textOf(content) }),
      ),
    ],
    answer: textOf(JSON.parse(output) as StoredBlock[]),
  }));
}

type StoredCall = Omit<UncountedCall, "messages" | "answer"> & {
  system: string | null;
  input_messages: string;
  output: string;
};
/** A text or a thought has a text; what else there may be counts as its JSON. */
type StoredBlock = { text?: string };

function textOf(blocks: readonly StoredBlock[]): string {
  return blocks.map((block) => block.text ?? JSON.stringify(block)).join("\n");
}
