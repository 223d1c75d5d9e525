import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EpisodeRow } from "../queries/episodes";
import { chartToSvg, rasterize } from "./drawing/render";
import type { ChartSpec } from "./drawing/style";
import { mainCharts } from "./registry";

/**
 * Writes the five charts of {@link mainCharts}, and others beside them, to a folder, made if need be, as `<name>.svg` and `<name>.png`.
 *
 * @param others Vega-Lite specs by file name. Default: none.
 * @example
 * const rows = await lab.episodes({ run: run.id });
 * await saveCharts(rows, "charts", { solved: successByStep(rows) });
 * @returns the paths of the files
 */
export async function saveCharts(
  rows: readonly EpisodeRow[],
  directory: string,
  others: Readonly<Record<string, ChartSpec>> = {},
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const paths: string[] = [];
  for (const [name, image] of await drawImages({ ...mainCharts(rows), ...others })) {
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
