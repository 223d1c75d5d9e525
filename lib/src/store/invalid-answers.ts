import type { ClickHouseClient } from "@clickhouse/client";
import { type InvalidReason, parseAnswer } from "../agents/parse";
import { actions } from "../env";

/** An answer that was no valid action, and was played as "go forward". */
export interface InvalidAnswer {
  variant: string;
  task: string;
  seed: number;
  episode_id: string;
  inference_id: string;
  /** From 0. */
  step: number;
  /** The model's text, to its last character; null when it gave none. */
  answer: string | null;
  reason: InvalidReason;
}

/**
 * All answers of a run that were no valid action, by task, seed, variant and step. There are as many in an episode as its
 * metric `invalid_actions` says.
 */
export async function invalidAnswers(
  clickhouse: ClickHouseClient,
  run: string,
): Promise<InvalidAnswer[]> {
  const result = await clickhouse.query({
    query: INVALID,
    query_params: { run, actions },
    format: "JSONEachRow",
  });
  const rows = await result.json<Omit<InvalidAnswer, "reason">>();
  return rows.flatMap((row) => {
    const reason = parseAnswer(row.answer).invalid;
    return reason === null ? [] : [{ ...row, reason }];
  });
}

// subtle: ClickHouse only sorts out what cannot be a valid answer's exact text; parseAnswer, which played it, decides.
const INVALID = `
SELECT
  variant_name AS variant,
  tags['task'] AS task,
  toFloat64(tags['seed']) AS seed,
  toString(episode_id) AS episode_id,
  toString(id) AS inference_id,
  toFloat64(tags['step']) AS step,
  JSONExtract(output, 'raw', 'Nullable(String)') AS answer
FROM JsonInference
WHERE
  function_name = 'act' AND tags['run'] = {run:String}
  AND NOT (isValidJSON(coalesce(answer, '')) AND has({actions:Array(String)}, JSONExtractString(coalesce(answer, ''), 'action')))
ORDER BY task, seed, variant, episode_id, step`;
