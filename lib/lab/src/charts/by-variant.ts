import type { Bounded } from "../analysis/bounds";
import {
  type EpisodeBesideExpert,
  expertStepsByTask,
  hasExpertSteps,
} from "../analysis/expert-steps";
import { taskOrder } from "../analysis/order";
import { known } from "../analysis/outcome";
import { players, variantPlayer } from "../analysis/player";
import { stratifiedMean } from "../analysis/statistics/statistics";
import { type Summary, summarize } from "../analysis/summary";
import type { EpisodeRow } from "../queries/episodes";
import { variantColor } from "./drawing/color";
import { type IntervalRow, intervalChart } from "./drawing/intervals";
import type { ChartSpec } from "./drawing/style";
import { EXPERT, group, rangeLabel, scope, shortTask, sizeLabel, unfinishedNote } from "./labels";

/**
 * Success rate by variant in percent, tasks weighted equally, with 95 % Clopper-Pearson intervals.
 *
 * @example
 * await showChart(successRate(rows, "variant and task"));
 */
export function successRate(rows: readonly EpisodeRow[], by: By = "variant"): ChartSpec {
  return draw(rows, by, {
    title: "Success rate",
    axis: "episodes that fulfilled the mission (%)",
    noun: "rate",
    interval: "95 % Clopper–Pearson interval",
    pale: "the range of the rate, from all others unsolved to all others solved; whiskers around both ends.",
    bars: {
      variant: "success rate, tasks weighted equally",
      "variant and task": "success rate",
    },
    estimate: ({ success }) => scaled(success, 100),
    format: (value) => group(value, 1),
    unit: " %",
    domain: [0, 100],
    axisFormat: "d",
  });
}

/**
 * Mean episode return by variant, tasks weighted equally, with 95 % t intervals.
 *
 * @example
 * await showChart(episodeReturn(rows));
 */
export function episodeReturn(rows: readonly EpisodeRow[], by: By = "variant"): ChartSpec {
  return draw(rows, by, {
    ...MEAN,
    title: "Episode return",
    pale: "the range of the mean, the others' return from 0 to 1; whiskers around both ends.",
    axis: "return of an episode: 1 − 0.9 · steps / step limit on success, else 0",
    estimate: (summary) => summary.episode_return,
    format: (value) => group(value, 3),
    domain: [0, 1],
    axisFormat: ".1f",
  });
}

/**
 * Mean episode length by variant, in environment steps, tasks weighted equally, with 95 % t intervals. Where the rows have the column
 * `expert_steps`, dashed lines mark the expert's mean in the same episodes.
 *
 * @example
 * await showChart(episodeLength(withExpertSteps(rows)));
 */
export function episodeLength(rows: readonly EpisodeBesideExpert[], by: By = "variant"): ChartSpec {
  return draw(rows, by, {
    ...MEAN,
    title: "Episode length",
    pale: "the range of the mean, others from the steps played to the limit; whiskers around both ends.",
    axis: "steps in an episode",
    estimate: (summary) => summary.episode_length,
    format: (value) => group(value, 1),
    expert: hasExpertSteps(rows),
  });
}

/**
 * Mean input tokens of an episode by variant, over all of its model calls, tasks weighted equally, with 95 % t intervals.
 *
 * @example
 * await showChart(inputTokens(rows));
 */
export function inputTokens(rows: readonly EpisodeRow[], by: By = "variant"): ChartSpec {
  return draw(rows, by, {
    ...MEAN,
    title: "Input tokens",
    axis: "input tokens in an episode, all model calls",
    estimate: (summary) => summary.input_tokens,
    format: (value) => group(value),
  });
}

/**
 * Mean generated tokens of an episode by variant, over all of its model calls, tasks weighted equally, with 95 % t intervals.
 *
 * @example
 * await showChart(generatedTokens(rows));
 */
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
export type By = "variant" | "variant and task";

interface Quantity {
  title: string;
  axis: string;
  noun: "rate" | "mean";
  /** What the whiskers are. */
  interval: string;
  /** What the pale part is that episodes without an outcome leave. */
  pale: string;
  /** What the bars are. */
  bars: Record<By, string>;
  estimate: (summary: Summary) => Bounded;
  format: (value: number) => string;
  unit: string;
  domain: [number, number | null];
  axisFormat: string;
  /** To draw the expert's mean as well. */
  expert?: boolean;
}

const MEAN = {
  noun: "mean" as const,
  interval: "95 % t interval",
  bars: { variant: "mean, tasks weighted equally", "variant and task": "mean over episodes" },
  unit: "",
  pale: "the range of the mean, which has no upper end: the others may use any number.",
  domain: [0, null] as [number, null],
  axisFormat: ",d",
};

