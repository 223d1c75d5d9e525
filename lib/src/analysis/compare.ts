import type { EpisodeRow } from "../store/episodes";
import { AnalysisError } from "./errors";
import {
  holm,
  mcnemarExact,
  type PairedCounts,
  pairedProportionDifference,
  pairedT,
} from "./hypothesis-tests";
import { variantOrder } from "./order";
import { type Estimate, mean } from "./statistics";
import { type FinishedEpisode, isFinished } from "./summary";

/** A quantity of an episode on which variants are compared. */
export type Quantity =
  | "success"
  | "episode_return"
  | "episode_length"
  | "input_tokens"
  | "output_tokens";

/** Variant b against variant a on the tasks and seeds that both finished. */
export interface Comparison {
  a: string;
  b: string;
  quantity: Quantity;
  /** Mean of b - a over the pairs. For success a difference of shares with Newcombe's interval, else a t interval. */
  difference: Estimate;
  /** b - a of each pair, success as 0 or 1: `bootstrapMean(differences)` is an interval that assumes no shape. */
  differences: readonly number[];
  /** Two-sided: McNemar's exact test for success, else the paired t test; null where there is no test. */
  p: number | null;
  /** `p` after Holm's correction for all comparisons of the same call. */
  adjusted: number | null;
  /** Episodes of a or b without a finished counterpart, or whose quantity is not known in both; left out. */
  unpaired: number;
}

/**
 * Compares every two variants of the rows on one quantity, episode by episode: pairs share task and seed, so
 * they started in the same world.
 *
 * Throws AnalysisError when a variant has two episodes on one task and seed: rows of several runs were mixed.
 */
export function compareVariants(rows: readonly EpisodeRow[], quantity: Quantity): Comparison[] {
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

function compare(
  a: string,
  b: string,
  quantity: Quantity,
  episodes: ReadonlyMap<string, ReadonlyMap<string, FinishedEpisode>>,
): Omit<Comparison, "adjusted"> {
  const ofA = episodes.get(a)!;
  const ofB = episodes.get(b)!;
  const pairs = [...ofA].flatMap(([world, episode]) => {
    const other = ofB.get(world);
    const isKnown = other && episode[quantity] !== null && other[quantity] !== null;
    return isKnown ? [{ a: episode, b: other }] : [];
  });
  const differences = pairs.map((pair) => Number(pair.b[quantity]) - Number(pair.a[quantity]));
  const common = {
    a,
    b,
    quantity,
    differences,
    unpaired: ofA.size + ofB.size - 2 * pairs.length,
  };
  if (quantity !== "success") {
    const { n, mean: m, low, high } = mean(differences);
    return { ...common, difference: { n, mean: m, low, high }, p: pairedT(differences) };
  }
  const count = (inA: boolean, inB: boolean) =>
    pairs.filter((pair) => pair.a.success === inA && pair.b.success === inB).length;
  const counts: PairedCounts = {
    both: count(true, true),
    onlyA: count(true, false),
    onlyB: count(false, true),
    neither: count(false, false),
  };
  return {
    ...common,
    difference: pairedProportionDifference(counts),
    p: pairs.length === 0 ? null : mcnemarExact(counts),
  };
}

/** A variant's finished episodes by task and seed. */
function byWorld(rows: readonly EpisodeRow[], variant: string): Map<string, FinishedEpisode> {
  const worlds = new Map<string, FinishedEpisode>();
  for (const row of rows) {
    if (row.variant !== variant || !isFinished(row)) continue;
    const world = `${row.task}\n${row.seed}`;
    if (worlds.has(world)) {
      throw new AnalysisError(
        `${variant} has two finished episodes on ${row.task}, seed ${row.seed}; compare the rows of one run`,
      );
    }
    worlds.set(world, row);
  }
  return worlds;
}
