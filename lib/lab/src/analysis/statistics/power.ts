import { binomialCdf, binomialChance, normalQuantile } from "./distributions";
import { AnalysisError } from "./errors";

/**
 * How many pairs of episodes (same task and seed) `compareVariants` needs to see success rates `a` and `b` apart: the fewest
 * from which on McNemar's exact test rejects at the two-sided level of 5 % with at least the probability `power`,
 *
 *     Σ_m P(m of n pairs differ | ψ) P(the test rejects | m, θ),   θ = (ψ + δ) / 2ψ,   δ = b - a
 *
 * summed over all m, where ψ is the share of pairs on which the two differ. Without `discordant`, ψ is that of independent outcomes,
 * a(1 - b) + b(1 - a): more than enough where the same worlds are hard for both. For seeds, divide by the number of tasks.
 *
 * Source: Duffy (1984), "Asymptotic and exact power for the McNemar test and its analogue with R controls per case",
 * Biometrics 40, 1005-1015. The search starts at the number of Connor (1987), Biometrics 43, 207-211, of the asymptotic test.
 *
 * @example
 * pairsForSuccess(0.5, 0.6); // 408
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
  requirePower(power);
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
  const powerOf = mcnemarPower(psi, Math.min(1, (psi + difference) / (2 * psi)));
  // The power rises in steps that overlap: it has to hold at every number from the one found to well beyond it.
  let n = Math.ceil((root / difference) ** 2 + 6 / difference) + 30;
  while (powerOf(n) < power) n = Math.ceil(1.3 * n);
  while (powerOf(n - 1) >= power) n--;
  return n;
}

/** The power of McNemar's exact test at the two-sided level of 5 % by the number of pairs. */
export function mcnemarPower(psi: number, theta: number): (pairs: number) => number {
  const rejects: number[] = [];
  let edge = -1; // the most successes of the fewer that reject
  const reject = (m: number) => {
    for (let i = rejects.length; i <= m; i++) {
      if (2 * binomialCdf(edge + 1, i, 0.5) <= 0.05) edge++;
      rejects.push(binomialCdf(edge, i, theta) + binomialCdf(edge, i, 1 - theta));
    }
    return rejects[m]!;
  };
  return (pairs) => {
    const spread = 9 * Math.sqrt(pairs * psi * (1 - psi)) + 9;
    const [from, to] = [pairs * psi - spread, pairs * psi + spread];
    let total = 0;
    for (let m = Math.max(0, Math.floor(from)); m <= Math.min(pairs, to); m++) {
      total += binomialChance(m, pairs, psi) * reject(m);
    }
    return total;
  };
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
  requirePower(power);
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

function requirePower(power: number): void {
  if (!(power > 0 && power < 1))
    throw new AnalysisError(`the power lies strictly between 0 and 1, not ${power}`);
}
