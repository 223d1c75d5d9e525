import { hasExpert } from "../analysis/expert-steps";
import { variantOrder } from "../analysis/order";
import { summarize } from "../analysis/summary";
import type { Prices } from "../experiment/variants/prices";
import type { EpisodeRow } from "../queries/episodes";
import { stepsAboveExpert } from "./above-expert";
import { successByStep } from "./by-step";
import {
  type By,
  episodeLength,
  episodeReturn,
  generatedTokens,
  inputTokens,
  successRate,
} from "./by-variant";
import type { ChartSpec } from "./drawing/style";
import { pairedDifferences } from "./paired";
import { type Published, publishedResults } from "./published";
import { costAndSuccess, tokensAndSuccess } from "./trade-off";

type Rows = readonly EpisodeRow[];

/** What charts beyond the episodes draw on. */
export interface Background {
  /** The model of each variant. */
  models: Readonly<Record<string, string>>;
  prices: Prices;
  published: Published;
}

/** Draws one chart of a run's episodes; null where these have not what it shows. */
export type Chart = (rows: Rows, background: Background) => ChartSpec | null;

/** The five that are also drawn by task. */
const byVariant: Readonly<Record<string, (rows: Rows, by: By) => ChartSpec>> = {
  success_rate: successRate,
  episode_return: episodeReturn,
  episode_length: episodeLength,
  input_tokens: inputTokens,
  generated_tokens: generatedTokens,
};

/** Where a variant has no episode without an outcome. */
const withMean =
  (chart: Chart): Chart =>
  (rows, background) =>
    summarize(rows).some(({ success }) => success.mean !== null) ? chart(rows, background) : null;

/** Where there is more than one variant. */
const ofSeveral =
  (chart: Chart): Chart =>
  (rows, background) =>
    variantOrder(rows).length > 1 ? chart(rows, background) : null;

/** Every chart there is, by file name: a line here, and img/ has it. */
const registry: Readonly<Record<string, Chart>> = {
  ...named("", "variant"),
  ...named("_by_task", "variant and task"),
  success_by_step: (rows, { published }) => successByStep(rows, published),
  published_results: (rows, { published }) => publishedResults(rows, published),
  success_and_tokens: withMean((rows, { published }) => tokensAndSuccess(rows, published)),
  success_and_cost: withMean((rows, { models, prices, published }) =>
    costAndSuccess(rows, models, prices, published),
  ),
  // Where the expert can play the tasks.
  steps_above_expert: (rows) => (hasExpert(rows) ? stepsAboveExpert(rows) : null),
  success_rate_differences: ofSeveral((rows) => pairedDifferences(rows, "success")),
  episode_return_differences: ofSeveral((rows) => pairedDifferences(rows, "episode_return")),
  episode_length_differences: ofSeveral((rows) => pairedDifferences(rows, "episode_length")),
  input_tokens_differences: ofSeveral((rows) => pairedDifferences(rows, "input_tokens")),
  generated_tokens_differences: ofSeveral((rows) => pairedDifferences(rows, "output_tokens")),
};

function named(suffix: string, by: By): Record<string, (rows: Rows) => ChartSpec> {
  return Object.fromEntries(
    Object.entries(byVariant).map(([name, chart]) => [name + suffix, (rows) => chart(rows, by)]),
  );
}

/** The five charts of a run by variant, by file name. */
export function mainCharts(rows: Rows): Record<string, ChartSpec> {
  return drawn(named("", "variant"), (chart) => chart(rows));
}

/**
 * Every chart there is, by file name: those of {@link mainCharts}, the same by task, success by step, beside published results,
 * against tokens and against cost where a variant has no episode without an outcome, steps above the expert's where it
 * can play the tasks, and paired differences where there is more than one variant.
 *
 * @throws AnalysisError no episode is finished
 */
export function allCharts(rows: Rows, background: Background): Record<string, ChartSpec> {
  return drawn(registry, (chart) => chart(rows, background));
}

/** The specs of those charts that have something to show. */
function drawn<C>(
  charts: Readonly<Record<string, C>>,
  draw: (chart: C) => ChartSpec | null,
): Record<string, ChartSpec> {
  const specs = Object.entries(charts).map(([name, chart]) => [name, draw(chart)] as const);
  return Object.fromEntries(specs.filter(([, spec]) => spec !== null)) as Record<string, ChartSpec>;
}
