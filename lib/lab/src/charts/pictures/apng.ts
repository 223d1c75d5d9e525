import { crc32 } from "node:zlib";
import { at } from "../../basics/at";
import { type Pixels, palettePngs } from "./palette";

/**
 * Pictures of one size as an animated PNG that plays for ever: wherever PNGs show, and where animations do not, as the first.
 * Source of the format: PNG, third edition (W3C, 2025), acTL, fcTL and fdAT.
 *
 * @param seconds for how long each is shown
 */
export function animatedPng(pictures: readonly Pixels[], seconds: readonly number[]): Uint8Array {
  const files = palettePngs(pictures).map(chunks);
  const [first, ...others] = files.map((file, i) => ({ file, seconds: at(seconds, i) }));
  if (first === undefined) throw new RangeError("An animation needs at least one picture.");
  const { width, height } = at(pictures, 0);
  let sequence = 0;
  const control = (shown: number) =>
    chunk(
      "fcTL",
      numbers(sequence++, width, height, 0, 0),
      shorts(Math.round(1000 * shown), 1000),
      [0, 0],
    );
  const data = (file: readonly Chunk[]) =>
    Buffer.concat(file.filter(({ type }) => type === "IDAT").map(({ body }) => body));
  const part = (name: string) =>
    first.file.filter(({ type }) => type === name).map(({ body }) => chunk(name, body));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    ...part("IHDR"),
    ...part("PLTE"),
    chunk("acTL", numbers(pictures.length, 0)),
    control(first.seconds),
    chunk("IDAT", data(first.file)),
    ...others.flatMap(({ file, seconds: shown }) => [
      control(shown),
      chunk("fdAT", numbers(sequence++), data(file)),
    ]),
    ...part("IEND"),
  ]);
}

interface Chunk {
  type: string;
  body: Buffer;
}

function chunks(png: Uint8Array): Chunk[] {
  const file = Buffer.from(png);
  const found: Chunk[] = [];
  for (let start = 8; start < file.length; ) {
    const length = file.readUInt32BE(start);
    const body = file.subarray(start + 8, start + 8 + length);
    found.push({ type: file.toString("latin1", start + 4, start + 8), body });
    start += 12 + length;
  }
  return found;
}

function chunk(type: string, ...parts: readonly (Uint8Array | readonly number[])[]): Buffer {
  const body = Buffer.concat([
    Buffer.from(type, "latin1"),
    ...parts.map((part) => Buffer.from(part)),
  ]);
  return Buffer.concat([numbers(body.length - 4), body, numbers(crc32(body))]);
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value, 4 * i);
  });
  return bytes;
}

function shorts(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt16BE(value, 2 * i);
  });
  return bytes;
}
