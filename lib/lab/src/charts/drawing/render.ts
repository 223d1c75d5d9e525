import { readFile } from "node:fs/promises";
import { printable } from "embedded-gateway";
import type { TopLevelSpec } from "vega-lite";
import { textWidth, toWeight } from "./font";
import { outlineText } from "./outline";
import { palettePng } from "./palette";
import type { ChartSpec } from "./style";

const PICTURE_ZOOM = 1.4;

/** How charts are drawn as PNG files. */
export const PNG_OPTIONS = { fitTo: { mode: "zoom", value: 2 }, background: "#ffffff" } as const;

/**
 * The chart as a standalone SVG, the same bytes on every machine: text is measured with and drawn as the outlines
 * of the library's own font. Carries the specification's title and description for screen readers.
 *
 * @example
 * import { writeFileSync } from "node:fs";
 *
 * writeFileSync("success.svg", await chartToSvg(successRate(rows)));
 */
export async function chartToSvg(spec: ChartSpec): Promise<string> {
  const { vega, vegaLite } = loadVega();
  const compiled = vegaLite.compile(spec as unknown as TopLevelSpec).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: "none" });
  try {
    // subtle: Vega numbers clip paths and gradients from a global counter, so they depend on earlier charts.
    vega.resetSVGClipId();
    vega.resetSVGDefIds();
    return describe(roundNumbers(outlineText(await view.toSVG())), spec);
  } finally {
    view.finalize();
  }
}

/**
 * The chart as a PNG of the SVG at twice its size, the same bytes on every machine.
 *
 * @example
 * import { writeFileSync } from "node:fs";
 *
 * writeFileSync("success.png", await chartToPng(successRate(rows)));
 */
export async function chartToPng(spec: ChartSpec): Promise<Uint8Array> {
  return rasterize(await chartToSvg(spec));
}

/** A PNG at twice the size of an SVG by {@link chartToSvg}: the same bytes on every machine, and for all colors. */
export async function rasterize(svg: string): Promise<Uint8Array> {
  return drawPixels(svg, PNG_OPTIONS.fitTo.value, (image) => image.asPng());
}

/** A picture as a notebook holds it. */
export interface Picture {
  png: Uint8Array;
  /** At which to show it, in CSS pixels. */
  width: number;
  height: number;
}

/**
 * Any SVG as a PNG that is small enough to be saved in a notebook: at 1.4 times its size, with a palette. Text
 * is drawn in the charts' typeface.
 *
 * @throws TypeError the text is no SVG
 */
export async function toPicture(svg: string): Promise<Picture> {
  return drawPixels(outlineText(svg), PICTURE_ZOOM, ({ width, height, pixels }) => ({
    png: palettePng({ width, height, pixels }),
    width: Math.round(width / PICTURE_ZOOM),
    height: Math.round(height / PICTURE_ZOOM),
  }));
}

type RenderedImage = ReturnType<InstanceType<Resvg["Resvg"]>["render"]>;

async function drawPixels<T>(
  svg: string,
  zoom: number,
  use: (image: RenderedImage) => T,
): Promise<T> {
  const { Resvg } = await loadResvg();
  const drawing = parseSvg(
    () => new Resvg(svg, { ...PNG_OPTIONS, fitTo: { mode: "zoom", value: zoom } }),
  );
  try {
    const image = drawing.render();
    try {
      return use(image);
    } finally {
      image.free();
    }
  } finally {
    drawing.free();
  }
}

function parseSvg<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(
      `the picture is no SVG that can be drawn (${reason}): it begins with <svg xmlns="http://www.w3.org/2000/svg" …>`,
      { cause },
    );
  }
}

/** To 1/10,000 pixel: short, and clear of the last digits of sums like 0.1 + 0.2. */
function roundNumbers(svg: string): string {
  return svg.replace(/\d+\.\d{5,}/g, (number) => String(Math.round(Number(number) * 1e4) / 1e4));
}

function describe(svg: string, spec: ChartSpec): string {
  const text = `<desc>${escapeXml(printable(spec.description))}</desc>`;
  return svg.replace(/<svg[^>]*>/, (tag) => `${tag.replace("<svg", '<svg role="img"')}${text}`);
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
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

type Resvg = typeof import("@resvg/resvg-wasm");

let resvg: Promise<Resvg> | undefined;

function loadResvg() {
  resvg ??= (async () => {
    const module = await import("@resvg/resvg-wasm");
    await module.initWasm(await readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")));
    return module;
  })();
  return resvg;
}
