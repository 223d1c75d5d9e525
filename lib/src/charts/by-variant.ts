import type { Estimate } from "../analysis/statistics";
import { type Summary, summarize } from "../analysis/summary";
import type { EpisodeRow } from "../store/episodes";
import { intervalChart } from "./intervals";
import { counts, group, localKind, scope, shorten } from "./labels";
import { type ChartSpec, PALETTE } from "./style";

/** Success rate by variant in percent, tasks weighted equally, with 95 % Wilson intervals. */
export function successRate(rows: readonly EpisodeRow[]): ChartSpec {
  return byVariant(rows, {
    title: "Success rate",
    axis: "episodes that fulfilled the mission (%)",
    column: "rate [95 % Wilson interval]",
    caption: "Bars: success rate, tasks weighted equally; whiskers: 95 % Wilson interval.",
    noun: "rate",
    estimate: ({ success }) => scaled(success, 100),
    format: (value) => group(value, 1),
    unit: " %",
    domain: [0, 100],
    axisFormat: "d",
  });
}

/** Mean episode return by variant with 95 % t intervals. */
export function episodeReturn(rows: readonly EpisodeRow[]): ChartSpec {
  return byVariant(rows, {
    ...MEAN,
    title: "Episode return",
    axis: "return of an episode: 1 − 0.9 · steps / step limit on success, else 0",
    estimate: (summary) => summary.episode_return,
    format: (value) => group(value, 3),
    domain: [0, 1],
    axisFormat: ".1f",
  });
}

/** Mean episode length by variant, in environment steps, with 95 % t intervals. */
export function episodeLength(rows: readonly EpisodeRow[]): ChartSpec {
  return byVariant(rows, {
    ...MEAN,
    title: "Episode length",
    axis: "steps in an episode",
    estimate: (summary) => summary.episode_length,
    format: (value) => group(value, 1),
  });
}

/** Mean input tokens of an episode by variant, over all of its model calls, with 95 % t intervals. */
export function inputTokens(rows: readonly EpisodeRow[]): ChartSpec {
  return byVariant(rows, {
    ...MEAN,
    title: "Input tokens",
    axis: "input tokens in an episode, all model calls",
    estimate: (summary) => summary.input_tokens,
    format: (value) => group(value),
  });
}

/** Mean generated tokens of an episode by variant, over all of its model calls, with 95 % t intervals. */
export function generatedTokens(rows: readonly EpisodeRow[]): ChartSpec {
  return byVariant(rows, {
    ...MEAN,
    title: "Generated tokens",
    axis: "generated tokens in an episode, all model calls",
    estimate: (summary) => summary.output_tokens,
    format: (value) => group(value),
  });
}

interface Quantity {
  title: string;
  axis: string;
  column: string;
  caption: string;
  noun: "rate" | "mean";
  estimate: (summary: Summary) => Estimate;
  format: (value: number) => string;
  unit: string;
  domain: [number, number | null];
  axisFormat: string;
}

const MEAN = {
  column: "mean [95 % t interval]",
  caption: "Bars: mean over episodes; whiskers: 95 % t interval.",
  noun: "mean" as const,
  unit: "",
  domain: [0, null] as [number, null],
  axisFormat: ",d",
};

function byVariant(rows: readonly EpisodeRow[], quantity: Quantity): ChartSpec {
  const summaries = summarize(rows);
  const failed = summaries.some((summary) => summary.failed > 0);
  return intervalChart({
    ...quantity,
    subtitle: [
      scope(rows),
      `${quantity.caption}${failed ? ` Failed episodes are counted, and in no ${quantity.noun}.` : ""}`,
    ],
    rows: summaries.map((summary, index) => {
      const estimate = quantity.estimate(summary);
      const kind = localKind(summary.variant);
      return {
        name: shorten(summary.variant),
        note: [...(kind ? [kind] : []), counts(estimate.n, summary.failed)].join(" · "),
        mean: estimate.mean,
        low: estimate.low,
        high: estimate.high,
        label: estimateLabel(estimate, quantity.format, quantity.unit),
        colour: PALETTE[index % PALETTE.length]!,
      };
    }),
    format: quantity.axisFormat,
    mark: "bar",
  });
}

/** "96.0 % [90.2, 98.4]". */
export function estimateLabel(
  { mean, low, high }: Estimate,
  format: (value: number) => string,
  unit = "",
): string {
  if (mean === null) return "no finished episode";
  const interval =
    low === null || high === null ? "no interval" : `${format(low)}, ${format(high)}`;
  return `${format(mean)}${unit} [${interval}]`;
}

function scaled(estimate: Estimate, factor: number): Estimate {
  const scale = (value: number | null) => (value === null ? null : value * factor);
  return {
    n: estimate.n,
    mean: scale(estimate.mean),
    low: scale(estimate.low),
    high: scale(estimate.high),
  };
}
