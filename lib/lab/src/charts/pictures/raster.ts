import { readFile } from "node:fs/promises";
import { forDrawing } from "../text/foreign";
import { outlineText } from "../text/outline";
import { animatedPng } from "./apng";
import { type Pixels, palettePng } from "./palette";
import { pdfOf } from "./pdf";

const PICTURE_ZOOM = 1.4;

/** How charts are drawn as PNG files. */
export const PNG_OPTIONS = { fitTo: { mode: "zoom", value: 2 }, background: "#ffffff" } as const;

/** A PNG at twice the size of an SVG by `chartToSvg`: the same bytes on every machine, and for all colors. */
export async function rasterize(svg: string): Promise<Uint8Array> {
  return withImage(svg, PNG_OPTIONS.fitTo.value, (image) => image.asPng());
}

/** An SVG by `chartToSvg` as a PDF of one page. */
export async function toPdf(svg: string): Promise<Uint8Array> {
  return withDrawing(svg, 1, (drawing) => pdfOf(drawing.toString(), drawing));
}

/** A picture as a notebook holds it. */
export interface Picture {
  png: Uint8Array;
  /** At which to show it, in CSS pixels. */
  width: number;
}

/**
 * Any SVG as a PNG that is small enough to be saved in a notebook: at 1.4 times its size, with a palette. Text
 * is drawn in the charts' typeface. One of `animateSvg` is an animated PNG.
 *
 * @throws TypeError the text is no SVG
 */
export async function toPicture(svg: string): Promise<Picture> {
  const frames = framesOf(svg);
  const pictures: Pixels[] = [];
  for (const { svg: frame } of frames) {
    pictures.push(
      await withImage(outlineText(frame), PICTURE_ZOOM, ({ width, height, pixels }) => ({
        ...{ width, height, pixels },
      })),
    );
  }
  const [first] = pictures as [Pixels];
  return {
    png:
      pictures.length === 1
        ? palettePng(first)
        : animatedPng(
            pictures,
            frames.map(({ seconds }) => seconds),
          ),
    width: Math.round(first.width / PICTURE_ZOOM),
  };
}

// As animateSvg writes a frame: from the first line of a group, which says when it shows, to its last.
const FRAME =
  /^<g(?: visibility="hidden")?>\n<animate attributeName="visibility"[^>]* keyTimes="([^"]*)"[^>]* dur="([^"]*)s"[^>]*\/>\n(.*?)\n<\/g>$/gms;

/** The pictures of an animation by `animateSvg`, with how long each shows; of any other SVG itself. */
function framesOf(svg: string): { svg: string; seconds: number }[] {
  const frames = [...svg.matchAll(FRAME)];
  const [first] = frames;
  if (first === undefined) return [{ svg, seconds: 0 }];
  const shared = svg.slice(0, first.index);
  return frames.map(([, times = "", duration, content]) => {
    const [begin = 0, end = 1] = times.split(";").slice(-2).map(Number);
    return { svg: `${shared}${content}\n</svg>`, seconds: (end - begin) * Number(duration) };
  });
}

type Drawing = InstanceType<Resvg["Resvg"]>;

function withImage<T>(
  svg: string,
  zoom: number,
  use: (image: ReturnType<Drawing["render"]>) => T,
): Promise<T> {
  return withDrawing(svg, zoom, (drawing) => {
    const image = drawing.render();
    try {
      return use(image);
    } finally {
      image.free();
    }
  });
}

async function withDrawing<T>(svg: string, zoom: number, use: (drawing: Drawing) => T): Promise<T> {
  const { Resvg } = await loadResvg();
  const { svg: drawable, fonts } = forDrawing(svg);
  const options = {
    ...PNG_OPTIONS,
    fitTo: { mode: "zoom", value: zoom } as const,
    font: { fontBuffers: fonts },
  };
  const drawing = parseSvg(() => new Resvg(drawable, options));
  try {
    return use(drawing);
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
