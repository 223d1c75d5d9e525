import { inflateSync } from "node:zlib";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** The colors of a PNG with a palette and without filters, as [red, green, blue] by pixel, row by row. */
export function readPalettePng(png: Uint8Array): {
  width: number;
  height: number;
  pixels: number[][];
} {
  const file = Buffer.from(png);
  expect([...file.subarray(0, 8)]).toEqual(SIGNATURE);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    chunks.set(file.toString("latin1", at + 4, at + 8), file.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const width = chunks.get("IHDR")!.readUInt32BE(0);
  const height = chunks.get("IHDR")!.readUInt32BE(4);
  const palette = chunks.get("PLTE")!;
  expect(palette.length).toBeLessThanOrEqual(3 * 256);
  const lines = inflateSync(chunks.get("IDAT")!);
  expect(lines).toHaveLength((width + 1) * height);
  const indices = [...lines].filter((_, at) => at % (width + 1) !== 0);
  const pixels = indices.map((index) => [...palette.subarray(3 * index, 3 * index + 3)]);
  return { width, height, pixels };
}
