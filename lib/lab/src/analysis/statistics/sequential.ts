/** Shares of its money that a gambler stakes, each in a game of its own. */
const BETS = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);

/**
 * Evidence that a mean is above 0, of differences from −1 to 1 that come one by one, independent of each other and of one distribution.
 * It may be looked at after each of them, and looking stopped at any time: if the mean is 0 or less, it ever reaches 1 / error with a
 * probability of at most `error` (Ville's inequality, 1939).
 *
 * It is what a gambler has who began with 1 and stakes the share λ of it each time, ∏ (1 + λ · difference), which is a
 * supermartingale then; and of that the mean over λ = 0.05, 0.10, …, 0.95 (Waudby-Smith & Ramdas 2024, "Estimating means of bounded
 * random variables by betting", Journal of the Royal Statistical Society B 86). The same holds after each round of one difference from
 * each of several distributions, for the mean μ of their means: E ∏ (1 + λ dᵢ) = ∏ (1 + λ μᵢ) ≤ (1 + λ μ)ⁿ ≤ 1.
 *
 * @throws RangeError a difference is none from −1 to 1
 */
export function evidenceAbove(differences: readonly number[]): number {
  const odd = differences.find((difference) => !(Math.abs(difference) <= 1));
  if (odd !== undefined) throw new RangeError(`${odd} is no difference from -1 to 1.`);
  const won = BETS.map((bet) =>
    differences.reduce((sum, difference) => sum + Math.log1p(bet * difference), 0),
  );
  return won.reduce((sum, logarithm) => sum + Math.exp(logarithm), 0) / BETS.length;
}
