import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { palettePng } from "./palette";

/** The colors of a PNG with a palette and without filters, as [red, green, blue] by pixel. */
function decode(png: Uint8Array): number[][] {
  const file = Buffer.from(png);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    chunks.set(file.toString("latin1", at + 4, at + 8), file.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const width = chunks.get("IHDR")!.readUInt32BE(0);
  const palette = chunks.get("PLTE")!;
  expect(palette.length).toBeLessThanOrEqual(3 * 256);
  return [...inflateSync(chunks.get("IDAT")!)]
    .filter((_, at) => at % (width + 1) !== 0)
    .map((index) => [...palette.subarray(3 * index, 3 * index + 3)]);
}

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
      expect(decode(palettePng(pixelsOf(width, colors)))).toEqual(colors);
    }),
  );
});

test("of more, the rarest become the nearest that is left", () => {
  const frequent = Array.from({ length: 256 }, (_, i) => [i, 0, 0]);
  const colors = [...frequent, ...frequent, [7, 3, 0], [255, 255, 255]];
  const drawn = decode(palettePng(pixelsOf(2, colors)));
  expect(drawn.slice(0, 512)).toEqual(colors.slice(0, 512));
  expect(drawn.slice(512)).toEqual([
    [7, 0, 0],
    [255, 0, 0],
  ]);
});
