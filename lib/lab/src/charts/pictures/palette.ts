import { encodePng } from "babyai";
import { at } from "../../basics/at";

/** Opaque pixels, row by row, four bytes each: red, green, blue, and one that is not read. */
export interface Pixels {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/**
 * Pixels as a PNG of at most 256 colors: a third of the size that it has with all. The most frequent colors stay as they are,
 * and a chart seldom has others; these become the nearest of them.
 */
export function palettePng(pixels: Pixels): Uint8Array {
  return at(palettePngs([pixels]), 0);
}

/** Pictures of one size, each as such a PNG, with one palette for all. */
export function palettePngs(pictures: readonly Pixels[]): Uint8Array[] {
  const counts = new Map<number, number>();
  const drawn = pictures.map(({ width, height, pixels }) => {
    const colors = new Uint32Array(width * height);
    for (let i = 0; i < colors.length; i++) {
      const color = (pixels[4 * i]! << 16) | (pixels[4 * i + 1]! << 8) | pixels[4 * i + 2]!;
      colors[i] = color;
      counts.set(color, (counts.get(color) ?? 0) + 1);
    }
    return { width, height, colors };
  });
  const byCount = [...counts].sort(([a, x], [b, y]) => y - x || a - b).map(([color]) => color);
  const palette = byCount.slice(0, 256);
  const indices = new Map(palette.map((color, index) => [color, index]));
  for (const color of byCount.slice(256)) indices.set(color, nearest(color, palette));
  const bytes = Uint8Array.from(palette.flatMap(channels));
  return drawn.map(({ width, height, colors }) => {
    const lines = new Uint8Array((width + 1) * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        lines[y * (width + 1) + 1 + x] = indices.get(colors[y * width + x]!)!;
      }
    }
    return encodePng(width, height, bytes, lines, 9);
  });
}

/** The index of the color of the palette that is nearest in red, green and blue. */
function nearest(color: number, palette: readonly number[]): number {
  const own = channels(color);
  const distances = palette.map((other) =>
    channels(other).reduce((sum, value, i) => sum + (value - own[i]!) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
}

function channels(color: number): number[] {
  return [color >> 16, (color >> 8) & 255, color & 255];
}
