import type { DataFrame } from "../analysis/tables/danfojs";
import { chartToSvg, toPicture } from "../charts/drawing/render";
import type { ChartSpec } from "../charts/drawing/style";
import type { MimeBundle } from "../runner/nbformat";
import { escapeHtml, show } from "./display";
import { showTable } from "./table";

/**
 * Shows a chart below the running cell, as PNG: the one form that every reader of the saved notebook draws, trusted or not,
 * and a fifth of the size of SVG and PNG together. `chartToSvg` and `saveCharts` give SVG.
 *
 * @example
 * await showChart(successRate(rows));
 */
export async function showChart(spec: ChartSpec): Promise<void> {
  await showPicture(await chartToSvg(spec), { "text/plain": spec.description });
}

/**
 * Shows an SVG picture below the running cell, with a PNG of it: JupyterLab draws no SVG in a notebook that the reader has
 * not run or trusted yet. Of an animation the PNG is the first frame. Text in the PNG has the charts' typeface.
 *
 * @example
 * const env = make("BabyAI-MixedTrainLocal-v0/goto");
 * env.reset({ seed: 200 });
 * await showSvg(env.renderSvg());
 * @throws TypeError the text is no SVG
 */
export async function showSvg(svg: string): Promise<void> {
  await showPicture(svg, { "image/svg+xml": svg });
}

async function showPicture(svg: string, others: MimeBundle): Promise<void> {
  const { png, width, height } = await toPicture(svg);
  show(
    { ...others, "image/png": Buffer.from(png).toString("base64") },
    { "image/png": { width, height } },
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
