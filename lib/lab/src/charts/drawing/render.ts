import { readFile } from "node:fs/promises";
import type { TopLevelSpec } from "vega-lite";
import { textWidth, toWeight } from "./font";
import { outlineText } from "./outline";
import type { ChartSpec } from "./style";

/**
 * The chart as a standalone SVG, the same bytes on every machine: text is measured with and drawn as the outlines
 * of the library's own font. Carries the specification's title and description for screen readers.
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

/** The chart as a PNG of the SVG at twice its size, the same bytes on every machine. */
export async function chartToPng(spec: ChartSpec): Promise<Uint8Array> {
  return rasterize(await chartToSvg(spec));
}

/** A PNG at twice the size of an SVG by {@link chartToSvg}. */
export async function rasterize(svg: string): Promise<Uint8Array> {
  const { Resvg } = await loadResvg();
  const image = new Resvg(svg, { fitTo: { mode: "zoom", value: 2 } });
  try {
    const rendered = image.render();
    try {
      return rendered.asPng();
    } finally {
      rendered.free();
    }
  } finally {
    image.free();
  }
}

/** To 1/10,000 pixel: short, and clear of the last digits of sums like 0.1 + 0.2. */
function roundNumbers(svg: string): string {
  return svg.replace(/\d+\.\d{5,}/g, (number) => String(Math.round(Number(number) * 1e4) / 1e4));
}

function describe(svg: string, spec: ChartSpec): string {
  const text = `<desc>${escapeXml(spec.description)}</desc>`;
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

let resvg: Promise<typeof import("@resvg/resvg-wasm")> | undefined;

function loadResvg() {
  resvg ??= (async () => {
    const module = await import("@resvg/resvg-wasm");
    await module.initWasm(await readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")));
    return module;
  })();
  return resvg;
}
