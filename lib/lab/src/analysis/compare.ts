import type { EpisodeRow } from "../queries/episodes";
import { type Bounded, boundedMean, isKnown, meanRange } from "./bounds";
import { byTask, variantOrder } from "./order";
import {
  isFinished,
  possibleRange,
  type Quantity,
  quantities,
  type Range,
  rangeOf,
} from "./outcome";
import { refuseMixedRuns } from "./runs";
import { studentTTwoSided } from "./statistics/distributions";
import { AnalysisError } from "./statistics/errors";
import { bonferroni, type PairedCounts, pairedDifference } from "./statistics/paired";
import { effectiveSize } from "./statistics/statistics";

/** Variant b against variant a on the tasks and seeds that both were to play. */
export interface Comparison {
  a: string;
  b: string;
  quantity: Quantity;
  /**
   * Mean of b - a over the pairs, tasks weighted equally. Its interval belongs to the test of `p` with the correction of
   * `adjusted`: it leaves out 0 exactly where `adjusted` is at most 0.05, and the intervals of all comparisons of the same call hold
   * together in 95 % of cases. `n` counts the pairs of which both have an outcome.
   */
  difference: Bounded;
  /**
   * b - a of each pair, success as 0 or 1: `bootstrapMean(differences)` is an interval that assumes no shape. Empty where a
   * pair lacks an outcome: those that have both are no sample of all.
   */
  differences: readonly number[];
  /**
   * Two-sided: McNemar's exact test for success (`pairedDifference`), else the t test of the mean difference; null where there is no
   * test, or a pair lacks an outcome.
   */
  p: number | null;
  /** `p` after Bonferroni's correction for all comparisons of the same call that have a pair. */
  adjusted: number | null;
  /** Pairs whose difference is not known: one episode or both have no outcome. */
  unknown: number;
  /** As many pairs in equal numbers a task tell as much: the number of pairs where the numbers are equal. */
  effective_pairs: number;
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
  return comparisons(rows, quantity, () => true);
}

/** Runs beside each other. */
export interface RunComparison {
  /** Those of all runs; a variant is called "rule_based · with hints" in the run of that name. */
  rows: EpisodeRow[];
  /** Each variant of a run against each of another, episode by episode, where both were to play the same worlds. */
  pairs: Comparison[];
}

/** A run with what people call it. */
export interface NamedRun {
  run: string;
  name: string | null;
  rows: readonly EpisodeRow[];
}

/** What callers without types may give, before a store is asked. @throws AnalysisError also where less than two runs are given */
export function checkCompared(runs: readonly string[], quantity: Quantity): void {
  if (!Array.isArray(runs))
    throw new AnalysisError(`Runs to compare are a list of ids; got ${JSON.stringify(runs)}.`);
  if (!quantities.includes(quantity))
    throw new AnalysisError(
      `There is no quantity ${JSON.stringify(quantity)}. There are: ${quantities.join(", ")}.`,
    );
  if (new Set(runs).size < 2 || new Set(runs).size < runs.length)
    throw new AnalysisError(
      `Two runs or more are compared, each once; got ${runs.join(", ") || "none"}.`,
    );
}

/**
 * Sets runs beside each other: every variant carries its run, so that nothing is pooled.
 *
 * @throws AnalysisError no two share a world
 */
export function compareRuns(runs: readonly NamedRun[], quantity: Quantity): RunComparison {
  const ids = runs.map(({ run }) => run);
  const names = runs.map(({ run, name }) => name ?? run);
  const labelOf = (i: number) =>
    names.indexOf(names[i]!) === names.lastIndexOf(names[i]!) ? names[i]! : ids[i]!;
  const runOf = new Map<string, string>();
  const rows = runs.flatMap(({ run, rows: own }, i) =>
    own.map((row) => {
      const variant = `${row.variant} · ${labelOf(i)}`;
      runOf.set(variant, run);
      return { ...row, variant };
    }),
  );
  const ofOthers = (a: string, b: string) => runOf.get(a) !== runOf.get(b);
  const pairs = comparisons(rows, quantity, ofOthers).filter(
    ({ difference, unknown }) => difference.n + unknown > 0,
  );
  if (pairs.length > 0) return { rows, pairs };
  throw new AnalysisError(
    `No two of the runs ${ids.join(", ")} have played the same worlds (task and seed), so there is nothing to pair. ` +
      `Let one grow by the other's: lab.evaluate({ run: "${ids[0]}", worlds }).`,
  );
}

