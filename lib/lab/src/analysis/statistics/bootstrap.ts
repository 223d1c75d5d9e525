import { Pcg64 } from "babyai";
import { AnalysisError } from "./errors";
import { type Estimate, sum } from "./statistics";

/**
 * Mean with its 95 % percentile bootstrap interval: the 2.5 % and 97.5 % quantiles of the means of
 * `resamples` samples of size n drawn from the values with replacement.
 *
 * Source: Efron & Tibshirani, "An Introduction to the Bootstrap" (1993), ch. 13; quantiles interpolate linearly
 * between order statistics, as NumPy's do. The draws are NumPy's too: Generator(PCG64(seed)).integers(0, n), so
 * the same seed gives the same interval everywhere.
 *
 * @example
 * const [comparison] = compareVariants(rows, "episode_return");
 * const { mean, low, high } = bootstrapMean(comparison?.differences ?? []);
 */
export function bootstrapMean(
  values: readonly number[],
  { seed = 0, resamples = 10_000 }: { seed?: number; resamples?: number } = {},
): Estimate {
  const n = values.length;
  if (n === 0) return { n, mean: null, low: null, high: null };
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new AnalysisError(`resamples must be a whole number above 0, not ${resamples}`);
  }
  const mean = sum(values) / n;
  if (n === 1) return { n, mean, low: null, high: null };
  const random = new Pcg64(seed);
  const means = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    let total = 0;
    for (let j = 0; j < n; j++) total += values[random.integers(0, n)]!;
    means[i] = total / n;
  }
  means.sort();
  return { n, mean, low: quantile(means, 0.025), high: quantile(means, 0.975) };
}

/** Of sorted values, by linear interpolation: type 7 of Hyndman & Fan (1996), NumPy's default. */
function quantile(sorted: Float64Array, p: number): number {
  const place = (sorted.length - 1) * p;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
