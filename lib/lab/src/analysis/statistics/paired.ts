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
  const pairs = discordance(strata);
  if (pairs === null) return { n: 0, mean: null, low: null, high: null, p: null };
  const { n, difference, wins, losses } = pairs;
  return {
    ...{ n, mean: difference, p: signTest(pairs) },
    low: lowerBound(pairs, tail),
    high: -lowerBound({ ...pairs, wins: losses, losses: wins }, tail),
  };
}

/** The p-value of {@link pairedDifference} alone; null without a pair. */
export function mcnemar(strata: readonly PairedCounts[]): number | null {
  const pairs = discordance(strata);
  return pairs === null ? null : signTest(pairs);
}

interface Discordance {
  n: number;
  difference: number;
  /** Shares of all pairs: those that b wins and those that it loses. */
  wins: number;
  losses: number;
  /** The number of discordant pairs, effective where strata have unequal numbers of pairs, their sizes. */
  discordant: number;
  sizes: readonly number[];
}

function discordance(strata: readonly PairedCounts[]): Discordance | null {
  const filled = strata.filter((counts) => size(counts) > 0);
  if (filled.length === 0) return null;
  const share = (count: (counts: PairedCounts) => number) =>
    average(filled.map((counts) => count(counts) / size(counts)));
  const [wins, losses] = [share(({ onlyB }) => onlyB), share(({ onlyA }) => onlyA)];
  const squares = sum(filled.map((counts) => (counts.onlyA + counts.onlyB) / size(counts) ** 2));
  return {
    n: sum(filled.map(size)),
    difference: share(({ onlyA, onlyB }) => onlyB - onlyA),
    ...{ wins, losses },
    discordant: squares === 0 ? 0 : ((wins + losses) * filled.length) ** 2 / squares,
    sizes: filled.map(size),
  };
}

function signTest({ wins, losses, discordant }: Discordance): number {
  if (discordant === 0) return 1;
  const more = Math.max(wins, losses) / (wins + losses);
  return Math.min(1, 2 * atLeast(more, 0.5, discordant));
}

function size({ both, onlyA, onlyB, neither }: PairedCounts): number {
  return both + onlyA + onlyB + neither;
}

/** The quantile of ψ (2θ - 1) with the lower confidence distribution of θ and, of ψ's two, the one that gives the smaller. */
function lowerBound({ wins, losses, discordant, sizes }: Discordance, tail: number): number {
  const psi = wins + losses;
  if (wins === 0) return lowestRate(1 - psi, sizes, tail) - 1;
  const sizeAt = leastFavorable(sizes);
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
