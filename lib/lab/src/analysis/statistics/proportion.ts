import { betaCdf } from "./distributions";
import { AnalysisError } from "./errors";
import { average, type Estimate, sum } from "./statistics";

/** Yes-or-no outcomes of one stratum, as of one task. */
export interface Stratum {
  successes: number;
  n: number;
}

/**
 * Proportion of successes with Clopper & Pearson's exact 95 % interval: its bounds are the rates at which as many successes or
 * more, and as many or fewer, have a chance of 2.5 %. It holds at every n and every rate: 50 of 50 is 100 % [92.9 %, 100 %].
 *
 * Source: Clopper & Pearson (1934), "The use of confidence or fiducial limits", Biometrika 26.
 */
export function proportion(successes: number, n: number): Estimate {
  return stratifiedProportion([{ successes, n }]);
}

/**
 * Success averaged over tasks with equal weight, as BALROG scores an environment: p = (1/T) Σ p_t over the T strata that have
 * episodes, with a 95 % interval.
 *
 * With the same n in each stratum it is the exact interval of all episodes together, {@link proportion}: rates that differ
 * between strata make their number of successes vary less than one rate does (Hoeffding 1956, Ann. Math. Statist. 27).
 *
 * Else it is Korn & Graubard's: the exact interval of n_eff(p) p̂ successes in n_eff(p) episodes, fractions allowed, with
 * n_eff(p) = p (1 - p) / V(p). V(p) is the most that p̂ can vary where the rates average p, so the interval holds whatever each
 * task's rate is: see {@link leastFavorable}. No bound lies within the exact one of no success at all, or of no failure. `npm run bench -- coverage` has the coverage and the widths.
 *
 * Sources: Korn & Graubard (1998), "Confidence intervals for proportions with small expected number of positive counts
 * estimated from survey data", Survey Methodology 24; the least favorable strata are those of Wendell & Schmee (1996),
 * "Exact inference for proportions from a stratified finite population", JASA 91.
 */
export function stratifiedProportion(strata: readonly Stratum[]): Estimate {
  const filled = strata.filter(isFilled);
  const n = sum(filled.map((stratum) => stratum.n));
  if (n === 0) return { n, mean: null, low: null, high: null };
  const mean = sum(filled.map((stratum) => stratum.successes / stratum.n)) / filled.length;
  const sizes = filled.map((stratum) => stratum.n);
  return { n, mean, low: lowerBound(mean, sizes), high: 1 - lowerBound(1 - mean, sizes) };
}

/**
 * The effective number of episodes at a rate p, p (1 - p) / V(p), where V(p) = max Σ q_t (1 - q_t) / (T² n_t) over all rates
 * q_t of the strata that average p. By Lagrange's multiplier μ, q_t = max(0, (1 - μ n_t) / 2) up to p = 1/2, and mirrored above.
 */
export function leastFavorable(sizes: readonly number[]): (p: number) => number {
  const sorted = [...sizes].sort((a, b) => a - b);
  if (sorted[0] === sorted.at(-1)) return () => sum(sorted);
  return (p) => {
    const rare = Math.min(p, 1 - p);
    let total = sum(sorted);
    for (let strata = sorted.length; ; strata--) {
      const largest = sorted[strata - 1]!;
      const multiplier = (strata - 2 * sorted.length * rare) / total;
      // What the largest stratum adds has come down to nothing: the others share the rest.
      if (multiplier * largest > 1) {
        total -= largest;
        continue;
      }
      const terms = sorted.slice(0, strata).map((n) => (1 - (multiplier * n) ** 2) / (4 * n));
      return (rare * (1 - rare) * sorted.length ** 2) / sum(terms);
    }
  };
}

/** The rate at which a share of at least `mean` has the chance `tail`, in strata of these sizes; 0 where there is none. */
export function lowerBound(mean: number, sizes: readonly number[], tail = 0.025): number {
  if (mean === 0) return 0;
  const sizeAt = leastFavorable(sizes);
  const bound = bisect(0, mean, (p) => atLeast(mean, p, sizeAt(p)) < tail);
  return Math.min(bound, lowerBoundOfAll(sizes, tail));
}

/**
 * The least average rate at which every episode is a success with the chance `tail`. Exact also where strata differ: the rates
 * q_t = min(1, λ n_t) make Σ q_t least among those with the chance Π q_t^n_t.
 */
function lowerBoundOfAll(sizes: readonly number[], tail: number): number {
  const ratesAt = (multiplier: number) => sizes.map((n) => Math.min(1, multiplier * n));
  const chanceAt = (multiplier: number) =>
    Math.exp(sum(ratesAt(multiplier).map((rate, i) => sizes[i]! * Math.log(rate))));
  const most = 1 / Math.min(...sizes);
  return average(ratesAt(bisect(0, most, (multiplier) => chanceAt(multiplier) < tail)));
}

/** The chance of a share of at least `mean` of n episodes, each a success with the chance p. */
export function atLeast(mean: number, p: number, n: number): number {
  return betaCdf(p, n * mean, n * (1 - mean) + 1);
}

/** Where `isBelow` turns from true to false between the two. */
export function bisect(from: number, to: number, isBelow: (x: number) => boolean): number {
  let [low, high] = [from, to];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function isFilled({ successes, n }: Stratum): boolean {
  const isWhole = Number.isInteger(n) && Number.isInteger(successes);
  if (!isWhole || successes < 0 || successes > n) {
    throw new AnalysisError(
      `a proportion needs whole numbers 0 <= successes <= n, not ${successes} of ${n}`,
    );
  }
  return n > 0;
}
