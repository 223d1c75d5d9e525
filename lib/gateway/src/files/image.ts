import zlib from "node:zlib";
import { messageOf } from "../basics/message-of";

/** The types of pictures that OpenAI's models take. */
export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;
export type ImageType = (typeof IMAGE_TYPES)[number];

/** A picture's bytes, at most. Several may come in one request, which has a limit of its own. */
export const MAX_IMAGE_BYTES = 8 * 1024 * 1024;
/** The bytes of a PNG's pixels, at most. */
const MAX_PIXEL_BYTES = 64 * 1024 * 1024;

/** What a picture's first bytes say that it is. */
export function imageType(bytes: Buffer): ImageType | undefined {
  const begins = (text: string, at = 0) =>
    bytes.subarray(at, at + text.length).toString("latin1") === text;
  if (begins(PNG)) return "image/png";
  if (begins("\xff\xd8\xff")) return "image/jpeg";
  if (begins("GIF87a") || begins("GIF89a")) return "image/gif";
  if (begins("RIFF") && begins("WEBP", 8)) return "image/webp";
  return undefined;
}

/**
 * What is wrong with a picture that is said to be of this type; undefined: nothing. Of a PNG all is checked, chunk by chunk and
 * down to its pixels; of other types, how they begin.
 */
export function imageProblem(bytes: Buffer, type: ImageType): string | undefined {
  if (bytes.length > MAX_IMAGE_BYTES)
    return `has ${bytes.length} bytes; at most ${MAX_IMAGE_BYTES} (${MAX_IMAGE_BYTES / 1024 ** 2} MiB) are taken`;
  const found = imageType(bytes);
  if (found !== type)
    return `is said to be ${type}, but begins like ${found ?? "none of the types of pictures that are taken"}`;
  const problem = type === "image/png" ? pngProblem(bytes) : undefined;
  return problem === undefined ? undefined : `is a corrupt PNG: ${problem}`;
}

const PNG = "\x89PNG\r\n\x1a\n";
/** Samples of a pixel by the PNG's color type. */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Source: the PNG specification (W3C), sections 5.3, 5.4, 11.2.2 and 13.2. */
function pngProblem(bytes: Buffer): string | undefined {
  let header: Buffer | undefined;
  const data: Buffer[] = [];
  for (let at = PNG.length; ; ) {
    if (at + 12 > bytes.length) return "it ends before its last chunk";
    const length = bytes.readUInt32BE(at);
    const name = bytes.toString("latin1", at + 4, at + 8);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) return `its chunk ${JSON.stringify(name)} is cut off`;
    if (bytes.readUInt32BE(end) !== zlib.crc32(bytes.subarray(at + 4, end)))
      return `the checksum of its chunk ${JSON.stringify(name)} is wrong`;
    const content = bytes.subarray(at + 8, end);
    if (header === undefined) {
      if (name !== "IHDR" || length !== 13) return "it does not begin with a header";
      header = content;
    } else if (name === "IDAT") data.push(content);
    else if (name === "IEND") return pixelProblem(header, Buffer.concat(data));
    at = end + 4;
  }
}

function pixelProblem(header: Buffer, data: Buffer): string | undefined {
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const samples = SAMPLES[header[9]!];
  if (width === 0 || height === 0 || samples === undefined) return "its header makes no sense";
  const row = 1 + Math.ceil((width * samples * header[8]!) / 8);
  const isInterlaced = header[12] !== 0; // then rows are shorter and more
  const size = row * height;
  if (size > MAX_PIXEL_BYTES)
    return `${width} × ${height} pixels are more than ${MAX_PIXEL_BYTES / 1024 ** 2} MiB`;
  try {
    const { length } = zlib.inflateSync(data, { maxOutputLength: 2 * size + 64 });
    return isInterlaced || length === size
      ? undefined
      : `its pixels have ${length} bytes in place of ${size}`;
  } catch (cause) {
    return `its pixels cannot be unpacked (${messageOf(cause)})`;
  }
}
