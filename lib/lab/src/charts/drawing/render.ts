import { printable } from "embedded-gateway";
import type { TopLevelSpec } from "vega-lite";
import { AnalysisError } from "../../analysis/statistics/errors";
import { checkOptions } from "../../basics/options";
import { rasterize, toPdf } from "../pictures/raster";
import { textWidth, toWeight } from "../text/font";
import { escapeXml, outlineText } from "../text/outline";
import { atWidth, type ChartSpec, toDark } from "./style";

/** How a chart is to look. */
export interface Look {
  /**
   * CSS pixels of the whole, from 320. Below 600 the chart has a form for a phone: names above their bars, and labels below the
   * plot. Default: 860. A specification that was written or copied by hand keeps its own.
   */
  width?: number;
  /** Default: light. */
  theme?: "light" | "dark";
}

/**
 * The chart as a standalone SVG, the same bytes on every machine: text is measured with and drawn as the outlines
 * of the library's own font; letters that it lacks are left to the reader's fonts. It shrinks with the page that it stands in.
 * Carries the specification's title and description for screen readers, and what a mark shows as its tooltip.
 *
 * @example
 * import { writeFileSync } from "node:fs";
 *
 * writeFileSync("success.svg", await chartToSvg(successRate(rows)));
 * writeFileSync("success-phone.svg", await chartToSvg(successRate(rows), { width: 400, theme: "dark" }));
 * @throws AnalysisError there is no such look
 */
export async function chartToSvg(spec: ChartSpec, look: Look = {}): Promise<string> {
  checkLook(look);
  const { vega, vegaLite } = loadVega();
  const laidOut = atWidth(spec, look.width);
  const compiled = vegaLite.compile(laidOut as unknown as TopLevelSpec).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: "none" });
  try {
    // subtle: Vega numbers clip paths and gradients from a global counter, so they depend on earlier charts.
    vega.resetSVGClipId();
    vega.resetSVGDefIds();
    const drawn = outlineText(withTooltips(await view.toSVG()));
    const svg = describe(roundNumbers(drawn), laidOut);
    return look.theme === "dark" ? toDark(svg) : svg;
  } finally {
    view.finalize();
  }
}

function checkLook(look: Look): void {
  checkOptions(AnalysisError, "A chart's look", look, { width: true, theme: true });
  if (look.theme !== undefined && look.theme !== "light" && look.theme !== "dark")
    throw new AnalysisError(
      `theme is ${JSON.stringify(look.theme)}: it must be "light" or "dark"; "auto" is for what showChart shows.`,
    );
}

/**
 * The chart as a PNG of the SVG at twice its size, the same bytes on every machine where the library's font has all letters.
 * Others are drawn with the fonts of this machine; where it has none, as boxes with their numbers in Unicode.
 *
 * @example
 * import { writeFileSync } from "node:fs";
 *
 * writeFileSync("success.png", await chartToPng(successRate(rows)));
 */
export async function chartToPng(spec: ChartSpec, look?: Look): Promise<Uint8Array> {
  return rasterize(await chartToSvg(spec, look));
}

/**
 * The chart as a PDF of one page, all of it vectors. Letters as in {@link chartToPng}.
 *
 * @example
 * import { writeFileSync } from "node:fs";
 *
 * writeFileSync("success.pdf", await chartToPdf(successRate(rows)));
 */
export async function chartToPdf(spec: ChartSpec, look?: Look): Promise<Uint8Array> {
  return toPdf(await chartToSvg(spec, look));
}

// As Vega writes a mark that has a description; a text's is kept by outlineText.
const DESCRIBED = /<(path|line) ([^>]*?)\/>/g;

/** The descriptions of marks as titles, which browsers show on hover. */
function withTooltips(svg: string): string {
  return svg.replace(DESCRIBED, (mark, tag: string, attributes: string) => {
    const [, label] = /aria-label="([^"]*)"/.exec(attributes) ?? [];
    if (label === undefined) return mark;
    const kept = attributes.replace(/(?:aria-label|role|aria-roledescription)="[^"]*" ?/g, "");
    return `<${tag} ${kept}><title>${label}</title></${tag}>`;
  });
}

/** To 1/10,000 pixel: short, and clear of the last digits of sums like 0.1 + 0.2. */
function roundNumbers(svg: string): string {
  return svg.replace(/\d+\.\d{5,}/g, (number) => String(Math.round(Number(number) * 1e4) / 1e4));
}

function describe(svg: string, spec: ChartSpec): string {
  const text = `<desc>${escapeXml(printable(spec.description))}</desc>`;
  return svg.replace(
    /<svg[^>]*>/,
    (tag) => `${tag.replace("<svg", '<svg role="img" style="max-width:100%;height:auto"')}${text}`,
  );
}

/** Vega with what it exports beyond its type declarations. */
type Vega = typeof import("vega") & {
  textMetrics: { width(item: TextItem, text?: string | null): number };
  resetSVGClipId(): void;
  resetSVGDefIds(): void;
};

interface TextItem {
  text?: string | number | null;
  fontSize?: number;
  fontWeight?: string | number;
}

/** Loaded at the first chart: it takes 0.3 s that a run without charts need not wait for. */
function loadVega() {
  const vega = require("vega") as Vega;
  const vegaLite = require("vega-lite") as typeof import("vega-lite");
  // subtle: without a canvas Vega guesses text widths, and with one they depend on the machine's fonts.
  vega.textMetrics.width = (item, text) =>
    textWidth(String(text ?? item.text ?? ""), item.fontSize ?? 11, toWeight(item.fontWeight));
  return { vega, vegaLite };
}
