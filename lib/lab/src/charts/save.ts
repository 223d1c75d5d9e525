import { writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { EpisodeBesideExpert } from "../analysis/expert-steps";
import { OutputError, withOutput } from "../basics/output";
import { chartToPdf, chartToPng, chartToSvg, type Look } from "./drawing/render";
import type { ChartSpec } from "./drawing/style";
import { Rasterizer } from "./pictures/rasterizer";
import { allCharts, type Background } from "./registry";

/** How each format draws a chart. */
const FORMATS: Readonly<
  Record<string, (spec: ChartSpec, look?: Look) => Promise<string | Uint8Array>>
> = { ".svg": chartToSvg, ".png": chartToPng, ".pdf": chartToPdf };

/**
 * Writes one chart to a file, whose folder is made if need be: as SVG, as PNG at twice the size, or as PDF.
 *
 * @param path ends in .svg, .png or .pdf, which says the format
 * @example
 * await saveChart(successRate(rows), "charts/success.pdf");
 * await saveChart(successRate(rows), "charts/success-phone.svg", { width: 400, theme: "dark" });
 * @throws OutputError the path ends otherwise, or cannot be written
 * @throws AnalysisError there is no such look
 */
export async function saveChart(spec: ChartSpec, path: string, look?: Look): Promise<void> {
  const extension = extname(String(path)).toLowerCase();
  const draw = Object.hasOwn(FORMATS, extension) ? FORMATS[extension] : undefined;
  if (draw === undefined) {
    const known = Object.keys(FORMATS).join(", ");
    throw new OutputError(
      `A chart cannot be saved as ${JSON.stringify(path)}: its name ends in one of ${known}.`,
    );
  }
  await withOutput(path, async () => writeFile(path, await draw(spec, look)));
}

/**
 * Writes every chart of {@link allCharts}, and others beside them, to a folder, made if need be, as `<name>.svg` and
 * `<name>.png`.
 *
 * @param rows those of `withExpertSteps`, for the charts with the expert
 * @param others Vega-Lite specs by file name. Default: none.
 * @param background Default: none.
 * @returns the paths of the files
 * @throws AnalysisError as {@link allCharts}
 * @throws OutputError the folder cannot be written to
 * @example
 * const rows = withExpertSteps(await lab.episodes({ run: run.id }));
 * await saveCharts(rows, "charts", { goto: successByStep(rows.filter((row) => row.task === tasks[0])) });
 */
export async function saveCharts(
  rows: readonly EpisodeBesideExpert[],
  directory: string,
  others: Readonly<Record<string, ChartSpec>> = {},
  background: Background = {},
): Promise<string[]> {
  return withOutput(join(directory, ".charts"), async () => {
    const paths: string[] = [];
    for (const [name, image] of await drawImages({ ...allCharts(rows, background), ...others })) {
      const path = join(directory, name);
      await writeFile(path, image);
      paths.push(path);
    }
    return paths;
  });
}

/** Each chart drawn as SVG and as PNG, by file name. The PNGs are drawn by another thread meanwhile. */
export async function drawImages(
  charts: Readonly<Record<string, ChartSpec>>,
): Promise<Map<string, Uint8Array>> {
  const images = new Map<string, Uint8Array | Promise<Uint8Array>>();
  const rasterizer = new Rasterizer();
  try {
    for (const [name, spec] of Object.entries(charts)) {
      const svg = await chartToSvg(spec);
      images.set(`${name}.svg`, Buffer.from(svg));
      images.set(`${name}.png`, rasterizer.draw(svg));
      await nextTurn(); // in which the thread is sent the picture
    }
    const drawn = await Promise.all(
      [...images].map(async ([name, image]) => [name, await image] as const),
    );
    return new Map(drawn);
  } finally {
    await rasterizer.close();
  }
}
