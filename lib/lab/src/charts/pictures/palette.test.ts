import { readPalettePng } from "babyai/testing/palette-png";
import fc from "fast-check";
import { palettePng } from "./palette";

const pixelsOf = (width: number, colors: number[][]) => ({
  width,
  height: colors.length / width,
  pixels: Uint8Array.from(colors.flatMap((color) => [...color, 255])),
});

test("up to 256 colors stay as they are", () => {
  const level = fc.constantFrom(0, 51, 102, 204, 255);
  const color = fc.tuple(level, level, level);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(color, { minLength: 9 }), (width, all) => {
      const colors = all.slice(0, all.length - (all.length % width));
      expect(readPalettePng(palettePng(pixelsOf(width, colors))).pixels).toEqual(colors);
    }),
  );
});

test("of more, the rarest become the nearest that is left", () => {
  const frequent = Array.from({ length: 256 }, (_, i) => [i, 0, 0]);
  const colors = [...frequent, ...frequent, [7, 3, 0], [255, 255, 255]];
  const { pixels: drawn } = readPalettePng(palettePng(pixelsOf(2, colors)));
  expect(drawn.slice(0, 512)).toEqual(colors.slice(0, 512));
  expect(drawn.slice(512)).toEqual([
    [7, 0, 0],
    [255, 0, 0],
  ]);
});
