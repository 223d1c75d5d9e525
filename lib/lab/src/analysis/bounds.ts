import type { Range } from "./outcome";
import {
  type Estimate,
  type MeanEstimate,
  mean,
  stratifiedProportion,
  sum,
} from "./statistics/statistics";

/**
 * An estimate over all planned episodes. What happened to finish first is no sample of them: who succeeds ends early. So
 * where values are unknown there is no mean, but the range in which it would lie, from every unknown value at its least to
 * every one at its most; `low` and `high` reach from the interval's lower bound at the one end to its upper bound at the
 * other. `n` counts the known values.
 *
 * Source: Horowitz & Manski (2000), "Nonparametric analysis of randomized experiments with missing covariate and outcome
 * data", JASA 95: worst-case bounds, which assume nothing about why a value is missing.
 */
export interface Bounded extends Estimate {
  /** Both are the mean where every value is known; null: nothing bounds it on that side. */
  least: number | null;
  most: number | null;
}

/** `sd` and `sem` are null where a value is unknown. */
export type BoundedMean = Bounded & MeanEstimate;

/** The mean of values of which some are known only within a range, with 95 % t intervals. */
export function boundedMean(values: readonly Range[]): BoundedMean {
  const ends = (end: keyof Range) => {
    const found = values.map((value) => value[end]);
    return mean(found.includes(null) ? [] : (found as number[]));
  };
  const known = values.filter(isKnown).length;
  const least = ends("least");
  if (known === values.length) return { ...least, least: least.mean, most: least.mean };
  const most = ends("most");
  const interval =
    least.low === null || most.high === null
      ? { low: null, high: null }
      : { low: least.low, high: most.high };
  return {
    ...{ n: known, mean: null, ...interval, sd: null, sem: null },
    ...{ least: least.mean, most: most.mean },
  };
}

/** As {@link stratifiedProportion}, where the outcome of `unknown` of a stratum's n is not known. */
export function boundedProportion(
  strata: readonly { successes: number; n: number; unknown: number }[],
): Bounded {
  const least = stratifiedProportion(strata);
  const unknown = sum(strata.map((stratum) => stratum.unknown));
  if (unknown === 0) return { ...least, least: least.mean, most: least.mean };
  const most = stratifiedProportion(
    strata.map(({ successes, n, unknown }) => ({ successes: successes + unknown, n })),
  );
  return {
    ...{ n: least.n - unknown, mean: null, low: least.low, high: most.high },
    ...{ least: least.mean, most: most.mean },
  };
}

export function isKnown({ least, most }: Range): boolean {
  return least !== null && least === most;
}
