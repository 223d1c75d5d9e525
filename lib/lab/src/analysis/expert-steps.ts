import { EnvError, solve } from "babyai";
import type { EpisodeRow } from "../queries/episodes";
import { byTask } from "./order";
import { AnalysisError } from "./statistics/errors";

type Episode = Pick<EpisodeRow, "task" | "seed">;

/** An episode that may stand beside the expert's play of the same task and seed. */
export interface EpisodeBesideExpert extends EpisodeRow {
  /** Steps in which the expert solves it, null where it does not; absent where {@link withExpertSteps} was not asked, or has none. */
  expert_steps?: number | null;
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
export function withExpertSteps<Row extends Episode>(
  rows: readonly Row[],
): (Row & Pick<EpisodeBesideExpert, "expert_steps">)[] {
  const played = new Map<string, { expert_steps?: number | null }>();
  return rows.map((row) => {
    const world = worldOf(row);
    const column = played.get(world) ?? play(row);
    played.set(world, column);
    return { ...row, ...column };
  });
}

function play({ task, seed }: Episode): { expert_steps?: number | null } {
  try {
    return { expert_steps: solve(task, seed)?.length ?? null };
  } catch (error) {
    if (error instanceof EnvError) return {};
    throw error;
  }
}

/** Whether every row has the column. */
export function hasExpertSteps(rows: readonly EpisodeBesideExpert[]): boolean {
  return rows.every((row) => row.expert_steps !== undefined);
}

/**
 * The column's value in a row.
 *
 * @throws AnalysisError the row has none
 */
export function expertStepsOf(row: EpisodeBesideExpert): number | null {
  if (row.expert_steps !== undefined) return row.expert_steps;
  throw new AnalysisError(
    `${row.task}, seed ${row.seed}, has no expert_steps: add them, withExpertSteps(rows). It leaves out tasks that are not ` +
      "registered or that draw their kind when they are made, for which there are none",
  );
}

/** The expert's steps in the worlds of each task of the rows, each once; null: it does not solve that one. */
export function expertStepsByTask(rows: readonly EpisodeBesideExpert[]): (number | null)[][] {
  const worlds = new Map(rows.map((row) => [worldOf(row), row]));
  return byTask([...worlds.values()]).map((own) => own.map(expertStepsOf));
}

const worldOf = ({ task, seed }: Episode) => `${task}\n${seed}`;
