import type { ClickHouseClient } from "@clickhouse/client";
import type { InvalidReason } from "../agents/parse";
import { ANSWER, distinctAnswers, OF_RUN } from "./parts/answers";
import { type StoredOutput, storedAnswer } from "./parts/stored-answer";

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
 *
 * @example
 * (await invalidAnswers(lab.clickhouse, run.id)).length; // 0
 */
export async function invalidAnswers(
  clickhouse: ClickHouseClient,
  run: string,
): Promise<InvalidAnswer[]> {
  const select = async <Row>(query: string) => {
    const result = await clickhouse.query({ query, query_params: { run }, format: "JSONEachRow" });
    return result.json<Row>();
  };
  const episodes = await select<Episode>(EPISODES);
  const invalid = new Map<string, StoredOutput>();
  for await (const answers of distinctAnswers(clickhouse, run)) {
    for (const { hash, form, output, action } of answers)
      if (action === null) invalid.set(hash, { form, output });
  }
  const cuts = await select<Cut>(CUT_OFF);
  const cut = new Map(cuts.map(({ inference_id, cut_off }) => [inference_id, cut_off]));
  return episodes.flatMap(({ steps, ...episode }) =>
    steps.flatMap(([step, hash, inference_id]) => {
      const stored = invalid.get(hash);
      if (stored === undefined) return [];
      const { answer, invalid: reason } = storedAnswer({
        ...stored,
        cut_off: cut.get(inference_id),
      });
      return [{ ...episode, step, inference_id, answer, reason: reason! }];
    }),
  );
}

type Episode = Pick<InvalidAnswer, "variant" | "task" | "seed" | "episode_id"> & {
  /** Step, hash of the answer, id of the inference. */
  steps: [number, string, string][];
};

const EPISODES = `
SELECT
  variant_name AS variant,
  tags['task'] AS task,
  toFloat64(tags['seed']) AS seed,
  toString(episode_id) AS episode_id,
  arraySort(groupArray((toFloat64(tags['step']), toString(${ANSWER}), toString(id)))) AS steps
${OF_RUN}
GROUP BY variant, task, seed, episode_id
ORDER BY task, seed, variant, episode_id`;

interface Cut {
  inference_id: string;
  cut_off: string[];
}

const CUT_OFF = `
SELECT toString(inference_id) AS inference_id, groupArray(output) AS cut_off
FROM ModelInference
WHERE finish_reason = 'length' AND inference_id IN (
  SELECT inference_id FROM TagInference WHERE key = 'run' AND value = {run:String}
)
GROUP BY inference_id`;
