import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasUpperBound } from "../analysis/expert-steps";
import { variantOrder } from "../analysis/order";
import { summarize } from "../analysis/summary";
import type { Prices } from "../experiment/variants/prices";
import type { EpisodeRow } from "../queries/episodes";
import { stepsAboveExpert } from "./above-expert";
import { successByStep } from "./by-step";
import {
  episodeLength,
  episodeReturn,
  generatedTokens,
  inputTokens,
  successRate,
} from "./by-variant";
import { chartToSvg, rasterize } from "./drawing/render";
import type { ChartSpec } from "./drawing/style";
import { pairedDifferences } from "./paired";
import { type Published, publishedResults } from "./published";
import { costAndSuccess, tokensAndSuccess } from "./trade-off";

/** The five charts of a run by variant, by file name. */
export function mainCharts(rows: readonly EpisodeRow[]): Record<string, ChartSpec> {
  return {
    success_rate: successRate(rows),
    episode_return: episodeReturn(rows),
    episode_length: episodeLength(rows),
    input_tokens: inputTokens(rows),
    generated_tokens: generatedTokens(rows),
  };
}

/** What charts beyond the episodes draw on. */
export interface Background {
  /** The model of each variant. */
  models: Readonly<Record<string, string>>;
  prices: Prices;
  published: Published;
}

/**
 * Every chart there is, by file name: those of {@link mainCharts}, the same by task, success by step, beside published results,
 * against tokens and against cost where a variant has no episode without an outcome, steps above the expert's where it
 * can play the tasks, and paired differences where there is more than one variant.
 *
 * @throws AnalysisError no episode is finished
 */
export function allCharts(
  rows: readonly EpisodeRow[],
  { models, prices, published }: Background,
): Record<string, ChartSpec> {
  const by = "variant and task";
  const charts: Record<string, ChartSpec> = {
    ...mainCharts(rows),
    success_rate_by_task: successRate(rows, by),
    episode_return_by_task: episodeReturn(rows, by),
    episode_length_by_task: episodeLength(rows, by),
    input_tokens_by_task: inputTokens(rows, by),
    generated_tokens_by_task: generatedTokens(rows, by),
    success_by_step: successByStep(rows, published),
    published_results: publishedResults(rows, published),
  };
  if (summarize(rows).some(({ success }) => success.mean !== null)) {
    charts.success_and_tokens = tokensAndSuccess(rows, published);
    charts.success_and_cost = costAndSuccess(rows, models, prices, published);
  }
  if (hasUpperBound(rows)) charts.steps_above_optimal = stepsAboveExpert(rows);
  if (variantOrder(rows).length > 1) {
    charts.success_rate_differences = pairedDifferences(rows, "success");
    charts.episode_return_differences = pairedDifferences(rows, "episode_return");
    charts.episode_length_differences = pairedDifferences(rows, "episode_length");
    charts.input_tokens_differences = pairedDifferences(rows, "input_tokens");
    charts.generated_tokens_differences = pairedDifferences(rows, "output_tokens");
  }
  return charts;
}

/**
 * Writes the five charts of {@link mainCharts} to a folder, made if need be, as `<name>.svg` and `<name>.png`.
 * Returns the paths of the files.
 */
export async function saveCharts(
  rows: readonly EpisodeRow[],
  directory: string,
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const paths: string[] = [];
  for (const [name, image] of await drawImages(mainCharts(rows))) {
    const path = join(directory, name);
    await writeFile(path, image);
    paths.push(path);
  }
  return paths;
}

/** Each chart drawn as SVG and as PNG, by file name. */
export async function drawImages(
  charts: Readonly<Record<string, ChartSpec>>,
): Promise<Map<string, Uint8Array>> {
  const images = new Map<string, Uint8Array>();
  for (const [name, spec] of Object.entries(charts)) {
    const svg = await chartToSvg(spec);
    images.set(`${name}.svg`, Buffer.from(svg));
    images.set(`${name}.png`, await rasterize(svg));
  }
  return images;
}