function draw(rows: readonly EpisodeBesideExpert[], by: By, quantity: Quantity): ChartSpec {
  const { title, noun, interval } = quantity;
  const summaries = summarize(rows, by);
  const line = (summary: Summary) => estimateRow(summary, quantity, rows);
  return intervalChart({
    ...quantity,
    title: by === "variant" ? title : `${title} by task`,
    subtitle: subtitle(rows, by, quantity, summaries),
    column: `${noun} [${interval}]`,
    rows:
      by === "variant"
        ? summaries.map(line)
        : taskOrder(rows).flatMap((task) => [
            { heading: heading(task, quantity, rows) },
            ...summaries.filter((summary) => summary.task === task).map(line),
          ]),
    format: quantity.axisFormat,
    mark: "bar",
  });
}

/** The line of a summary. How many episodes, and who played, stands below the name; under a task's heading beside the numbers. */
function estimateRow(
  summary: Summary,
  quantity: Quantity,
  rows: readonly EpisodeBesideExpert[],
): IntervalRow {
  const { variant, task } = summary;
  const { format, unit, expert } = quantity;
  const estimate = quantity.estimate(summary);
  const { mean, least, most, low, high } = estimate;
  const count = counts(summary, taskOrder(rows).length, estimate.n);
  const label = estimateLabel(estimate, format, unit);
  const player = variantPlayer(variant, rows);
  const isOwn = (row: EpisodeRow) =>
    row.variant === variant && (task === null || row.task === task);
  return {
    name: variant,
    ...(task === null ? { who: player ?? undefined, note: count } : {}),
    ...{ mean, ...(mean === null ? { least, most } : {}), low, high },
    label: task === null ? label : `${label} ${count}`,
    color: variantColor(variant),
    bound: expert ? expertMean(rows.filter(isOwn)) : null,
    episodes: { variants: [variant], task },
  };
}

function heading(
  task: string,
  { expert, format }: Quantity,
  rows: readonly EpisodeBesideExpert[],
): string {
  const steps = expert ? expertMean(rows.filter((row) => row.task === task)) : null;
  return steps === null ? shortTask(task) : `${shortTask(task)} · expert ${format(steps)}`;
}

function subtitle(
  rows: readonly EpisodeBesideExpert[],
  by: By,
  quantity: Quantity,
  summaries: readonly Summary[],
): string[] {
  const { bars, interval, pale, expert, format } = quantity;
  const unfinished = unfinishedNote(rows);
  const isUncounted = summaries.some((summary) => quantity.estimate(summary).n < summary.success.n);
  const played = by === "variant" ? null : players(rows);
  const steps = expert ? expertMean(rows) : null;
  const mean = by === "variant" && steps !== null ? `: ${format(steps)} steps` : "";
  return [
    scope(rows),
    `Bars: ${bars[by]}; whiskers: ${interval}.`,
    unfinished === null ? null : `${unfinished} Pale: ${pale}`,
    isUncounted ? "Left out: episodes of whose calls a provider did not count all tokens." : null,
    played,
    steps === null ? null : `Dashed: ${EXPERT}, in the same episodes${mean}.`,
  ].filter((line) => line !== null);
}

/**
 * "n = 98, 2 failed": finished episodes, the others beside them, and whether whole tasks are missing; "n = 90 of 98" where
 * a quantity is unknown for some; "n = 82, effective 35.7" where tasks have unequal numbers.
 */
function counts(summary: Summary, allTasks: number, counted: number): string {
  const { success, failed, cut_off, not_begun, task, tasks } = summary;
  const missing = task === null && tasks.length < allTasks;
  return [
    `n = ${counted < success.n ? `${group(counted)} of ` : ""}${sizeLabel(success.n, summary)}`,
    ...(failed > 0 ? [`${group(failed)} failed`] : []),
    ...(cut_off > 0 ? [`${group(cut_off)} cut off`] : []),
    ...(not_begun > 0 ? [`${group(not_begun)} not begun`] : []),
    ...(missing ? [`${tasks.length} of ${allTasks} tasks`] : []),
  ].join(", ");
}

/** "96.0 % [90.2, 98.4]"; of a range "95.0–97.0 % [88.8, 99.0]". */
function estimateLabel(
  { mean, least, most, low, high }: Bounded,
  format: (value: number) => string,
  unit: string,
): string {
  const value =
    mean === null ? rangeLabel({ least, most }, format, unit) : `${format(mean)}${unit}`;
  if (value === null) return "– (not counted)";
  if (most === null) return value;
  const interval =
    low === null || high === null ? "no interval" : `${format(low)}, ${format(high)}`;
  return `${value} [${interval}]`;
}

/** The mean of the expert's steps, each world once and tasks weighted equally; over those that it solves, null if there is none. */
function expertMean(rows: readonly EpisodeBesideExpert[]): number | null {
  return stratifiedMean(expertStepsByTask(rows).map(known)).mean;
}

function scaled(estimate: Bounded, factor: number): Bounded {
  const scale = (value: number | null) => (value === null ? null : value * factor);
  return {
    n: estimate.n,
    mean: scale(estimate.mean),
    least: scale(estimate.least),
    most: scale(estimate.most),
    low: scale(estimate.low),
    high: scale(estimate.high),
  };
}
