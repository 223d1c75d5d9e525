import { type Comparison, compareVariants } from "../analysis/compare";
import { variantOrder } from "../analysis/order";
import type { Quantity } from "../analysis/outcome";
import { AnalysisError } from "../analysis/statistics/errors";
import type { EpisodeRow } from "../queries/episodes";
import { intervalChart } from "./drawing/intervals";
import { type ChartSpec, PALETTE } from "./drawing/style";
import { group, players, scope, shorten, unfinishedNote } from "./labels";

/**
 * Differences between every two variants on the same tasks and seeds: the mean of the second minus the first with
 * its 95 % interval (Newcombe's for success, t for the rest) and the p-value after Holm's correction.
 *
 * @throws AnalysisError the rows hold fewer than two variants
 */
export function pairedDifferences(rows: readonly EpisodeRow[], quantity: Quantity): ChartSpec {
  const { title, axis, factor, digits, format } = SHOWN[quantity];
  const comparisons = compareVariants(rows, quantity);
  if (comparisons.length === 0) {
    const variants = variantOrder(rows).join(", ") || "none";
    throw new AnalysisError(`paired differences need two variants; the rows have: ${variants}`);
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
    rows: comparisons.map(({ a, b, difference, unknown, adjusted }) => {
      const scale = (value: number | null) => (value === null ? null : value * factor);
      const number = (value: number | null) => signed(scale(value)!, digits);
      const label = () => {
        const { mean, least, most, low, high } = difference;
        if (least === null) return "not known, no test";
        const value = mean === null ? `${number(least)} to ${number(most)}` : number(mean);
        const interval = low === null ? "no interval" : `${number(low)}, ${number(high)}`;
        return `${value} [${interval}], ${pText(adjusted)}`;
      };
      return {
        name: `${shorten(b, 28)} − ${shorten(a, 28)}`,
        note: `${group(difference.n)} ${unknown > 0 ? `of ${group(difference.n + unknown)} ` : ""}pairs`,
        mean: scale(difference.mean),
        ...(unknown > 0 ? { least: scale(difference.least), most: scale(difference.most) } : {}),
        low: scale(difference.low),
        high: scale(difference.high),
        label: difference.n + unknown === 0 ? "no common episode" : label(),
        color: PALETTE[0]!,
      };
    }),
  });
}

function pText(p: Comparison["adjusted"]): string {
  if (p === null) return "no test";
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
}

function signed(value: number, digits: number): string {
  const text = group(value, digits);
  return text.startsWith("−") || Number(value.toFixed(digits)) === 0 ? text : `+${text}`;
}

const SHOWN: Record<
  Quantity,
  { title: string; axis: string; factor: number; digits: number; format: string }
> = {
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
