import { MAX_BODY_BYTES } from "../../basics/limited-body";
import { ClickHouseHttpError } from "./error";

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a5;
/** A block unpacks to this at most. */
const BLOCK_BYTES = 128 * 1024;

/**
 * Refuses data that unpacks to too much. Node 20 has no zstd and the engine, which has, no limit; but the frame format (RFC
 * 8878) tells how much each block makes at most.
 *
 * @returns the data
 * @throws ClickHouseHttpError 307 too much, 354 no zstd
 */
export function assertZstdFits(bytes: Buffer): Buffer {
  let size = 0;
  let at = 0;
  const take = (length: number) => {
    if (at + length > bytes.length) throw unreadable("it ends early");
    const number = length > 0 && length <= 6 ? bytes.readUIntLE(at, length) : 0;
    at += length;
    return number;
  };
  while (at < bytes.length) {
    const magic = take(4);
    if (magic >>> 4 === SKIPPABLE) {
      take(take(4));
      continue;
    }
    if (magic !== MAGIC) throw unreadable("it does not begin as zstd does");
    const descriptor = take(1);
    const isSingle = (descriptor & 0x20) !== 0;
    const contentSizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
    take((isSingle ? 0 : 1) + dictionaryBytes + contentSizeBytes);
    for (let isLast = false; !isLast; ) {
      const header = take(3);
      isLast = (header & 1) === 1;
      const type = (header >> 1) & 3;
      const length = header >> 3;
      if (type === 3) throw unreadable("a block is of no known type");
      size += type === 2 ? BLOCK_BYTES : length;
      if (size > MAX_BODY_BYTES + BLOCK_BYTES) {
        throw new ClickHouseHttpError(
          307,
          "TOO_MANY_BYTES",
          `The zstd body unpacks to more than ${MAX_BODY_BYTES / 1024 ** 2} MiB`,
        );
      }
      take(type === 1 ? 1 : length);
    }
    if ((descriptor & 4) !== 0) take(4);
  }
  return bytes;
}

function unreadable(why: string): ClickHouseHttpError {
  return new ClickHouseHttpError(
    354,
    "ZLIB_INFLATE_FAILED",
    `The zstd body cannot be unpacked: ${why}`,
  );
}
