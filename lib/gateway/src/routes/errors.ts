import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { GatewayError } from "../errors";
import { rawOfError } from "./raw";

/** The error in the words of the route that it happened on: OpenAI's routes have the text one level deeper. */
export function errorResponse(
  c: Context,
  error: GatewayError,
  errorJson: boolean,
  includeRawResponse = false,
): Response {
  const { raw_response } = rawOfError(error, includeRawResponse);
  const isOpenAI = c.req.path.includes("/openai/v1/");
  const key = isOpenAI ? "tensorzero_raw_response" : "raw_response";
  const body = {
    ...(isOpenAI ? openAIBody(error, errorJson) : nativeBody(error, errorJson)),
    ...(raw_response === undefined ? {} : { [key]: raw_response }),
  };
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
