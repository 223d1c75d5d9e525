import { EnvError, solve } from "../env";

/** Steps in which the expert solves an episode; null where it does not. */
export type ExpertSteps = (episode: { task: string; seed: number }) => number | null;

/** An expert that plays each episode once, however often it is asked for it. What it returns throws EnvError as `solve()`. */
export function expertPlayer(): ExpertSteps {
  const known = new Map<string, number | null>();
  return ({ task, seed }) => {
    const key = `${task} ${seed}`;
    if (!known.has(key)) known.set(key, solve(task, seed)?.length ?? null);
    return known.get(key)!;
  };
}

/**
 * The expert's steps in the episodes of the rows: an upper bound for whoever played them. Null where there is none, because
 * a task is not registered, or draws its kind when it is made, so that the seed does not settle the episode.
 */
export function upperBound(rows: readonly { task: string; seed: number }[]): ExpertSteps | null {
  const steps = expertPlayer();
  try {
    for (const row of rows) steps(row);
    return steps;
  } catch (error) {
    if (error instanceof EnvError) return null;
    throw error;
  }
}
