import type { EpisodeRow } from "../queries/episodes";
import { type Bounded, boundedMean, isKnown } from "./bounds";
import { variantOrder } from "./order";
import { isFinished, type Quantity, type Range, rangeOf } from "./outcome";
import { refuseMixedRuns } from "./runs";
import { AnalysisError } from "./statistics/errors";
import {
  holm,
  mcnemarExact,
  type PairedCounts,
  pairedProportionDifference,
  pairedT,
} from "./statistics/hypothesis-tests";

/** Variant b against variant a on the tasks and seeds that both were to play. */
export interface Comparison {
  a: string;
  b: string;
  quantity: Quantity;
  /**
   * Mean of b - a over the pairs. For success a difference of shares with Newcombe's interval, else a t interval. `n` counts
   * the pairs of which both have an outcome.
   */
  difference: Bounded;
  /**
   * b - a of each pair, success as 0 or 1: `bootstrapMean(differences)` is an interval that assumes no shape. Empty where a
   * pair lacks an outcome: those that have both are no sample of all.
   */
  differences: readonly number[];
  /**
   * Two-sided: McNemar's exact test for success, else the paired t test; null where there is no test, or a pair lacks an
   * outcome.
   */
  p: number | null;
  /** `p` after Holm's correction for all comparisons of the same call. */
  adjusted: number | null;
  /** Pairs whose difference is not known: one episode or both have no outcome. */
  unknown: number;
  /** Episodes of a or b on a task and seed that the other was not to play, or whose tokens were not counted in both; left out. */
  unpaired: number;
}

/**
 * Compares every two variants of the rows on one quantity, episode by episode: pairs share task and seed, so
 * they started in the same world.
 *
 * @example
 * for (const { a, b, difference, p } of compareVariants(rows, "success")) {
 *   console.log(`${b} - ${a}: ${difference.mean}, p = ${p}`);
 * }
 * @throws AnalysisError a variant has rows of several runs, or two on one task and seed
 */
export function compareVariants(rows: readonly EpisodeRow[], quantity: Quantity): Comparison[] {
  refuseMixedRuns(rows);
  const variants = variantOrder(rows);
  const episodes = new Map(variants.map((variant) => [variant, byWorld(rows, variant)]));
  const comparisons = variants.flatMap((a, index) =>
    variants.slice(index + 1).map((b) => compare(a, b, quantity, episodes)),
  );
  const adjusted = holm(comparisons.map((comparison) => comparison.p));
  return comparisons.map((comparison, index) => ({
    ...comparison,
    adjusted: adjusted[index]!,
  }));
}

type Worlds = ReadonlyMap<string, EpisodeRow>;

function compare(
  a: string,
  b: string,
  quantity: Quantity,
  episodes: ReadonlyMap<string, Worlds>,
): Omit<Comparison, "adjusted"> {
  const ofA = episodes.get(a)!;
  const ofB = episodes.get(b)!;
  const pairs = [...ofA].flatMap(([world, episode]) => {
    const other = ofB.get(world);
    if (other === undefined || [episode, other].some((row) => isUncounted(row, quantity)))
      return [];
    return [{ a: rangeOf(episode, quantity), b: rangeOf(other, quantity) }];
  });
  const ranges = pairs.map((pair) => subtract(pair.b, pair.a));
  const unknown = ranges.filter((range) => !isKnown(range)).length;
  const differences = unknown > 0 ? [] : ranges.map(({ least }) => least!);
  const common = {
    ...{ a, b, quantity, differences, unknown },
    unpaired: ofA.size + ofB.size - 2 * pairs.length,
  };
  if (quantity !== "success") {
    return { ...common, difference: boundedMean(ranges), p: pairedT(differences) };
  }
  const least = pairedProportionDifference(count(pairs, "most", "least"));
  const counts = count(pairs, "least", "most");
  const most = pairedProportionDifference(counts);
  const bounds = { least: least.mean, most: most.mean };
  if (unknown > 0) {
    const n = pairs.length - unknown;
    const difference = { n, mean: null, low: least.low, high: most.high, ...bounds };
    return { ...common, difference, p: null };
  }
  const p = pairs.length === 0 ? null : mcnemarExact(counts);
  return { ...common, difference: { ...most, ...bounds }, p };
}

interface Pair {
  a: Range;
  b: Range;
}

/** Pairs by who succeeds, where each unknown outcome is taken at one end. */
function count(pairs: readonly Pair[], endOfA: keyof Range, endOfB: keyof Range): PairedCounts {
  const of = (a: number, b: number) =>
    pairs.filter((pair) => pair.a[endOfA] === a && pair.b[endOfB] === b).length;
  return { both: of(1, 1), onlyA: of(1, 0), onlyB: of(0, 1), neither: of(0, 0) };
}

/** The episode ended, and its provider did not count the tokens of every call. */
function isUncounted(row: EpisodeRow, quantity: Quantity): boolean {
  return isFinished(row) && row[quantity] === null;
}

/** b - a. */
function subtract(b: Range, a: Range): Range {
  const minus = (x: number | null, y: number | null) => (x === null || y === null ? null : x - y);
  return { least: minus(b.least, a.most), most: minus(b.most, a.least) };
}

/** A variant's episodes by task and seed. */
function byWorld(rows: readonly EpisodeRow[], variant: string): Map<string, EpisodeRow> {
  const worlds = new Map<string, EpisodeRow>();
  for (const row of rows) {
    if (row.variant !== variant) continue;
    const world = `${row.task}\n${row.seed}`;
    if (worlds.has(world)) {
      throw new AnalysisError(
        `${variant} has two episodes on ${row.task}, seed ${row.seed}; compare the rows of one run, of lab.episodes`,
      );
    }
    worlds.set(world, row);
  }
  return worlds;
}
