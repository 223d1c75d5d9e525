import type { EpisodeRow } from "../store/episodes";
import { variantOrder } from "./order";
import { type Estimate, proportion } from "./statistics";
import { isFinished } from "./summary";

/** The share of a variant's finished episodes that were solved within `step` steps; n is all finished ones. */
export interface SolvedWithin extends Estimate {
  variant: string;
  step: number;
}

/**
 * Success by step: for each variant the share solved within k steps, at every k where it changes, from 0 to the longest
 * episode of all variants. Pointwise 95 % Wilson intervals over the episodes of all tasks together. A variant
 * without a finished episode has no points.
 */
export function solvedWithin(rows: readonly EpisodeRow[]): SolvedWithin[] {
  const finished = rows.filter(isFinished);
  const last = finished.reduce((longest, row) => Math.max(longest, row.episode_length), 0);
  return variantOrder(finished).flatMap((variant) => {
    const own = finished.filter((row) => row.variant === variant);
    const lengths = own
      .filter((row) => row.success)
      .map((row) => row.episode_length)
      .sort((a, b) => a - b);
    const steps = [...new Set([0, ...lengths, last])];
    return steps.map((step) => ({
      variant,
      step,
      ...proportion(lengths.filter((length) => length <= step).length, own.length),
    }));
  });
}
