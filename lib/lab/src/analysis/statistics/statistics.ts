import { normalQuantile, studentTQuantile } from "./distributions";
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

/** The estimate of a mean; `sd` and `sem` are null below two observations. */
export interface MeanEstimate extends Estimate {
  /** Sample standard deviation (n - 1 in the denominator). */
  sd: number | null;
  /** Standard error of the mean: sd / sqrt(n). */
  sem: number | null;
}

const Z = normalQuantile(0.975);

/**
 * Proportion of successes with its 95 % Wilson score interval:
 *
 *     (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n),   z = 1.96
 *
 * Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference",
 * JASA 22. It holds its level for small n and at the ends: 50 of 50 is 100 % [92.9 %, 100 %].
 */
export function proportion(successes: number, n: number): Estimate {
  if (
    !Number.isInteger(n) ||
    n < 0 ||
    !Number.isInteger(successes) ||
    successes < 0 ||
    successes > n
  ) {
    throw new AnalysisError(
      `a proportion needs whole numbers 0 <= successes <= n, not ${successes} of ${n}`,
    );
  }
  if (n === 0) return { n, mean: null, low: null, high: null };
  return { n, mean: successes / n, ...wilson(successes / n, n) };
}

/**
 * Success averaged over tasks with equal weight, as BALROG scores an environment:
 * p = (1/T) Σ p_t over the T strata that have episodes.
 *
 * The interval is Wilson's at p with Kish's effective sample size, n_eff = T² / Σ (1 / n_t)
 * (Kish, "Survey Sampling", 1965, 11.7). With the same n in each stratum, n_eff = Σ n_t, so it is the plain
 * Wilson interval of the pooled episodes; what the strata explain of the variance is not subtracted, which errs
 * on the wide side.
 */
export function stratifiedProportion(
  strata: readonly { successes: number; n: number }[],
): Estimate {
  const filled = strata
    .map(({ successes, n }) => proportion(successes, n))
    .filter(({ n }) => n > 0);
  const n = sum(filled.map((stratum) => stratum.n));
  if (n === 0) return { n, mean: null, low: null, high: null };
  const mean = sum(filled.map((stratum) => stratum.mean!)) / filled.length;
  const effective = filled.length ** 2 / sum(filled.map((stratum) => 1 / stratum.n));
  return { n, mean, ...wilson(mean, effective) };
}

/**
 * Mean with its 95 % interval from Student's t: m ± t(0.975, n - 1) sd / sqrt(n).
 *
 * Source: Student (1908), "The probable error of a mean", Biometrika 6. The bounds may lie outside of
 * the quantity's range (a return below 0) when n is small or the values are skewed; they are not cut off.
 * Values that are all equal have no interval: one without a width would claim that another sample must be the same.
 */
export function mean(values: readonly number[]): MeanEstimate {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new AnalysisError(`a mean needs finite numbers, not ${wrong}`);
  const n = values.length;
  if (n === 0) return { n, mean: null, low: null, high: null, sd: null, sem: null };
  const [first] = values as [number];
  if (n === 1) return { n, mean: first, low: null, high: null, sd: null, sem: null };
  if (values.every((value) => value === first))
    return { n, mean: first, low: null, high: null, sd: 0, sem: 0 };
  const m = sum(values) / n;
  const sd = Math.sqrt(sum(values.map((value) => (value - m) ** 2)) / (n - 1));
  const sem = sd / Math.sqrt(n);
  const half = studentTQuantile(0.975, n - 1) * sem;
  return { n, mean: m, low: m - half, high: m + half, sd, sem };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function wilson(p: number, n: number): { low: number; high: number } {
  const z2 = Z * Z;
  const center = p + z2 / (2 * n);
  const half = Z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  const scale = 1 + z2 / n;
  // subtle: at p = 0 and p = 1 one bound is exactly the end; rounding would leave it 1e-17 beside.
  return {
    low: p === 0 ? 0 : (center - half) / scale,
    high: p === 1 ? 1 : (center + half) / scale,
  };
}
