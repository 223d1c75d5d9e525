import { betaCdf } from "./distributions";
import { atLeast, bisect, leastFavorable, lowerBound as lowestRate } from "./proportion";
import { average, type Estimate, sum } from "./statistics";

/** Pairs of yes-or-no outcomes of a and b on the same episode. */
export interface PairedCounts {
  both: number;
  onlyA: number;
  onlyB: number;
  neither: number;
}

/** b's share of successes less a's, and the test that they are equal. */
export interface PairedDifference extends Estimate {
  /** Two-sided; null without a pair. */
  p: number | null;
}

/**
 * Difference of two paired proportions, b's minus a's, averaged over strata with equal weight: McNemar's exact test, and the
 * interval of the level 1 - 2 tail that leaves out 0 exactly where that test has p <= 2 tail.
 *
 * Among m discordant pairs the test is one of a fair coin: p is twice the chance of as many on one side. The difference is
 * ψ (2θ - 1) with ψ the share of discordant pairs and θ b's share of them. Each has the exact confidence distribution that
 * Clopper & Pearson's bounds are of; "melded", they give the difference one, whose quantiles are the bounds.
 * Where strata have unequal numbers of pairs, m and n are effective numbers, not whole: (Σ w)² / Σ w² over the discordant
 * pairs with weights w = 1 / (T n_t), of which the test under equality is the exact one but for its steps, and {@link leastFavorable}.
 *
 * Sources: McNemar (1947), Psychometrika 12; Fay & Lumbard (2021), "Confidence intervals for difference in proportions for
 * matched pairs compatible with exact McNemar's or sign tests", Statistics in Medicine 40, 1147-1159.
 */
export function pairedDifference(strata: readonly PairedCounts[], tail = 0.025): PairedDifference {
  const filled = strata.filter((counts) => size(counts) > 0);
  const n = sum(filled.map(size));
  if (n === 0) return { n, mean: null, low: null, high: null, p: null };
  const share = (count: (counts: PairedCounts) => number) =>
    average(filled.map((counts) => count(counts) / size(counts)));
  const [a, b] = [share(({ onlyA }) => onlyA), share(({ onlyB }) => onlyB)];
  const weights = sum(filled.map((counts) => (counts.onlyA + counts.onlyB) / size(counts) ** 2));
  const discordant = weights === 0 ? 0 : ((a + b) * filled.length) ** 2 / weights;
  const sizeAt = leastFavorable(filled.map(size));
  const bound = (wins: number, losses: number) =>
    lowerBound({ wins, losses, discordant, sizeAt, tail });
  const isMore = (wins: number) =>
    discordant === 0 ? 1 : atLeast(wins / (a + b), 0.5, discordant);
  return {
    ...{
      n,
      mean: share(({ onlyA, onlyB }) => onlyB - onlyA),
      low: bound(b, a),
      high: -bound(a, b),
    },
    p: Math.min(1, 2 * Math.min(isMore(a), isMore(b))),
  };
}

function size({ both, onlyA, onlyB, neither }: PairedCounts): number {
  return both + onlyA + onlyB + neither;
}

interface Discordance {
  /** Shares of all pairs: those that are won and those that are lost. */
  wins: number;
  losses: number;
  /** The (effective) number of discordant pairs, and of all pairs at a rate of discordance. */
  discordant: number;
  sizeAt: (p: number) => number;
  tail: number;
}

/** The quantile of ψ (2θ - 1) with the lower confidence distribution of θ and, of ψ's two, the one that gives the smaller. */
function lowerBound({ wins, losses, discordant, sizeAt, tail }: Discordance): number {
  const psi = wins + losses;
  if (wins === 0) return lowestRate(1 - psi, sizeAt, tail) - 1;
  const won = (wins / psi) * discordant;
  const theta = (x: number) => betaCdf(x, won, discordant - won + 1);
  const isAbove = theta(0.5) <= tail;
  const shares = masses((x) =>
    isAbove ? atLeast(psi, x, sizeAt(x)) : 1 - atLeast(1 - psi, 1 - x, sizeAt(x)),
  );
  const below = (difference: number) =>
    sum(shares.map(({ mean, mass }) => mass * theta((1 + difference / mean) / 2)));
  return bisect(isAbove ? 0 : -1, isAbove ? 1 : 0, (difference) => below(difference) < tail);
}

const CELLS = 60;

/** A distribution between 0 and 1 as masses at the means of cells, which follow from its chances at their ends and middles. */
function masses(cdf: (x: number) => number): { mean: number; mass: number }[] {
  const [from, to] = [1e-7, 1 - 1e-7].map((p) => bisect(0, 1, (x) => cdf(x) < p)) as [
    number,
    number,
  ];
  const width = (to - from) / CELLS;
  const chances = Array.from({ length: 2 * CELLS + 1 }, (_, i) => cdf(from + (i * width) / 2));
  chances[0] = 0;
  chances[2 * CELLS] = 1;
  return Array.from({ length: CELLS }, (_, i) => {
    const [start, middle, end] = chances.slice(2 * i, 2 * i + 3) as [number, number, number];
    const mass = end - start;
    const right = from + (i + 1) * width;
    // By parts: the integral of x dF is that of the rest, end - F, off the right end.
    const mean = right - (width * ((start + 4 * middle + end) / 6 - start)) / mass;
    return { mean: mass > 0 ? mean : right, mass };
  });
}

/**
 * Bonferroni's correction of p-values for `tests` tests: rejecting what is below α then keeps the chance of any false rejection
 * below α, and intervals of the level 1 - α / tests leave out 0 exactly where it rejects.
 */
export function bonferroni(p: number | null, tests: number): number | null {
  return p === null ? null : Math.min(1, tests * p);
}
