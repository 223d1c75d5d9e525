import { variantColor } from "./color";

/** How a variant is drawn: its own color, and a shape and a dash that tell it from those of a color like it. */
export interface Mark {
  color: string;
  /** A symbol of Vega's, or an SVG path from −1 to 1. */
  shape: string;
  /** SVG's stroke-dasharray. */
  dash: readonly number[];
}

/** Symbols of Vega's, and SVG paths from −1 to 1. */
export const SHAPES = [
  "circle",
  "square",
  "triangle-up",
  "diamond",
  "cross",
  "triangle-down",
  "M0,-1L0.25,-0.33H0.95L0.38,0.08L0.59,0.8L0,0.38L-0.59,0.8L-0.38,0.08L-0.95,-0.33H-0.25Z",
  "M-0.6,-1L0,-0.4L0.6,-1L1,-0.6L0.4,0L1,0.6L0.6,1L0,0.4L-0.6,1L-1,0.6L-0.4,0L-1,-0.6Z",
];
const DASHES = [
  [1, 0],
  [9, 3],
  [3, 3],
  [12, 3, 3, 3],
  [6, 2],
  [12, 3, 3, 3, 3, 3],
  [2, 6],
  [16, 6],
];

/**
 * Each variant's color, by its name alone, and the first shape and dash that no variant of a like color before it has. Alike
 * are colors that eyes with all cones, or without those for red or for green, hardly tell apart. Past eight alike, the rarest repeats.
 *
 * @param variants in the order of the chart
 */
export function variantMarks(variants: readonly string[]): Map<string, Mark> {
  const places = new Map<string, number>();
  for (const variant of variants) {
    const near = [...places].filter(([other]) =>
      areAlike(variantColor(variant), variantColor(other)),
    );
    const counts = SHAPES.map((_, place) => near.filter(([, taken]) => taken === place).length);
    places.set(variant, counts.indexOf(Math.min(...counts)));
  }
  return new Map(
    [...places].map(([variant, place]) => [
      variant,
      { color: variantColor(variant), shape: SHAPES[place] ?? "", dash: DASHES[place] ?? [] },
    ]),
  );
}

type Triple = readonly [number, number, number];

/** With all cones, without red ones and without green ones, in linear sRGB. Source: Machado, Oliveira & Fernandes (2009), severity 1. */
const EYES: readonly (readonly [Triple, Triple, Triple])[] = [
  [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
];
/** In Oklab, where black and white are 1 apart. */
const ALIKE = 0.08;

/** Whether some eyes hardly tell two colors "#rrggbb" apart. */
export function areAlike(a: string, b: string): boolean {
  return EYES.some((eye) => {
    const [first, second] = [a, b].map((color) => oklab(eye.map((row) => dot(row, linear(color)))));
    return Math.hypot(...(first ?? []).map((value, i) => value - (second?.[i] ?? 0))) < ALIKE;
  });
}

const dot = (row: readonly number[], color: readonly number[]) =>
  row.reduce((sum, factor, i) => sum + factor * (color[i] ?? 0), 0);

export function linear(color: string): number[] {
  return [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
}

/** Source of the matrices: Ottosson (2020), "A perceptual color space for image processing". */
function oklab(color: readonly number[]): number[] {
  const cones = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
  ].map((row) => Math.cbrt(Math.max(0, dot(row, color))));
  return [
    [0.2104542553, 0.793617785, -0.0040720468],
    [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766],
  ].map((row) => dot(row, cones));
}
