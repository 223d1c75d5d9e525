import type { Context } from "hono";
import { DECODERS } from "../basics/decoders";
import { messageOf } from "../basics/message-of";
import { invalidJson } from "../errors";
import { parseBody } from "../requests/parse-body";

/** Longest body that is read, before and after it is unpacked. */
const MAX_BYTES = 100 * 1024 * 1024;

/** The request's body as JSON, whatever its content type says. @throws GatewayError 400 */
export async function readJson(c: Context): Promise<unknown> {
  if (Number(c.req.header("content-length") ?? 0) > MAX_BYTES) throw tooLong();
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  if (bytes.length > MAX_BYTES) throw tooLong();
  const encoding = c.req.header("content-encoding") ?? "identity";
  return parseBody(encoding === "identity" ? bytes : await unpack(bytes, encoding));
}

async function unpack(bytes: Uint8Array, encoding: string): Promise<Uint8Array> {
  const decode = DECODERS[encoding];
  if (decode === undefined) {
    throw invalidJson(
      `The content encoding \`${encoding}\` is not supported: send gzip, deflate, br or none (415 Unsupported Media Type)`,
    );
  }
  try {
    return await decode(Buffer.from(bytes), { maxOutputLength: MAX_BYTES });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLong();
    throw invalidJson(`Failed to buffer the request body: ${messageOf(cause)} (400 Bad Request)`);
  }
}

function tooLong() {
  return invalidJson(
    "Failed to buffer the request body: length limit exceeded (413 Payload Too Large)",
  );
}
