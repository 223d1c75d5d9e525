import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EpisodeRow } from "../store/episodes";
import {
  episodeLength,
  episodeReturn,
  generatedTokens,
  inputTokens,
  successRate,
} from "./by-variant";
import { renderPng, renderSvg } from "./render";
import type { ChartSpec } from "./style";

/** The charts that episodes alone give, by file name. */
export function allCharts(rows: readonly EpisodeRow[]): Record<string, ChartSpec> {
  return {
    success_rate: successRate(rows),
    episode_return: episodeReturn(rows),
    episode_length: episodeLength(rows),
    input_tokens: inputTokens(rows),
    generated_tokens: generatedTokens(rows),
  };
}

/**
 * Writes every chart of the rows to a folder, made if need be, as `<name>.svg` and `<name>.png`.
 * Returns the paths of the files, in the order of {@link allCharts}.
 */
export async function saveCharts(
  rows: readonly EpisodeRow[],
  directory: string,
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const paths: string[] = [];
  for (const [name, image] of await drawImages(allCharts(rows))) {
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
    images.set(`${name}.svg`, Buffer.from(await renderSvg(spec)));
    images.set(`${name}.png`, await renderPng(spec));
  }
  return images;
}
