import type { Dispatcher } from "undici";
import { oneLine } from "../basics/one-line";

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

/**
 * What came back for a request that was sent with `redirect: "manual"`.
 *
 * @throws RedirectError
 * @returns the answer; reading its body throws an AnswerTooLongError where it is too long
 */
export function received(url: string | URL | Request, response: Response): Response {
  const { status, statusText, headers, body } = response;
  if (status >= 300 && status < 400 && status !== 304) {
    body?.cancel().catch(() => {});
    throw redirect(
      new URL(typeof url === "object" && "url" in url ? url.url : url),
      status,
      headers.get("location"),
    );
  }
  if (body === null) return response;
  const isStream = /^text\/event-stream/i.test(headers.get("content-type") ?? "");
  const limit = isStream ? STREAM_LIMIT : ANSWER_LIMIT;
  return new Response(limited(body, limit), { status, statusText, headers });
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

function limited(body: ReadableStream<Uint8Array>, limit: number): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let size = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        size += value.length;
        if (size <= limit) return controller.enqueue(value);
        const error = new AnswerTooLongError(limit);
        reader.cancel(error).catch(() => {});
        throw error;
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
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
