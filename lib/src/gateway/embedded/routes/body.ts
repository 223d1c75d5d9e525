import type { Context } from "hono";
import { DECODERS } from "../../../decoders";
import { invalidJson } from "../errors";
import { parseBody } from "../request/parts";

/** Longest body that is read, before and after it is unpacked. */
const MAX_BYTES = 100 * 1024 * 1024;

/** The request's body as JSON, whatever its content type says. @throws GatewayError 400 */
export async function readJson(c: Context): Promise<unknown> {
  const encoding = c.req.header("content-encoding");
  if (Number(c.req.header("content-length") ?? 0) > MAX_BYTES) throw tooLong();
  if (encoding === undefined || encoding === "identity") {
    const text = await c.req.text();
    if (
      text.length > MAX_BYTES ||
      (text.length > MAX_BYTES / 4 && Buffer.byteLength(text) > MAX_BYTES)
    )
      throw tooLong();
    return parseBody(text);
  }
  const decode = DECODERS[encoding];
  if (decode === undefined) {
    throw invalidJson(
      `The content encoding \`${encoding}\` is not supported: send gzip, deflate, br or none (415 Unsupported Media Type)`,
    );
  }
  try {
    const bytes = await decode(Buffer.from(await c.req.arrayBuffer()), {
      maxOutputLength: MAX_BYTES,
    });
    return parseBody(bytes.toString("utf8"));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") throw tooLong();
    // zlib's own errors have a code; that of what was unpacked is ours already.
    if (code !== undefined)
      throw invalidJson(`Failed to buffer the request body: ${message} (400 Bad Request)`);
    throw cause;
  }
}

function tooLong() {
  return invalidJson(
    "Failed to buffer the request body: length limit exceeded (413 Payload Too Large)",
  );
}
