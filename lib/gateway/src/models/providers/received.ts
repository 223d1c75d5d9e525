import { pipeline, type Readable, type Transform } from "node:stream";
import zlib from "node:zlib";
import type { Dispatcher } from "undici";
import { oneLine } from "../../basics/one-line";

/**
 * Bytes that an answer may have on its way, and unpacked: one of 100,000 tokens has one megabyte. To store so many takes some
 * 200 MB of memory.
 */
export const ANSWER_LIMIT = 3 * 1024 * 1024;
/** The same for one that is streamed: OpenAI's pieces take some 300 bytes a token. */
export const STREAM_LIMIT = 5 * 1024 * 1024;

/** A server sends elsewhere what it was asked. It is not sent there: it holds prompts and keys. */
export class RedirectError extends Error {
  override readonly name = "RedirectError";
  constructor(
    /** Host and port. */
    readonly from: string,
    /** Null: the server named none. */
    readonly to: string | null,
    message: string,
  ) {
    super(message);
  }
}

/** An answer is longer than {@link ANSWER_LIMIT} or {@link STREAM_LIMIT}. */
export class AnswerTooLongError extends Error {
  override readonly name = "AnswerTooLongError";
  constructor(limit: number, what = "") {
    super(`the answer is longer than ${limit / 1024 / 1024} MiB${what}: it is not read further`);
  }
}

/** The parts of a Response that are read here. subtle: a real one, and its stream, take a third of an inference's time. */
export type Answer = Pick<
  Response,
  "ok" | "status" | "statusText" | "headers" | "body" | "text" | "json"
>;

/**
 * What came back for a request.
 *
 * @throws RedirectError
 * @returns the answer; reading its body throws an AnswerTooLongError where it is too long
 */
export function received(url: string | URL, response: Dispatcher.ResponseData): Answer {
  const { statusCode: status, body } = response;
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headers))
    for (const value of [values ?? []].flat()) headers.append(name, value);
  const drop = () => void body.on("error", () => {}).destroy();
  if (status >= 300 && status < 400 && status !== 304) {
    drop();
    throw redirect(new URL(url), status, headers.get("location"));
  }
  const isStream = /^text\/event-stream/i.test(headers.get("content-type") ?? "");
  const chunks = limited(
    unpacked(body, headers.get("content-encoding")),
    isStream ? STREAM_LIMIT : ANSWER_LIMIT,
  );
  const text = async () => {
    const kept: Uint8Array[] = [];
    for await (const chunk of chunks) kept.push(chunk);
    return new TextDecoder().decode(kept.length === 1 ? kept[0] : Buffer.concat(kept));
  };
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: response.statusText,
    headers,
    text,
    json: async () => JSON.parse(await text()),
    get body() {
      return new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const { done, value } = await chunks.next();
            if (done) controller.close();
            else controller.enqueue(value);
          },
          cancel: drop,
        },
        { highWaterMark: 0 },
      );
    },
  };
}

/** What fetch can unpack. */
const DECODERS = new Map<string, () => Transform>([
  ["gzip", () => zlib.createGunzip(LENIENT)],
  ["x-gzip", () => zlib.createGunzip(LENIENT)],
  ["deflate", () => zlib.createInflate(LENIENT)],
  ["br", () => zlib.createBrotliDecompress()],
]);
// Node.js has it from version 22.15 on.
const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };
if (createZstdDecompress !== undefined) DECODERS.set("zstd", () => createZstdDecompress());

/** As in browsers, an answer that is cut off ends where it does. */
const LENIENT = {
  flush: zlib.constants.Z_SYNC_FLUSH,
  finishFlush: zlib.constants.Z_SYNC_FLUSH,
};

/** The body as it was before it was packed, perhaps several times; of an unknown encoding as it is. */
function unpacked(body: Readable, encodings: string | null): Readable {
  if (encodings === null) return body;
  const decoders = encodings
    .toLowerCase()
    .split(",")
    .map((name) => DECODERS.get(name.trim()))
    .reverse();
  if (!decoders.every((make) => make !== undefined)) return body;
  const streams = decoders.map((make) => make());
  pipeline([body, ...streams], () => {}); // what fails is thrown to whoever reads
  return streams.at(-1) ?? body;
}

function redirect(from: URL, status: number, location: string | null): RedirectError {
  const target =
    location !== null && URL.canParse(location, from.href) ? new URL(location, from) : null;
  const where = target === null ? "nowhere" : oneLine(target.origin + target.pathname, 200);
  return new RedirectError(
    from.host,
    target?.host ?? null,
    `${from.host} sends requests on to ${where} (status ${status}), which is not followed, because they hold prompts and keys: if that is the right server, name its address instead`,
  );
}

async function* limited(body: Readable, limit: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw new AnswerTooLongError(limit);
    yield chunk;
  }
}

/** Breaks an answer off that is too long while it is packed, such as one that unpacks to nothing and never ends. */
export const limitPacked: Dispatcher.DispatcherComposeInterceptor = (dispatch) => {
  const { DecoratorHandler } = require("undici") as typeof import("undici");
  return (options, handler) => {
    let size = 0;
    const passing = new DecoratorHandler(handler) as Required<Dispatcher.DispatchHandler>;
    const pass = passing.onResponseData.bind(passing);
    passing.onResponseData = (controller, chunk) => {
      size += chunk.length;
      if (size <= STREAM_LIMIT) pass(controller, chunk);
      else controller.abort(new AnswerTooLongError(STREAM_LIMIT, " as it is sent"));
    };
    return dispatch(options, passing);
  };
};
