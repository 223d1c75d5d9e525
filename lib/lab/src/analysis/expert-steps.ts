import type { EpisodeRow } from "../queries/episodes";
import { byTask } from "./order";
import { AnalysisError } from "./statistics/errors";

/** An episode that may stand beside the expert's play of the same task and seed. */
export interface EpisodeBesideExpert extends EpisodeRow {
  /** Steps in which the expert solves it, null where it does not; absent where `withExpertSteps` was not asked, or has none. */
  expert_steps?: number | null;
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

/** A task and seed, which settle how an episode begins. */
export const worldOf = ({ task, seed }: Pick<EpisodeRow, "task" | "seed">) => `${task}\n${seed}`;
