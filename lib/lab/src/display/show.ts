import type { DataFrame } from "../analysis/tables/danfojs";
import { chartToSvg, type Look } from "../charts/drawing/render";
import type { ChartSpec } from "../charts/drawing/style";
import { toPicture } from "../charts/pictures/raster";
import { unescapeXml } from "../charts/text/outline";
import { escapeHtml, show } from "./display";
import { showTable } from "./table";

/**
 * Shows a chart below the running cell, as PNG: the one form that every reader of the saved notebook draws, trusted or not,
 * and a fifth of the size of SVG and PNG together. `chartToSvg` and `saveCharts` give SVG.
 *
 * @example
 * await showChart(successRate(rows));
 * await showChart(successRate(rows), { theme: "dark" });
 */
export async function showChart(spec: ChartSpec, look?: Look): Promise<void> {
  await showPicture(await chartToSvg(spec, look), spec.description);
}

/**
 * Shows an SVG picture below the running cell, as PNG like a chart: readers draw no SVG in a notebook that is not trusted, and
 * some show its text. One of `animateSvg` is an animated PNG. Text has the charts' typeface.
 *
 * @example
 * const env = make("BabyAI-MixedTrainLocal-v0/goto");
 * env.reset({ seed: 200 });
 * await showSvg(env.renderSvg());
 * @throws TypeError the text is no SVG
 */
export async function showSvg(svg: string): Promise<void> {
  await showPicture(svg, titleOf(svg));
}

/** Of a world its mission. */
function titleOf(svg: string): string {
  return unescapeXml(/<title>([^<]*)<\/title>/.exec(svg)?.[1] ?? "(a picture)");
}

async function showPicture(svg: string, words: string): Promise<void> {
  const { png, width } = await toPicture(svg);
  // subtle: with a height, too, it would be squeezed where the page is narrower.
  show(
    { "image/png": Buffer.from(png).toString("base64"), "text/plain": words },
    { "image/png": { width } },
  );
}

/** Shows an address with its name below the running cell, as a link that opens a page of its own. */
export function showLink(name: string, url: string): void {
  const address = escapeHtml(url);
  show({
    "text/html": `<p>${escapeHtml(name)}: <a href="${address}" target="_blank" rel="noreferrer">${address}</a></p>`,
    "text/plain": `${name}: ${url}`,
  });
}

/**
 * Shows a DataFrame as a table below the running cell.
 *
 * @example
 * showFrame(frame(resultsTable(rows)));
 */
export function showFrame({ columns, values }: DataFrame): void {
  showTable(values.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]]))));
}
