import type { EpisodeBesideExpert } from "../analysis/expert-steps";
import type { Prices } from "../experiment/variants/prices";
import { stepsAboveExpert } from "./above-expert";
import { successByStep } from "./by-step";
import {
  episodeLength,
  episodeReturn,
  generatedTokens,
  inputTokens,
  successRate,
} from "./by-variant";
import { NothingToDrawError } from "./drawing/errors";
import type { ChartSpec } from "./drawing/style";
import { pairedDifferences } from "./paired";
import { type Published, publishedResults } from "./published";
import { costAndSuccess, tokensAndSuccess } from "./trade-off";

/** What charts draw on beyond the episodes; those that need what is missing are left out. */
export interface Background {
  /** By model. */
  prices?: Prices;
  /** data/published.json. */
  published?: Published;
}

/**
 * A pure function of a run's episodes. Undefined says that the background lacks what it needs, a NothingToDrawError that
 * these episodes have not what it shows.
 */
type Chart = (
  rows: readonly EpisodeBesideExpert[],
  background: Background,
) => ChartSpec | undefined;

const byTask = "variant and task";

/** Every chart there is, by file name: a line here, and img/, notebooks/charts.ipynb and `saveCharts` have it. */
const registry: Readonly<Record<string, Chart>> = {
  success_rate: (rows) => successRate(rows),
  episode_return: (rows) => episodeReturn(rows),
  episode_length: (rows) => episodeLength(rows),
  input_tokens: (rows) => inputTokens(rows),
  generated_tokens: (rows) => generatedTokens(rows),
  success_rate_by_task: (rows) => successRate(rows, byTask),
  episode_return_by_task: (rows) => episodeReturn(rows, byTask),
  episode_length_by_task: (rows) => episodeLength(rows, byTask),
  input_tokens_by_task: (rows) => inputTokens(rows, byTask),
  generated_tokens_by_task: (rows) => generatedTokens(rows, byTask),
  success_by_step: (rows, { published }) => successByStep(rows, published),
  published_results: (rows, { published }) => published && publishedResults(rows, published),
  success_and_tokens: (rows, { published }) => tokensAndSuccess(rows, published),
  success_and_cost: (rows, { prices, published }) =>
    prices && costAndSuccess(rows, prices, published),
  steps_above_expert: (rows) => stepsAboveExpert(rows),
  success_rate_differences: (rows) => pairedDifferences(rows, "success"),
  episode_return_differences: (rows) => pairedDifferences(rows, "episode_return"),
  episode_length_differences: (rows) => pairedDifferences(rows, "episode_length"),
  input_tokens_differences: (rows) => pairedDifferences(rows, "input_tokens"),
  generated_tokens_differences: (rows) => pairedDifferences(rows, "output_tokens"),
};

/**
 * Every chart that these episodes have something to show in, by file name: the five quantities by variant, the same by
 * task, success by step, beside published results, against tokens and against cost, steps above the expert's, and paired
 * differences.
 *
 * @example
 * Object.keys(allCharts(rows)).includes("success_rate"); // true
 * @param rows those of `withExpertSteps`, for the charts with the expert
 * @param background Default: none.
 * @throws AnalysisError there is no row, or a variant has rows of several runs
 */
export function allCharts(
  rows: readonly EpisodeBesideExpert[],
  background: Background = {},
): Record<string, ChartSpec> {
  const specs: Record<string, ChartSpec> = {};
  for (const name of Object.keys(registry)) {
    const spec = chartNamed(name, rows, background);
    if (spec !== undefined) specs[name] = spec;
  }
  return specs;
}

/** One of {@link allCharts}; undefined where these episodes have nothing to show in it. */
export function chartNamed(
  name: string,
  rows: readonly EpisodeBesideExpert[],
  background: Background = {},
): ChartSpec | undefined {
  try {
    return registry[name]?.(rows, background);
  } catch (error) {
    if (error instanceof NothingToDrawError) return undefined;
    throw error;
  }
}
