import type { ClickHouseClient } from "@clickhouse/client";
import { actions } from "babyai";
import { ORDER } from "./episodes";
import { ANSWER, distinctAnswers, OF_RUN } from "./parts/answers";
import { JUDGED } from "./parts/by-run";

/** One row an episode: what is needed to play it again. */
export interface PlayedRow {
  episode_id: string;
  variant: string;
  task: string;
  seed: number;
  /** Null: the episode failed or was cut off before its end. */
  success: boolean | null;
  /** The action of each step as its index in `actions`; -1 where the answer was no valid action. */
  actions: number[];
}

/**
 * The actions of every episode of a run, by task, seed and variant: of its last try. Episodes without an inference are not
 * among them.
 *
 * @example
 * for (const { variant, actions } of await playedActions(lab.clickhouse, run.id)) {
 *   console.log(variant, actions.length);
 * }
 */
export async function playedActions(
  clickhouse: ClickHouseClient,
  run: string,
): Promise<PlayedRow[]> {
  const result = await clickhouse.query({
    query: PLAYED,
    query_params: { run },
    format: "JSONEachRow",
  });
  const rows = await result.json<Omit<PlayedRow, "actions"> & { answers: string[] }>();
  const read = new Map<string, number>();
  for await (const answers of distinctAnswers(clickhouse, run)) {
    for (const { hash, action } of answers) {
      read.set(hash, action === null ? -1 : actions.indexOf(action));
    }
  }
  return rows.map(({ answers, ...row }) => ({
    ...row,
    actions: answers.map((hash) => read.get(hash)!),
  }));
}

const PLAYED = `
WITH
  played AS (
    SELECT
      episode_id,
      any(variant_name) AS variant,
      any(tags['task']) AS task,
      any(toFloat64(tags['seed'])) AS seed,
      arraySort(groupArray((toUInt16(tags['step']), toString(${ANSWER})))) AS steps
    ${OF_RUN}
    GROUP BY episode_id
  ),
  ${JUDGED}
SELECT
  toString(played.episode_id) AS episode_id,
  variant,
  task,
  seed,
  judged.success AS success,
  steps.2 AS answers
FROM played LEFT JOIN judged ON played.episode_id = judged.episode_id
QUALIFY row_number() OVER (PARTITION BY variant, task, seed ORDER BY success IS NULL, episode_id DESC) = 1
ORDER BY ${ORDER}
SETTINGS join_use_nulls = 1`;
