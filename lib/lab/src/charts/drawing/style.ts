import { AnalysisError } from "../../analysis/statistics/errors";
import { wrapText } from "../text/font";

/** A Vega-Lite v5 specification: a plain object for `display.raw`, `JSON.stringify` or `chartToSvg`. */
export interface ChartSpec {
  $schema: string;
  /** What the chart shows, its numbers included, for those who cannot see it. */
  description: string;
  [property: string]: unknown;
}

/** Width in pixels of a whole chart: what a README's column on GitHub shows without scaling. */
const WIDTH = 860;
/** The narrowest: texts beside and below each other have no room in less. */
const NARROWEST = 320;
/** Below this width the chart has the form for a phone. */
const PHONE = 600;
export const PADDING = 16;

/** The space of a chart, in pixels. */
export interface Space {
  /** Without the padding. */
  width: number;
  isNarrow: boolean;
}

const layouts = new WeakMap<ChartSpec, (space: Space) => ChartSpec>();

/** The chart laid out for a README, which {@link atWidth} can lay out anew. */
export function laidOut(layout: (space: Space) => ChartSpec): ChartSpec {
  const spec = layout(spaceOf(WIDTH));
  layouts.set(spec, layout);
  return spec;
}

/** The chart at another width; a specification that is not this library's own, or none of ours any more, as it is. */
export function atWidth(spec: ChartSpec, width = WIDTH): ChartSpec {
  if (width === WIDTH) return spec;
  return layouts.get(spec)?.(spaceOf(width)) ?? spec;
}

/** The chart with a change that is made at every width. */
export function changed(spec: ChartSpec, change: (spec: ChartSpec) => ChartSpec): ChartSpec {
  const layout = layouts.get(spec);
  return layout === undefined ? change(spec) : laidOut((space) => change(layout(space)));
}

function spaceOf(width: number): Space {
  if (!(width >= NARROWEST && width <= 10_000)) {
    throw new AnalysisError(`width is ${width}: a chart has ${NARROWEST} to 10,000 pixels.`);
  }
  return { width: width - 2 * PADDING, isNarrow: width < PHONE };
}

const TITLE = 18;
const SUBTITLE = 13;

/** Solid, for pages of any color. */
export const BACKGROUND = "#ffffff";
export const INK = "#1f2328";
export const MUTED = "#57606a";
export const GRID = "#d8dee4";

/** What stands for them in the dark. */
const DARK: Readonly<Record<string, string>> = {
  [BACKGROUND]: "#0d1117",
  [INK]: "#e6edf3",
  [MUTED]: "#9da7b3",
  [GRID]: "#30363d",
};

/** An SVG of a chart with the colors of the dark; variants keep theirs, which both grounds bear. */
export function toDark(svg: string): string {
  return svg.replace(/(fill|stroke)="(#[0-9a-f]{6})"/g, (whole, property: string, color: string) =>
    Object.hasOwn(DARK, color) ? `${property}="${DARK[color]}"` : whole,
  );
}

const CONFIG = {
  font: "'IBM Plex Sans', Helvetica, Arial, sans-serif",
  aria: false,
  view: { stroke: null },
  title: {
    anchor: "start",
    frame: "bounds",
    fontSize: TITLE,
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
  space: Space,
  title: string,
  subtitle: readonly string[],
  description: string,
): ChartSpec => ({
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  description: [title, ...subtitle, description].map(sentence).join(" "),
  background: BACKGROUND,
  padding: PADDING,
  title: {
    text: wrapText(title, 0.94 * space.width, TITLE),
    subtitle: subtitle.flatMap((line) => wrapText(line, space.width, SUBTITLE)),
  },
  config: CONFIG,
});

function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}
