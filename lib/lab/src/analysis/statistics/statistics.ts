import { studentTQuantile } from "./distributions";
import { AnalysisError } from "./errors";

/** A point estimate with its 95 % interval. */
export interface Estimate {
  /** Observations behind it. */
  n: number;
  /** Null when there is no observation. */
  mean: number | null;
  /** Bounds of the interval; null when n is too small for one, or equal values tell nothing of their spread. */
  low: number | null;
  high: number | null;
}

/** The estimate of a mean; `sd`, `sem` and `df` are null below two observations. */
export interface MeanEstimate extends Estimate {
  /** Sample standard deviation, strata weighted equally (n - 1 in the denominator, or the effective n less 1). */
  sd: number | null;
  /** Standard error of the mean, and its degrees of freedom. */
  sem: number | null;
  df: number | null;
}

/**
 * Kish's effective number of episodes where strata weigh the same: T² / Σ (1 / n_t), at most Σ n_t, which it is where all have
 * the same n.
 *
 * Source: Kish, "Survey Sampling" (1965), 11.7.
 */
export function effectiveSize(sizes: readonly number[]): number {
  const filled = sizes.filter((n) => n > 0);
  if (new Set(filled).size <= 1) return sum(filled);
  return filled.length ** 2 / sum(filled.map((n) => 1 / n));
}

/** The mean of values without strata: {@link stratifiedMean} of one. */
export function mean(values: readonly number[]): MeanEstimate {
  return stratifiedMean([values]);
}

/**
 * Mean over strata with equal weight, with its interval from Student's t of the level 1 - 2 tail.
 *
 * With the same n in each stratum it is that of all values together, m ± t(1 - tail, n - 1) sd / sqrt(n). Else the standard error
 * is the larger of two: sd / sqrt(n_eff) with {@link effectiveSize}, as if the strata varied alike; and the strata's own
 * variances, each with one more value's worth of the overall variance, with Satterthwaite's degrees of freedom.
 *
 * Sources: Student (1908), "The probable error of a mean", Biometrika 6; Satterthwaite (1946), "An approximate distribution of
 * estimates of variance components", Biometrics 2; the moderated variances are Smyth's (2004), SAGMB 3. The bounds may lie
 * outside of the quantity's range when n is small or the values are skewed; `boundedMean` cuts them off there.
 * Values that are all equal have no interval: one without a width would claim that another sample must be the same. Nor have
 * strata with unequal n of which one has less than 5 values: how that one varies would decide, and is not known.
 */
export function stratifiedMean(strata: readonly (readonly number[])[], tail = 0.025): MeanEstimate {
  const filled = strata.filter((values) => values.length > 0);
  const values = filled.flat();
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new AnalysisError(`a mean needs finite numbers, not ${wrong}`);
  const n = values.length;
  const none = { low: null, high: null, sd: null, sem: null, df: null };
  if (n === 0) return { n, mean: null, ...none };
  const first = values[0]!;
  if (n === 1) return { n, mean: first, ...none };
  if (values.every((value) => value === first)) return { n, mean: first, ...none, sd: 0, sem: 0 };
  const m = average(filled.map(average));
  const size = effectiveSize(filled.map((stratum) => stratum.length));
  const spread = average(filled.map((stratum) => average(stratum.map((y) => (y - m) ** 2))));
  const variance = (spread * size) / (size - 1);
  if (size < n && filled.some((stratum) => stratum.length < FEWEST)) {
    return { n, mean: m, ...none, sd: Math.sqrt(variance) };
  }
  const alike = { sem: Math.sqrt(variance / size), df: size - 1 };
  const half = (error: typeof alike) => studentTQuantile(1 - tail, error.df) * error.sem;
  const own = ownVariances(filled, variance);
  const error = size < n && half(own) > half(alike) ? own : alike;
  return {
    n,
    mean: m,
    low: m - half(error),
    high: m + half(error),
    sd: Math.sqrt(variance),
    ...error,
  };
}

/** Of strata with unequal n. */
const FEWEST = 5;

function ownVariances(strata: readonly (readonly number[])[], overall: number) {
  const parts = strata.map((values) => {
    const center = average(values);
    const squares = sum(values.map((value) => (value - center) ** 2));
    return { n: values.length, part: (squares + overall) / (values.length * strata.length) ** 2 };
  });
  const total = sum(parts.map(({ part }) => part));
  const df = total ** 2 / sum(parts.map(({ n, part }) => part ** 2 / n)) - 1;
  return { sem: Math.sqrt(total), df: Math.max(1, df) };
}

export function average(values: readonly number[]): number {
  return sum(values) / values.length;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