/** Those of two variants that are `wanted`: corrections are for these alone. */
function comparisons(
  rows: readonly EpisodeRow[],
  quantity: Quantity,
  wanted: (a: string, b: string) => boolean,
): Comparison[] {
  refuseMixedRuns(rows);
  const variants = variantOrder(rows);
  const episodes = new Map(variants.map((variant) => [variant, byWorld(rows, variant)]));
  const pairings = variants.flatMap((a, index) =>
    variants
      .slice(index + 1)
      .filter((b) => wanted(a, b))
      .map((b) => pair(a, b, quantity, episodes)),
  );
  const tests = pairings.filter(({ pairs }) => pairs.length > 0).length;
  return pairings.map(({ pairs, ...sides }) => {
    const compared = compare(pairs, quantity, 0.025 / Math.max(1, tests));
    return { ...sides, quantity, ...compared, adjusted: bonferroni(compared.p, tests) };
  });
}

type Worlds = ReadonlyMap<string, EpisodeRow>;

function pair(a: string, b: string, quantity: Quantity, episodes: ReadonlyMap<string, Worlds>) {
  const ofA = episodes.get(a)!;
  const ofB = episodes.get(b)!;
  const pairs = [...ofA].flatMap(([world, episode]): Pair[] => {
    const other = ofB.get(world);
    if (other === undefined || [episode, other].some((row) => isUncounted(row, quantity)))
      return [];
    return [
      {
        task: episode.task,
        a: rangeOf(episode, quantity),
        b: rangeOf(other, quantity),
        possible: possibleRange(episode, quantity),
      },
    ];
  });
  return { a, b, pairs, unpaired: ofA.size + ofB.size - 2 * pairs.length };
}

function compare(
  pairs: readonly Pair[],
  quantity: Quantity,
  tail: number,
): Pick<Comparison, "difference" | "differences" | "p" | "unknown" | "effective_pairs"> {
  const ranges = pairs.map((pair) => subtract(pair.b, pair.a));
  const unknown = ranges.filter((range) => !isKnown(range)).length;
  const differences = unknown > 0 ? [] : ranges.map(({ least }) => least!);
  const tasks = byTask(pairs);
  const effective_pairs = effectiveSize(tasks.map((own) => own.length));
  const common = { differences, unknown, effective_pairs };
  if (quantity !== "success") {
    const difference = boundedMean(
      tasks.map((own) => own.map(({ a, b }) => subtract(b, a))),
      {
        possible: meanRange(
          tasks.map((own) => own.map(({ possible }) => subtract(possible, possible))),
        ),
        tail,
      },
    );
    const { mean, sem, df } = difference;
    const p = mean === null || df === null ? null : studentTTwoSided(mean / sem!, df);
    return { ...common, difference, p };
  }
  const least = pairedDifference(
    tasks.map((own) => count(own, "most", "least")),
    tail,
  );
  if (unknown === 0) {
    const { p, ...difference } = least;
    const { mean } = difference;
    return { ...common, difference: { ...difference, least: mean, most: mean }, p };
  }
  const most = pairedDifference(
    tasks.map((own) => count(own, "least", "most")),
    tail,
  );
  const difference = {
    ...{ n: pairs.length - unknown, mean: null, low: least.low, high: most.high },
    ...{ least: least.mean, most: most.mean },
  };
  return { ...common, difference, p: null };
}

interface Pair {
  task: string;
  a: Range;
  b: Range;
  /** What both can be. */
  possible: Range;
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
