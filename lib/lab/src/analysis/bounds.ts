import type { Range } from "./outcome";
import { stratifiedProportion } from "./statistics/proportion";
import {
  average,
  type Estimate,
  type MeanEstimate,
  stratifiedMean,
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

/** `sd`, `sem` and `df` are null where a value is unknown. */
export type BoundedMean = Bounded & MeanEstimate;

/**
 * The mean of values of which some are known only within a range, strata weighted equally, with t intervals of the level
 * 1 - 2 tail. They end where `possible` ends: no mean can lie beyond.
 */
export function boundedMean(
  strata: readonly (readonly Range[])[],
  { possible = ANYTHING, tail }: { possible?: Range; tail?: number } = {},
): BoundedMean {
  const values = strata.flat();
  const ends = (end: keyof Range) => {
    const isOpen = values.some((value) => value[end] === null);
    return stratifiedMean(isOpen ? [] : strata.map((own) => own.map((value) => value[end]!)), tail);
  };
  const known = values.filter(isKnown).length;
  const least = ends("least");
  const most = known === values.length ? least : ends("most");
  const interval =
    least.low === null || most.high === null
      ? { low: null, high: null }
      : {
          low: Math.max(least.low, possible.least ?? Number.NEGATIVE_INFINITY),
          high: Math.min(most.high, possible.most ?? Number.POSITIVE_INFINITY),
        };
  const bounds = { ...interval, least: least.mean, most: most.mean };
  if (known === values.length) return { ...least, ...bounds };
  return { n: known, mean: null, sd: null, sem: null, df: null, ...bounds };
}

const ANYTHING: Range = { least: null, most: null };

/** Where a mean, strata weighted equally, of values in these ranges lies. */
export function meanRange(strata: readonly (readonly Range[])[]): Range {
  const filled = strata.filter((own) => own.length > 0);
  const end = (end: keyof Range) => {
    const isOpen = filled.some((own) => own.some((value) => value[end] === null));
    return isOpen ? null : average(filled.map((own) => average(own.map((value) => value[end]!))));
  };
  return { least: end("least"), most: end("most") };
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
