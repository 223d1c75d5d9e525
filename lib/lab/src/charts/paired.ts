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
 * Differences between every two variants on the same tasks and seeds: the mean of one minus the other with
 * its 95 % interval (Newcombe's for success, t for the rest) and the p-value after Holm's correction.
 *
 * @example
 * await showChart(pairedDifferences(rows, "success"));
 * @throws NothingToDrawError the rows hold fewer than two variants
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
  const played = players(rows);
  const unfinished = unfinishedNote(rows);
  const [interval, test] =
    quantity === "success"
      ? ["95 % Newcombe interval", "McNemar's exact test"]
      : ["95 % t interval", "paired t test"];
  return intervalChart({
    title: `Paired differences: ${title}`,
    subtitle: [
      `${scope(rows)}; pairs share task and seed.`,
      `Points: mean of the difference; whiskers: ${interval}; p: ${test}, Holm-corrected.`,
      ...(unfinished === null
        ? []
        : [`${unfinished} Pale: the range of the difference over all pairs, which has no test.`]),
      ...(played === null ? [] : [played]),
    ],
    axis,
    column: "difference [interval]",
    domain: [0, null],
    format,
    mark: "point",
    reference: 0,
    rows: comparisons.map((comparison) => differenceRow(comparison, SHOWN[quantity])),
  });
}

function differenceRow(
  { a, b, difference, unknown, adjusted }: Comparison,
  { factor, digits }: Shown,
): IntervalRow {
  const { n, mean, least, most, low, high } = difference;
  const scale = (value: number | null) => (value === null ? null : value * factor);
  const pairs = unknown > 0 ? `${group(n)} of ${group(n + unknown)} pairs` : `${group(n)} pairs`;
  return {
    name: b,
    note: `minus ${a} · ${pairs}`,
    ...{ mean: scale(mean), low: scale(low), high: scale(high) },
    ...(unknown > 0 ? { least: scale(least), most: scale(most) } : {}),
    label:
      n + unknown === 0
        ? "no common episode"
        : differenceLabel(difference, adjusted, (value) => signed(value * factor, digits)),
    color: INK,
  };
}

/** "+37.5 to +50.0 [−6.4, +71.0], no test". */
function differenceLabel(
  { mean, least, most, low, high }: Comparison["difference"],
  p: Comparison["adjusted"],
  number: (value: number) => string,
): string {
  if (least === null || most === null) return "not known, no test";
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
