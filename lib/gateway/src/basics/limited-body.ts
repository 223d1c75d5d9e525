import { Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { messageOf } from "./message-of";

/**
 * Longest body that is read, before and after it is unpacked. TensorZero's limit is 100 MiB; what is made of a body can be
 * several times as long, and all of it is to stay below 200 MB.
 */
export const MAX_BODY_BYTES = 24 * 1024 * 1024;

/** What bodies under way may hold in memory, all of them together. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** A body of this length is read at once: the server itself holds it to the length that it gave. */
const SHORT_BYTES = 64 * 1024;

/** A request's body that is not read. */
export class BodyError extends Error {
  override readonly name = "BodyError";
  constructor(
    readonly code: "too_long" | "busy" | "unknown_encoding" | "unreadable",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const DECODERS = new Map<string, () => Transform>([
  ["gzip", () => createGunzip({ chunkSize: SHORT_BYTES })],
  ["deflate", () => createInflate({ chunkSize: SHORT_BYTES })],
  ["br", () => createBrotliDecompress({ chunkSize: SHORT_BYTES })],
]);

/**
 * The request's body, unpacked piece by piece, so that one that unpacks to a hundred times its size ends at the limit.
 *
 * @param encoding default: the request's own; `identity` leaves it packed
 * @throws BodyError
 */
export async function* bodyOf(
  request: Request,
  encoding = request.headers.get("content-encoding") ?? "identity",
): AsyncGenerator<Buffer> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) throw tooLong();
  const decoder = encoding === "identity" ? undefined : DECODERS.get(encoding)?.();
  if (decoder === undefined && encoding !== "identity") {
    throw new BodyError(
      "unknown_encoding",
      `The content encoding \`${encoding}\` is not supported: send gzip, deflate, br or none`,
    );
  }
  // subtle: a request in process is no real one and has no stream; a short one is read faster without.
  const isShort = Number(request.headers.get("content-length") ?? Number.NaN) <= SHORT_BYTES;
  if (decoder === undefined && (isShort || request.body === undefined)) {
    yield* limited([Buffer.from(await request.arrayBuffer())]);
    return;
  }
  if (request.body === null) return;
  const source = limited(Readable.fromWeb(request.body as never));
  if (decoder === undefined) return yield* source;
  const packed = Readable.from(source, { objectMode: false });
  packed.on("error", (error) => decoder.destroy(error));
  try {
    yield* limited(packed.pipe(decoder));
  } catch (cause) {
    if (cause instanceof BodyError) throw cause;
    const message = `The ${encoding} body cannot be unpacked: ${messageOf(cause)}`;
    throw new BodyError("unreadable", message, { cause });
  } finally {
    packed.destroy();
    decoder.destroy();
  }
}

async function* limited(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLong();
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  }
}

function tooLong(): BodyError {
  return new BodyError(
    "too_long",
    `The request's body is longer than ${MAX_BODY_BYTES / 1024 ** 2} MiB, packed or unpacked`,
  );
}

let held = 0;

/** All of it in memory. @throws BodyError */
export async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const kept: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of chunks) {
      kept.push(chunk);
      length += chunk.length;
      held += chunk.length;
      if (held > MAX_HELD_BYTES)
        throw new BodyError("busy", "Too many long bodies come in at once: send it again later");
    }
    return kept.length === 1 && kept[0] ? kept[0] : Buffer.concat(kept);
  } finally {
    held -= length;
  }
}

/** The request's whole body, unpacked. @throws BodyError */
export const readBody = (request: Request): Promise<Buffer> => collect(bodyOf(request));
