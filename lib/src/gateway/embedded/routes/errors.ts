import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { GatewayError } from "../errors";

/** The error in the words of the route that it happened on: OpenAI's routes have the text one level deeper. */
export function errorResponse(c: Context, error: GatewayError, errorJson: boolean): Response {
  const body = c.req.path.includes("/openai/v1/")
    ? openAIBody(error, errorJson)
    : nativeBody(error, errorJson);
  return c.json(body, error.status as ContentfulStatusCode);
}

export function nativeBody(error: GatewayError, errorJson: boolean): object {
  return { error: error.message, ...(errorJson ? { error_json: details(error) } : {}) };
}

export function openAIBody(error: GatewayError, errorJson: boolean): object {
  if (!errorJson) return { error: { message: error.message } };
  const json = details(error);
  return { error: { message: error.message, error_json: json, tensorzero_error_json: json } };
}

function details(error: GatewayError): object {
  return { [error.options.kind]: { message: error.message } };
}
