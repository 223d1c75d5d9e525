import { wrapText } from "./font";

/** A Vega-Lite v5 specification: a plain object for `display.raw`, `JSON.stringify` or `chartToSvg`. */
export interface ChartSpec {
  $schema: string;
  /** What the chart shows, its numbers included, for those who cannot see it. */
  description: string;
  [property: string]: unknown;
}

/** Width in pixels of a whole chart: what a README's column on GitHub shows without scaling. */
export const WIDTH = 860;
export const PADDING = 16;

const SUBTITLE = 13;

/** Solid, for pages in dark mode. */
export const BACKGROUND = "#ffffff";
export const INK = "#1f2328";
export const MUTED = "#57606a";
export const GRID = "#d8dee4";

const CONFIG = {
  font: "'IBM Plex Sans', Helvetica, Arial, sans-serif",
  aria: false,
  view: { stroke: null },
  title: {
    anchor: "start",
    frame: "bounds",
    fontSize: 18,
    fontWeight: 600,
    color: INK,
    subtitleFontSize: SUBTITLE,
    subtitleColor: MUTED,
    subtitleLineHeight: 18,
    subtitlePadding: 6,
    offset: 16,
  },
  axis: {
    labelFontSize: 12,
    labelColor: MUTED,
    titleFontSize: 13,
    titleFontWeight: 400,
    titleColor: INK,
    titlePadding: 8,
    gridColor: GRID,
    domainColor: GRID,
    ticks: false,
    labelPadding: 6,
    labelFlush: false,
  },
  legend: {
    labelFontSize: 13,
    labelColor: INK,
    labelLimit: 0,
    titleFontSize: 13,
    titleFontWeight: 400,
    titleColor: MUTED,
  },
  header: { labelFontSize: 13, labelFontWeight: 600, labelColor: INK, title: null },
  text: { fontSize: 13, color: INK },
};

/** The parts that every chart shares. */
export const frameOf = (
  title: string,
  subtitle: readonly string[],
  description: string,
): ChartSpec => ({
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  description: [title, ...subtitle, description].map(sentence).join(" "),
  background: BACKGROUND,
  padding: PADDING,
  title: {
    text: title,
    subtitle: subtitle.flatMap((line) => wrapText(line, WIDTH - 2 * PADDING, SUBTITLE)),
  },
  config: CONFIG,
});

function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}
