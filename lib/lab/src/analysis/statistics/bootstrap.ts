import { Pcg64 } from "babyai";
import { normalCdf, normalQuantile } from "./distributions";
import { AnalysisError } from "./errors";
import { type Estimate, sum } from "./statistics";

/** With fewer values, or with fewer that differ from the most frequent one, the interval would hold less often than it says. */
const FEWEST = { values: 30, others: 10 };

/**
 * Mean with its 95 % bootstrap interval, bias-corrected and accelerated (BCa): quantiles of the means of `resamples` samples of
 * size n drawn from the values with replacement. It assumes no shape, and never leaves the values' own range.
 *
 * There is no interval (`low` and `high` are null) below 30 values, or where fewer than 10 of them differ from the most
 * frequent one: samples of such values vary too little, of equal ones not at all. For success use `summarize`, for differences in
 * success `compareVariants`, which are exact. `npm run bench -- coverage` has the coverage.
 *
 * Source: Efron (1987), "Better bootstrap confidence intervals", JASA 82; means that equal the values' own count half in the
 * bias. Quantiles interpolate linearly between order statistics, as NumPy's do. The draws are NumPy's too:
 * Generator(PCG64(seed)).integers(0, n), so the same seed gives the same interval everywhere.
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
  if (n < FEWEST.values || n - mostFrequent(values) < FEWEST.others) {
    return { n, mean, low: null, high: null };
  }
  const means = resampledMeans(values, seed, resamples);
  const at = levels(values, mean, means);
  return { n, mean, low: quantile(means, at(0.025)), high: quantile(means, at(0.975)) };
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Math.max(...counts.values());
}

/** Sorted. */
function resampledMeans(values: readonly number[], seed: number, resamples: number): Float64Array {
  const n = values.length;
  const random = new Pcg64(seed);
  const means = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    let total = 0;
    for (let j = 0; j < n; j++) total += values[random.integers(0, n)]!;
    means[i] = total / n;
  }
  return means.sort();
}

/**
 * Which quantile of the means stands for a level: Φ(z0 + (z0 + z) / (1 - a (z0 + z))) with the bias z0 and the acceleration
 * a = Σ d³ / (6 (Σ d²)^1.5), d the values' distances from their mean.
 */
function levels(
  values: readonly number[],
  mean: number,
  means: Float64Array,
): (level: number) => number {
  const distances = values.map((value) => value - mean);
  const power = (exponent: number) => sum(distances.map((distance) => distance ** exponent));
  const acceleration = power(3) / (6 * power(2) ** 1.5);
  // subtle: sums of the same values in another order differ in their last digits.
  const slack = 1e-12 * Math.sqrt(power(2));
  const below = sum(Array.from(means, (other) => side(other - mean, slack)));
  const bias = normalQuantile(Math.min(Math.max(below, 0.5), means.length - 0.5) / means.length);
  return (level) => {
    const z = bias + normalQuantile(level);
    return normalCdf(bias + z / (1 - acceleration * z));
  };
}

function side(distance: number, slack: number): number {
  return distance < -slack ? 1 : distance > slack ? 0 : 0.5;
}

/** Of sorted values, by linear interpolation: type 7 of Hyndman & Fan (1996), NumPy's default. */
function quantile(sorted: Float64Array, p: number): number {
  const place = (sorted.length - 1) * p;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
