import { type Comparison, compareVariants } from "../analysis/compare";
import { variantOrder } from "../analysis/order";
import type { Quantity } from "../analysis/outcome";
import { players } from "../analysis/player";
import type { EpisodeRow } from "../queries/episodes";
import { NothingToDrawError } from "./drawing/errors";
import { type IntervalRow, intervalChart } from "./drawing/intervals";
import { type ChartSpec, INK } from "./drawing/style";
import { group, scope, unfinishedNote } from "./labels";

/**
 * Differences between every two variants on the same tasks and seeds, tasks weighted equally: the mean of one minus the other
 * with the interval and the corrected p-value of `compareVariants`. They agree: the interval leaves out 0 exactly where p is at
 * most 0.05.
 *
 * @example
 * await showChart(pairedDifferences(rows, "success"));
 * @throws NothingToDrawError the rows hold fewer than two variants, or no two share an episode
 */
export function pairedDifferences(rows: readonly EpisodeRow[], quantity: Quantity): ChartSpec {
  const { title, axis, format } = SHOWN[quantity];
  const comparisons = compareVariants(rows, quantity);
  if (comparisons.length === 0) {
    const variants = variantOrder(rows).join(", ") || "none";
    throw new NothingToDrawError(
      `paired differences need two variants; the rows have: ${variants}`,
    );
  }
  if (comparisons.every(({ difference, unknown }) => difference.n + unknown === 0))
    throw new NothingToDrawError(
      `paired differences need episodes on the same tasks and seeds, with ${quantity} known; no two of the variants ${variantOrder(rows).join(", ")} share one`,
    );
  return intervalChart({
    title: `Paired differences: ${title}`,
    subtitle: subtitle(rows, quantity, comparisons),
    axis,
    column: "difference [interval]",
    domain: [0, null],
    format,
    mark: "point",
    reference: 0,
    rows: comparisons.map((comparison) => differenceRow(comparison, SHOWN[quantity])),
  });
}

function subtitle(
  rows: readonly EpisodeRow[],
  quantity: Quantity,
  comparisons: readonly Comparison[],
): string[] {
  const unfinished = unfinishedNote(rows);
  const test = quantity === "success" ? "McNemar's exact test" : "paired t test";
  const tests = comparisons.filter(({ difference, unknown }) => difference.n + unknown > 0).length;
  const isUnpaired = comparisons.some(({ unpaired }) => unpaired > 0);
  return [
    `${scope(rows)}; pairs share task and seed.`,
    `Points: mean of the difference, tasks weighted equally; p: ${test}; whiskers: the 95 % interval of that test.`,
    tests > 1
      ? `Both are corrected for ${tests} comparisons (Bonferroni): whiskers leave out 0 exactly where p is at most 0.05.`
      : null,
    isUnpaired
      ? "Unpaired: episodes of one of the two alone, or whose tokens were not counted; left out."
      : null,
    unfinished === null
      ? null
      : `${unfinished} Pale: the range of the difference over all pairs, which has no test.`,
    players(rows),
  ].filter((line) => line !== null);
}

function differenceRow(
  { a, b, difference, unknown, unpaired, effective_pairs, adjusted }: Comparison,
  { factor, digits }: Shown,
): IntervalRow {
  const { n, mean, least, most, low, high } = difference;
  const scale = (value: number | null) => (value === null ? null : value * factor);
  const pairs = [
    unknown > 0 ? `${group(n)} of ${group(n + unknown)} pairs` : `${group(n)} pairs`,
    ...(effective_pairs < n + unknown ? [`effective ${group(effective_pairs, 1)}`] : []),
    ...(unpaired > 0 ? [`${group(unpaired)} unpaired`] : []),
  ].join(", ");
  return {
    name: b,
    who: `minus ${a}`,
    note: pairs,
    ...{ mean: scale(mean), low: scale(low), high: scale(high) },
    ...(unknown > 0 ? { least: scale(least), most: scale(most) } : {}),
    label:
      n + unknown === 0
        ? "no common episode"
        : differenceLabel(difference, adjusted, (value) => signed(value * factor, digits)),
    color: INK,
    episodes: { variants: [a, b], task: null },
  };
}

/** "+37.5 to +50.0 [−6.4, +71.0], no test". */
function differenceLabel(
  { mean, least, most, low, high }: Comparison["difference"],
  p: Comparison["adjusted"],
  number: (value: number) => string,
): string {
  if (least === null)
    return most === null ? "not known, no test" : `at most ${number(most)}, no test`;
  if (most === null) return `at least ${number(least)}, no test`;
  const value = mean === null ? `${number(least)} to ${number(most)}` : number(mean);
  const interval =
    low === null || high === null ? "no interval" : `${number(low)}, ${number(high)}`;
  return `${value} [${interval}], ${pText(p)}`;
}

function pText(p: Comparison["adjusted"]): string {
  if (p === null) return "no test";
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
}

function signed(value: number, digits: number): string {
  const text = group(value, digits);
  return text.startsWith("−") || Number(value.toFixed(digits)) === 0 ? text : `+${text}`;
}

interface Shown {
  title: string;
  axis: string;
  factor: number;
  digits: number;
  format: string;
}

const SHOWN: Record<Quantity, Shown> = {
  success: {
    title: "success rate",
    axis: "difference in success rate (percentage points)",
    factor: 100,
    digits: 1,
    format: "d",
  },
  episode_return: {
    title: "episode return",
    axis: "difference in episode return (between −1 and 1)",
    factor: 1,
    digits: 3,
    format: ".1f",
  },
  episode_length: {
    title: "episode length",
    axis: "difference in steps of an episode",
    factor: 1,
    digits: 1,
    format: ",d",
  },
  input_tokens: {
    title: "input tokens",
    axis: "difference in input tokens of an episode",
    factor: 1,
    digits: 0,
    format: ",d",
  },
  output_tokens: {
    title: "generated tokens",
    axis: "difference in generated tokens of an episode",
    factor: 1,
    digits: 0,
    format: ",d",
  },
};
