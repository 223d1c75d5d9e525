import { taskOrder } from "../analysis/order";
import type { Estimate } from "../analysis/statistics";
import { type Summary, summarize } from "../analysis/summary";
import type { EpisodeRow } from "../store/episodes";
import { type IntervalRow, intervalChart } from "./intervals";
import { counts, group, localKind, localVariants, scope, shorten, shortTask } from "./labels";
import { type ChartSpec, variantColours } from "./style";

/** Success rate by variant in percent, tasks weighted equally, with 95 % Wilson intervals. */
export function successRate(rows: readonly EpisodeRow[], by: By = "variant"): ChartSpec {
  return draw(rows, by, {
    title: "Success rate",
    axis: "episodes that fulfilled the mission (%)",
    column: "rate [95 % Wilson interval]",
    caption: "Bars: success rate, tasks weighted equally; whiskers: 95 % Wilson interval.",
    captionByTask: "Bars: success rate; whiskers: 95 % Wilson interval.",
    noun: "rate",
    estimate: ({ success }) => scaled(success, 100),
    format: (value) => group(value, 1),
    unit: " %",
    domain: [0, 100],
    axisFormat: "d",
  });
}

/** Mean episode return by variant with 95 % t intervals. */
export function episodeReturn(rows: readonly EpisodeRow[], by: By = "variant"): ChartSpec {
  return draw(rows, by, {
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
export function episodeLength(rows: readonly EpisodeRow[], by: By = "variant"): ChartSpec {
  return draw(rows, by, {
    ...MEAN,
    title: "Episode length",
    axis: "steps in an episode",
    estimate: (summary) => summary.episode_length,
    format: (value) => group(value, 1),
  });
}

/** Mean input tokens of an episode by variant, over all of its model calls, with 95 % t intervals. */
export function inputTokens(rows: readonly EpisodeRow[], by: By = "variant"): ChartSpec {
  return draw(rows, by, {
    ...MEAN,
    title: "Input tokens",
    axis: "input tokens in an episode, all model calls",
    estimate: (summary) => summary.input_tokens,
    format: (value) => group(value),
  });
}

/** Mean generated tokens of an episode by variant, over all of its model calls, with 95 % t intervals. */
export function generatedTokens(rows: readonly EpisodeRow[], by: By = "variant"): ChartSpec {
  return draw(rows, by, {
    ...MEAN,
    title: "Generated tokens",
    axis: "generated tokens in an episode, all model calls",
    estimate: (summary) => summary.output_tokens,
    format: (value) => group(value),
  });
}

/** One bar a variant, or one a variant under each task. */
type By = "variant" | "variant and task";

interface Quantity {
  title: string;
  axis: string;
  column: string;
  caption: string;
  captionByTask: string;
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
  captionByTask: "Bars: mean over episodes; whiskers: 95 % t interval.",
  noun: "mean" as const,
  unit: "",
  domain: [0, null] as [number, null],
  axisFormat: ",d",
};

function draw(rows: readonly EpisodeRow[], by: By, quantity: Quantity): ChartSpec {
  const summaries = summarize(rows, by);
  const failed = summaries.some((summary) => summary.failed > 0);
  const colours = variantColours(rows);
  const line = (summary: Summary): IntervalRow => {
    const estimate = quantity.estimate(summary);
    const count = counts(estimate.n, summary.failed);
    const label = estimateLabel(estimate, quantity.format, quantity.unit);
    const kind = localKind(summary.variant);
    return {
      name: shorten(summary.variant),
      ...(by === "variant" ? { note: kind ? `${kind} · ${count}` : count } : {}),
      mean: estimate.mean,
      low: estimate.low,
      high: estimate.high,
      label: by === "variant" ? label : `${label} ${count}`,
      colour: colours[summary.variant]!,
    };
  };
  const lines =
    by === "variant"
      ? summaries.map(line)
      : taskOrder(rows).flatMap((task) => [
          { heading: shortTask(task) },
          ...summaries.filter((summary) => summary.task === task).map(line),
        ]);
  const local = localVariants(rows);
  return intervalChart({
    ...quantity,
    title: by === "variant" ? quantity.title : `${quantity.title} by task`,
    subtitle: [
      scope(rows),
      `${by === "variant" ? quantity.caption : quantity.captionByTask}${
        failed ? ` Failed episodes are counted, and in no ${quantity.noun}.` : ""
      }`,
      ...(by === "variant" || local === null ? [] : [local]),
    ],
    rows: lines,
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
