import type { ClickHouseClient } from "@clickhouse/client";
import type { ActionName } from "babyai";
import { IS_ACT } from "./parts/is-act";
import { storedAnswer } from "./parts/stored-answer";
import { waitForRows } from "./runs/outcomes";

/** What was asked at one step, and what should have been answered. */
export interface DemonstrationRow {
  inference_id: string;
  episode_id: string;
  task: string;
  seed: number;
  /** From 0. */
  step: number;
  /** Arguments of the prompt's templates. */
  mission: string;
  observation: string;
  history: string;
  /** The action demonstrated; null if it is no valid action, which `demonstrate` never stores. */
  action: ActionName | null;
}

/**
 * The demonstrations under an id that `demonstrate` gave, by task, seed and step; the latest of each inference.
 *
 * @example
 * const { id } = await lab.demonstrate({ variant: "rule_based_history", tasks: ["BabyAI-GoToObj-v0"], episodes: 1 });
 * const examples = await demonstrations(lab.clickhouse, id);
 * console.log(examples.map(({ observation, action }) => `${observation} → ${action}`));
 */
export async function demonstrations(
  clickhouse: ClickHouseClient,
  id: string,
): Promise<DemonstrationRow[]> {
  const result = await clickhouse.query({
    query: DEMONSTRATIONS,
    query_params: { id },
    format: "JSONEachRow",
  });
  const rows = await result.json<Omit<DemonstrationRow, "action"> & { value: string }>();
  return rows.map(({ value, ...row }) => ({
    ...row,
    action: storedAnswer({ output: value }).action,
  }));
}

/**
 * Waits until ClickHouse shows `expected` demonstrations with their inferences: a gateway answers before it has written.
 *
 * @throws OutcomesMissingError when no more have come for 90 s
 */
export async function waitForDemonstrations(
  clickhouse: ClickHouseClient,
  id: string,
  expected: number,
): Promise<void> {
  const look = async () => {
    const result = await clickhouse.query({
      query: `SELECT toFloat64(count()) AS shown FROM (${DEMONSTRATIONS})`,
      query_params: { id },
      format: "JSONEachRow",
    });
    const [row] = await result.json<{ shown: number }>();
    return row?.shown ?? 0;
  };
  await waitForRows(look, expected, `${expected} demonstrations ${id} were taken`);
}

/** The ids under which demonstrations of the function `act` are stored, the newest first. */
export async function demonstrationIds(clickhouse: ClickHouseClient): Promise<string[]> {
  const result = await clickhouse.query({
    query: `
      SELECT tags['run'] AS run
      FROM DemonstrationFeedback
      WHERE run != '' AND inference_id IN (SELECT id FROM JsonInference WHERE ${IS_ACT})
      GROUP BY run
      ORDER BY max(toString(id)) DESC`,
    format: "JSONEachRow",
  });
  return (await result.json<{ run: string }>()).map(({ run }) => run);
}

const DEMONSTRATIONS = `
WITH demonstration AS (
  SELECT inference_id, argMax(value, timestamp) AS value
  FROM DemonstrationFeedback
  WHERE tags['run'] = {id:String}
  GROUP BY inference_id
)
SELECT
  toString(inference.id) AS inference_id,
  toString(inference.episode_id) AS episode_id,
  tags['task'] AS task,
  toFloat64(tags['seed']) AS seed,
  toFloat64(tags['step']) AS step,
  JSONExtractString(input, 'system', 'mission') AS mission,
  JSONExtractString(input, 'messages', 1, 'content', 1, 'arguments', 'observation') AS observation,
  JSONExtractString(input, 'messages', 1, 'content', 1, 'arguments', 'history') AS history,
  demonstration.value AS value
FROM JsonInference AS inference INNER JOIN demonstration ON inference.id = demonstration.inference_id
WHERE ${IS_ACT}
ORDER BY task, seed, step`;
