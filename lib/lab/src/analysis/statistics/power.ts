import { normalQuantile } from "./distributions";
import { AnalysisError } from "./errors";

/**
 * How many pairs of episodes (same task and seed) McNemar's test needs to see success rates `a` and `b` apart, at a two-sided
 * level of 5 %, with the probability `power`:
 *
 *     n = (z(0.975) sqrt(ψ) + z(power) sqrt(ψ - δ²))² / δ²,   δ = b - a
 *
 * rounded up, where ψ is the share of pairs on which the two differ. Without `discordant`, ψ is that of independent outcomes,
 * a(1 - b) + b(1 - a): more than enough where the same worlds are hard for both. For seeds, divide by the number of tasks.
 *
 * Source: Connor (1987), "Sample size for testing differences in proportions for the paired-sample design",
 * Biometrics 43, 207-211.
 *
 * @example
 * pairsForSuccess(0.5, 0.6); // 391
 */
export function pairsForSuccess(
  a: number,
  b: number,
  { power = 0.8, discordant }: { power?: number; discordant?: number } = {},
): number {
  for (const rate of [a, b]) {
    if (!(rate >= 0 && rate <= 1))
      throw new AnalysisError(`a rate lies between 0 and 1, not ${rate}`);
  }
  const difference = requireDifference(b - a);
  const psi = discordant ?? a * (1 - b) + b * (1 - a);
  // subtle: 0.8 - 0.6 is a little more than 0.2, so a share given as equal to the difference may look smaller.
  if (!(psi >= difference - 1e-12 && psi <= 1)) {
    throw new AnalysisError(
      `the share of discordant pairs lies between the difference, ${difference}, and 1, not ${psi}`,
    );
  }
  const root =
    normalQuantile(0.975) * Math.sqrt(psi) +
    normalQuantile(power) * Math.sqrt(Math.max(0, psi - difference ** 2));
  return Math.ceil((root / difference) ** 2);
}

/**
 * How many pairs of episodes the paired t test needs to see a mean `difference` of pairs whose differences have the
 * standard deviation `sd`, at a two-sided level of 5 %, with the probability `power`:
 *
 *     n = (z(0.975) + z(power))² (sd / difference)² + z(0.975)² / 2, rounded up
 *
 * The last term pays for estimating sd. Source: Guenther (1981), "Sample size formulas for normal theory
 * T tests", The American Statistician 35, 243-244.
 *
 * @example
 * pairsForMean(2, 10); // 199
 */
export function pairsForMean(difference: number, sd: number, power = 0.8): number {
  requireDifference(difference);
  if (!(sd > 0 && Number.isFinite(sd))) {
    throw new AnalysisError(`the standard deviation must be positive and finite, not ${sd}`);
  }
  const z = normalQuantile(0.975);
  return Math.ceil(((z + normalQuantile(power)) * (sd / difference)) ** 2 + z ** 2 / 2);
}

/** The size of a difference that can be sought at all. */
function requireDifference(difference: number): number {
  if (difference === 0 || !Number.isFinite(difference)) {
    throw new AnalysisError(`the difference to see must be finite and not 0, not ${difference}`);
  }
  return Math.abs(difference);
}
