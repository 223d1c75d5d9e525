import { EnvError, make, solve } from "babyai";
import type { EpisodeRow } from "../queries/episodes";
import { type EpisodeBesideExpert, worldOf } from "./expert-steps";

// Columns that only the simulator knows. Callers add them to rows, so that analysis and charts need not ask.

type Episode = Pick<EpisodeRow, "task" | "seed">;
type StepLimit = Pick<EpisodeRow, "step_limit">;
type ExpertSteps = Pick<EpisodeBesideExpert, "expert_steps">;

/** Adds the column `step_limit`: null where a seed does not settle the episode, or its task is not registered. */
export function withStepLimits<Row extends Episode>(rows: readonly Row[]): (Row & StepLimit)[] {
  return withColumn(rows, ({ task, seed }) => ({ step_limit: stepLimit(task, seed) ?? null }));
}

/**
 * Adds the column `expert_steps`: the steps in which the expert, which plans with full knowledge, solves the same task and
 * seed with the task's default options; null where it does not. Charts and scores draw on the column and play nothing
 * themselves. A row stays without it where a seed does not settle the episode: its task is not registered, or draws its
 * kind when it is made.
 *
 * @example
 * const rows = withExpertSteps(await lab.episodes({ run: run.id }));
 * await showChart(stepsAboveExpert(rows));
 */
export function withExpertSteps<Row extends Episode>(rows: readonly Row[]): (Row & ExpertSteps)[] {
  return withColumn(rows, ({ task, seed }): ExpertSteps => {
    const actions = ifPlayable(() => solve(task, seed));
    return actions === undefined ? {} : { expert_steps: actions?.length ?? null };
  });
}

function stepLimit(task: string, seed: number): number | undefined {
  return ifPlayable(() => {
    const env = make(task);
    if (env.id !== task) return undefined;
    env.reset({ seed });
    return env.maxSteps;
  });
}

/** Undefined where a task is not registered, or draws its kind when it is made. */
function ifPlayable<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof EnvError) return undefined;
    throw error;
  }
}

/** Each world is asked for once. */
function withColumn<Row extends Episode, Column>(
  rows: readonly Row[],
  ask: (episode: Episode) => Column,
): (Row & Column)[] {
  const known = new Map<string, Column>();
  return rows.map((row) => {
    const world = worldOf(row);
    const column = known.get(world) ?? ask(row);
    known.set(world, column);
    return { ...row, ...column };
  });
}
