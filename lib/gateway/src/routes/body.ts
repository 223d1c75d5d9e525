import type { Context } from "hono";
import { BodyError, readBody } from "../basics/limited-body";
import { messageOf } from "../basics/message-of";
import { GatewayError, invalidJson } from "../errors";
import { parseBody } from "../requests/parse-body";

/** The request's body as JSON, whatever its content type says. @throws GatewayError 400; 503 where it may be sent again */
export async function readJson(c: Context): Promise<unknown> {
  let bytes: Uint8Array;
  try {
    bytes = await readBody(c.req.raw);
  } catch (error) {
    throw error instanceof BodyError ? asGatewayError(error) : error;
  }
  return parseBody(bytes);
}

/** TensorZero's words where it has any. */
function asGatewayError({ code, message, cause }: BodyError): GatewayError {
  const failed = "Failed to buffer the request body:";
  switch (code) {
    case "unknown_encoding":
      return invalidJson(`${message} (415 Unsupported Media Type)`);
    case "too_long":
      return invalidJson(`${failed} length limit exceeded (413 Payload Too Large)`);
    case "busy":
      return new GatewayError(503, `${failed} ${message}`, { kind: "JsonRequest", cause });
    default:
      return invalidJson(`${failed} ${messageOf(cause)} (400 Bad Request)`);
  }
}
