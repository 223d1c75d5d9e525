import type { EpisodeRow } from "../queries/episodes";
import { type Bounded, boundedProportion } from "./bounds";
import { byTask, variantOrder } from "./order";
import { isFinished, stepsPlayed } from "./outcome";
import { refuseMixedRuns } from "./runs";

/** The share of a variant's episodes that were solved within `step` steps, tasks weighted equally. */
export interface SolvedWithin extends Bounded {
  variant: string;
  step: number;
}

/**
 * Success by step: for each variant the share solved within k steps, at every k where it changes, from 0 to the longest
 * episode of all variants. Tasks are weighted equally, with pointwise 95 % intervals, as in `summarize`: the last point is
 * its success rate. An episode without an
 * outcome may have been solved at any step from those that it has played on: see {@link Bounded}.
 *
 * @example
 * const within20 = solvedWithin(rows).filter(({ step }) => step <= 20);
 * console.log(within20.map(({ variant, step, mean }) => `${variant}, ${step} steps: ${mean}`));
 * @throws AnalysisError a variant has rows of several runs
 */
export function solvedWithin(rows: readonly EpisodeRow[]): SolvedWithin[] {
  refuseMixedRuns(rows);
  const played = rows.map((row) => (isFinished(row) ? row.episode_length : stepsPlayed(row)));
  const last = played.reduce((longest, steps) => Math.max(longest, steps), 0);
  return variantOrder(rows).flatMap((variant) => {
    const own = rows.filter((row) => row.variant === variant);
    const tasks = byTask(own).map((episodes) => ({
      n: episodes.length,
      solved: episodes
        .filter(isFinished)
        .filter((row) => row.success)
        .map((row) => row.episode_length),
      open: episodes.filter((row) => !isFinished(row)).map(stepsPlayed),
    }));
    const changes = tasks.flatMap(({ solved, open }) => [...solved, ...open]);
    const steps = [...new Set([0, ...changes, last])].sort((a, b) => a - b);
    const within = (lengths: readonly number[], step: number) =>
      lengths.filter((length) => length <= step).length;
    const n = own.filter(isFinished).length;
    return steps.map((step) => {
      const strata = tasks.map(({ n, solved, open }) => ({
        n,
        successes: within(solved, step),
        unknown: within(open, step),
      }));
      return { variant, step, ...boundedProportion(strata), n };
    });
  });
}
