import { EnvError, solve } from "babyai";

type Episode = { task: string; seed: number };

const known = new Map<string, number | null>();

/**
 * Steps in which the expert solves an episode; null where it does not. Each is played once in a process, since every chart
 * asks for the same ones.
 *
 * @throws EnvError as `solve()`
 */
export function expertSteps({ task, seed }: Episode): number | null {
  const key = `${task} ${seed}`;
  if (!known.has(key)) known.set(key, solve(task, seed)?.length ?? null);
  return known.get(key)!;
}

/**
 * Whether the expert can be set beside the rows' episodes, for comparison. Not where a task is
 * not registered, or draws its kind when it is made, so that the seed does not settle the episode.
 */
export function hasExpert(rows: readonly Episode[]): boolean {
  try {
    rows.forEach(expertSteps);
    return true;
  } catch (error) {
    if (error instanceof EnvError) return false;
    throw error;
  }
}
