import type { ClickHouseClient } from "@clickhouse/client";
import type { ActionName } from "babyai";
import type { Form } from "../agents/balrog-like/forms";
import { DEFAULT_ACTION, isActionName } from "../agents/parse";
import { ACTS } from "./parts/is-act";
import { isForm, type StoredAnswer, storedAnswer } from "./parts/stored-answer";
import { TRIES } from "./parts/tries";

/** A stored decision. */
export interface TrajectoryStep {
  inference_id: string;
  observation: string;
  /** The model's answer as it is read; `answer` is its text. */
  answered: Pick<StoredAnswer, "answer" | "action" | "thinking">;
  /** The action that the environment was given. */
  played: ActionName;
  /** What was demonstrated here, the latest; null: nothing. */
  demonstrated: ActionName | null;
}

/** A whole stored episode: of a run, or one that an expert demonstrated on. */
export interface Trajectory {
  /** The id of the run or, as `lab.demonstrate` gave it, of the demonstrations. */
  run: string;
  /** The steps have demonstrations, and the episode has no outcome. */
  isDemonstration: boolean;
  variant: string;
  task: string;
  seed: number;
  episode_id: string;
  /** Which of BALROG's agents the variant is like; null of one of a JSON function. */
  form: Form | null;
  /** Null of demonstrations, as the two below. */
  success: boolean | null;
  episode_return: number | null;
  invalid_actions: number | null;
  mission: string;
  /** From the first to the last. */
  steps: TrajectoryStep[];
}

/**
 * The whole episodes under an id, that of a run or of demonstrations, a block at a time, by task, seed and variant. One that failed, was
 * cut off or has lost rows is not among them; nor is one of whose steps none has a demonstration, where the id is of those.
 */
export async function* trajectories(
  clickhouse: ClickHouseClient,
  id: string,
): AsyncGenerator<Trajectory[]> {
  const result = await clickhouse.query({
    query: TRAJECTORIES,
    query_params: { run: id },
    format: "JSONEachRow",
  });
  for await (const rows of result.stream<Row>()) {
    yield rows.flatMap((row) => trajectoryOf(row.json(), id) ?? []);
  }
}

/** The ids of all runs and demonstrations in the store. */
export async function trajectoryIds(clickhouse: ClickHouseClient): Promise<string[]> {
  const result = await clickhouse.query({
    query: `SELECT DISTINCT arrayJoin([tags['run'], tags['demonstrations']]) AS id FROM ${ACTS} WHERE id != ''`,
    format: "JSONEachRow",
  });
  return (await result.json<{ id: string }>()).map(({ id }) => id);
}

interface Row extends Omit<Trajectory, "run" | "isDemonstration" | "form" | "steps"> {
  form: string;
  is_demonstration: boolean;
  steps: [
    step: number,
    inference_id: string,
    observation: string,
    output: string,
    auxiliary_content: string,
    /** What the history says was done before; "" where there is none. */
    before: string,
    demonstrated: string | null,
  ][];
}

function trajectoryOf({ form, is_demonstration, ...row }: Row, run: string): Trajectory | null {
  // A step that was asked for again, after a connection broke, is stored twice: the later one is what was played.
  const byStep = new Map(row.steps.map((step) => [step[0], step]));
  const stored = [...byStep.values()].sort(([a], [b]) => a - b);
  if (stored.some(([step], i) => step !== i)) return null;
  const steps = stored.map(
    ([, inference_id, observation, output, auxiliary_content, , demonstrated], i) => {
      const { answer, action, thinking } = storedAnswer({ form, output, auxiliary_content });
      const shown = demonstrated === null ? null : storedAnswer({ output: demonstrated }).action;
      return {
        ...{ inference_id, observation, demonstrated: shown },
        answered: { answer, action, thinking },
        played: (is_demonstration && didAt(stored, i, shown)) || (action ?? DEFAULT_ACTION),
      };
    },
  );
  if (is_demonstration && steps.every(({ demonstrated }) => demonstrated === null)) return null;
  return {
    ...{ run, isDemonstration: is_demonstration, ...row },
    ...{ form: isForm(form) ? form : null, steps },
  };
}

/**
 * What was done at a step of a demonstrated episode: as the next one's history says. Where no next one tells, it is what was
 * demonstrated, unless the episode shows that the variant itself played.
 */
function didAt(steps: Row["steps"], i: number, demonstrated: ActionName | null): ActionName | null {
  const next = steps[i + 1]?.[5] ?? "";
  if (isActionName(next)) return next;
  const others = steps.slice(0, -1).some(([, , , , , , shown], j) => {
    const did = steps[j + 1]?.[5] ?? "";
    return did !== "" && shown !== null && storedAnswer({ output: shown }).action !== did;
  });
  return others ? null : demonstrated;
}

const OF_EITHER = "(tags['demonstrations'] = {run:String} OR tags['run'] = {run:String})";

/** subtle: `whole` is named once, since ClickHouse carries out a part of WITH as often as it is named. */
const TRAJECTORIES = `
WITH
  whole AS (
    SELECT episode_id, success, episode_return, invalid_actions
    FROM (${TRIES})
    WHERE NOT replaced AND success IS NOT NULL AND empty(lost)
  ),
  inference AS (
    SELECT
      id, variant_name, episode_id, tags, form, mission, observation, output, auxiliary_content,
      extract(
        JSONExtractString(input, 'messages', -1, 'content', 1, 'arguments', 'history'),
        '\\nYou did: ([^\\n]*)$'
      ) AS before
    FROM ${ACTS}
    WHERE ${OF_EITHER}
  ),
  demonstration AS (
    SELECT inference_id, argMax(value, timestamp) AS value
    FROM DemonstrationFeedback
    WHERE inference_id IN (SELECT id FROM ${ACTS} WHERE ${OF_EITHER})
    GROUP BY inference_id
  ),
  episode AS (
    SELECT
      toString(inference.episode_id) AS episode_id,
      toBool(any(tags['demonstrations']) != '') AS is_demonstration,
      any(variant_name) AS variant,
      any(tags['task']) AS task,
      any(toFloat64(tags['seed'])) AS seed,
      any(form) AS form,
      any(mission) AS mission,
      arraySort(step -> (step.1, step.2), groupArray((
        toUInt32(tags['step']), toString(inference.id), observation, output, auxiliary_content, before, demonstration.value
      ))) AS steps
    FROM inference LEFT JOIN demonstration ON inference.id = demonstration.inference_id
    GROUP BY episode_id
  )
SELECT episode.*, success, episode_return, invalid_actions
FROM episode LEFT JOIN whole ON episode.episode_id = whole.episode_id
WHERE is_demonstration OR whole.episode_id IS NOT NULL
ORDER BY task, seed, variant, episode_id
SETTINGS join_use_nulls = 1`;
