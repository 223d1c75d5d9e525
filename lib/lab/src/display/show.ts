import type { DataFrame } from "../analysis/tables/danfojs";
import { chartToSvg, type Look } from "../charts/drawing/render";
import type { ChartSpec } from "../charts/drawing/style";
import { toPicture } from "../charts/pictures/raster";
import { unescapeXml } from "../charts/text/outline";
import { escapeHtml, show } from "./display";
import { showTable } from "./table";

/**
 * "auto": light or dark as JupyterLab is, also once its theme changes; elsewhere light. It takes HTML and two pictures, twice the
 * space in the notebook.
 */
export type ShownTheme = "light" | "dark" | "auto";

/** How a chart is to look below a cell. */
export interface ShownLook extends Omit<Look, "theme"> {
  /** Default: light. */
  theme?: ShownTheme;
}

/**
 * Shows a chart below the running cell, as PNG: the one form that every reader of the saved notebook draws, trusted or not,
 * and a fifth of the size of SVG and PNG together. `chartToSvg` and `saveCharts` give SVG.
 *
 * @example
 * await showChart(successRate(rows));
 * await showChart(successRate(rows), { theme: "dark" });
 * await showChart(successRate(rows), { theme: "auto" });
 */
export async function showChart(spec: ChartSpec, look: ShownLook = {}): Promise<void> {
  await showThemed(look.theme, spec.description, (theme) => chartToSvg(spec, { ...look, theme }));
}

/**
 * The form of each theme, of which one shows: the one that JupyterLab has, elsewhere, and where a notebook is not trusted and so loses
 * styles, the light one. subtle: JupyterLab's own styles win over `hidden`, and `!important` over them.
 *
 * @param content HTML of an element, whose attributes `attributes` are to be among
 */
export function bothThemes(
  content: (theme: "light" | "dark", attributes: string) => string,
): string {
  const isDark = '[data-jp-theme-light="false"]';
  const style = `.babyai-dark,${isDark} .babyai-light{display:none!important}${isDark} .babyai-dark{display:inline!important}`;
  const light = content("light", 'class="babyai-light"');
  const dark = content("dark", 'class="babyai-dark" hidden style="display:none"');
  return `<style>${style}</style>${light}${dark}`;
}

/** Shows the picture that `draw` draws for a theme, or, for "auto", both. */
export async function showThemed(
  theme: ShownTheme = "light",
  words: string,
  draw: (theme: "light" | "dark") => string | Promise<string>,
): Promise<void> {
  if (theme !== "auto") return showPicture(await draw(theme), words);
  const light = await toPicture(await draw("light"));
  const dark = await toPicture(await draw("dark"));
  const html = bothThemes((own, attributes) => {
    const { png, width } = own === "light" ? light : dark;
    return `<img ${attributes} width="${width}" alt="${escapeHtml(words)}" src="data:image/png;base64,${Buffer.from(png).toString("base64")}">`;
  });
  show({ "text/html": html, "text/plain": words });
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
