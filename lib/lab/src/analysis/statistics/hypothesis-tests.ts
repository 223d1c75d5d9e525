import { fairBinomialCdf, studentTTwoSided } from "./distributions";
import { AnalysisError } from "./errors";
import { type Estimate, mean, proportion } from "./statistics";

/** Pairs of yes-or-no outcomes of a and b on the same episode. */
export interface PairedCounts {
  both: number;
  onlyA: number;
  onlyB: number;
  neither: number;
}

/**
 * Two-sided p-value of McNemar's exact test that a and b succeed equally often: twice the probability of at most
 * min(onlyA, onlyB) heads in onlyA + onlyB fair tosses, at most 1. Pairs on which they agree do not count.
 *
 * Source: McNemar (1947), Psychometrika 12; the exact form is the sign test on the discordant pairs.
 */
export function mcnemarExact({ onlyA, onlyB }: PairedCounts): number {
  return Math.min(1, 2 * fairBinomialCdf(Math.min(onlyA, onlyB), onlyA + onlyB));
}

/**
 * Difference of two paired proportions, b's minus a's, with a 95 % interval that combines the Wilson intervals
 * [l, u] of both, for the correlation φ of the pairs:
 *
 *     low  = d - sqrt((p_b - l_b)² - 2 φ (p_b - l_b) (u_a - p_a) + (u_a - p_a)²)
 *     high = d + sqrt((u_b - p_b)² - 2 φ (u_b - p_b) (p_a - l_a) + (p_a - l_a)²)
 *
 * Source: Newcombe (1998), "Improved confidence intervals for the difference between binomial proportions based
 * on paired data", Statistics in Medicine 17, 2635-2650, method 10, with its continuity correction of φ.
 */
export function pairedProportionDifference(counts: PairedCounts): Estimate {
  const { both, onlyA, onlyB, neither } = counts;
  const n = both + onlyA + onlyB + neither;
  if (n === 0) return { n, mean: null, low: null, high: null };
  const a = proportion(both + onlyA, n);
  const b = proportion(both + onlyB, n);
  const difference = (onlyB - onlyA) / n;
  const phi = correlation(counts);
  const combine = (x: number, y: number) =>
    // subtle: rounding may leave a square a little below 0.
    Math.sqrt(Math.max(0, x * x - 2 * phi * x * y + y * y));
  return {
    n,
    mean: difference,
    low: difference - combine(b.mean! - b.low!, a.high! - a.mean!),
    high: difference + combine(b.high! - b.mean!, a.mean! - a.low!),
  };
}

/** φ of the 2 × 2 table, shrunk by n/2 in the numerator when positive (Newcombe's correction). */
function correlation({ both, onlyA, onlyB, neither }: PairedCounts): number {
  const margins = (both + onlyA) * (onlyB + neither) * (both + onlyB) * (onlyA + neither);
  if (margins === 0) return 0;
  const excess = both * neither - onlyA * onlyB;
  const n = both + onlyA + onlyB + neither;
  return (excess > 0 ? Math.max(excess - n / 2, 0) : excess) / Math.sqrt(margins);
}

/**
 * Two-sided p-value of the paired t test that the mean of the differences is 0: t = m / (sd / sqrt(n)) with
 * n - 1 degrees of freedom (Student 1908). Null when the differences do not vary or are fewer than two: then there is
 * no t.
 */
export function pairedT(differences: readonly number[]): number | null {
  const { n, mean: m, sem } = mean(differences);
  if (m === null || sem === null || sem === 0) return null;
  return studentTTwoSided(m / sem, n - 1);
}

/**
 * Holm's step-down adjustment of m p-values, in the order given: the i-th smallest becomes the largest of
 * (m - j + 1) p_(j) over j <= i, at most 1. Rejecting what is below α keeps the chance of any false rejection below α.
 * Nulls, comparisons without a test, stay null and do not count in m.
 *
 * Source: Holm (1979), "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6.
 */
export function holm(pValues: readonly (number | null)[]): (number | null)[] {
  const tested = pValues
    .map((p, index) => ({ p, index }))
    .filter((entry): entry is { p: number; index: number } => entry.p !== null)
    .sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = pValues.map(() => null);
  let largest = 0;
  tested.forEach(({ p, index }, place) => {
    if (!(p >= 0 && p <= 1)) throw new AnalysisError(`a p-value lies between 0 and 1, not ${p}`);
    largest = Math.max(largest, Math.min(1, (tested.length - place) * p));
    adjusted[index] = largest;
  });
  return adjusted;
}
