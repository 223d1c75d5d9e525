import { crc32, deflateSync } from "node:zlib";

/**
 * A PNG file (W3C, "Portable Network Graphics", 2003), 8 bits each of palette indices, or of red, green and blue.
 *
 * @example
 * const palette = Uint8Array.of(0, 0, 0, 255, 255, 255);
 * const lines = Uint8Array.of(0, 0, 1, 0, 1, 0); // black, white; white, black
 * const png = encodePng(2, 2, palette, lines, 9);
 * String.fromCharCode(...png.subarray(1, 4)); // "PNG"
 * @param palette up to 256 colors, three bytes each: red, green, blue; null: the lines hold these three bytes a pixel
 * @param lines `height` lines from the top, each a byte 0 (no filter) and `width` pixels, which are indices into the palette
 * @param level of compression, 1 (fast) to 9 (small)
 */
export function encodePng(
  width: number,
  height: number,
  palette: Uint8Array | null,
  lines: Uint8Array,
  level: number,
): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, palette === null ? 2 : 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    ...(palette === null ? [] : [chunk("PLTE", palette)]),
    chunk("IDAT", deflateSync(lines, { level })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, data.length + 8)), data.length + 8);
  return out;
}
