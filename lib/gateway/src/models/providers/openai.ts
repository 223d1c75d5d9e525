import { isRecord } from "../../basics/reader";
import { applyExtraBody } from "../../config/extra";
import type { ProviderConfig } from "../../config/types";
import type { GatewayError } from "../../errors";
import { withoutFiles } from "../../files/file-block";
import { Exchange, type Transport } from "./exchange";
import {
  errorIn,
  finishReason,
  outputOf,
  parseJson,
  type Unreadable,
  usageOf,
} from "./openai-answer";
import { requestBody } from "./openai-body";
import { readChunks } from "./openai-stream";
import type { Answer } from "./received";
import type { ProviderChunk, ProviderRequest, ProviderResponse } from "./types";

/** Asks a provider that speaks OpenAI's chat completions. @throws GatewayError */
export async function complete(
  provider: ProviderConfig,
  request: ProviderRequest,
  transport: Transport,
): Promise<ProviderResponse> {
  const exchange = new Exchange(provider, request.extraHeaders, transport);
  const rawRequest = requestBody(request, provider.modelName, false);
  const response = await exchange.post("chat/completions", rawRequest);
  const { body, rawResponse, unreadable } = await readAnswer(exchange, response);
  const { choices } = body;
  if (!Array.isArray(choices)) throw unreadable("missing field `choices`");
  if (choices.length !== 1) {
    const problem = `Response has invalid number of choices: ${choices.length}. Expected 1.`;
    throw exchange.serverError(problem, rawResponse);
  }
  const message = isRecord(choices[0]) ? choices[0].message : undefined;
  if (!isRecord(message)) throw unreadable("missing field `message`");
  return {
    output: outputOf(message, unreadable),
    usage: usageOf(body, provider),
    finishReason: finishReason(choices[0].finish_reason),
    rawRequest: exchange.withoutKey(withoutFiles(rawRequest, request.messages)),
    rawResponse,
  };
}

/** As `complete`, in pieces. The answer's head has been read when this returns. @throws GatewayError */
export async function stream(
  provider: ProviderConfig,
  request: ProviderRequest,
  transport: Transport,
): Promise<{ rawRequest: string; chunks: AsyncGenerator<ProviderChunk> }> {
  const exchange = new Exchange(provider, request.extraHeaders, transport);
  const rawRequest = requestBody(request, provider.modelName, true);
  const response = await exchange.post("chat/completions", rawRequest);
  if (!response.ok) {
    const raw = await exchange.text(response, "Error parsing error response");
    const status = `${response.status} ${reason(response)}`;
    throw exchange.streamNotBegun(`Invalid status code: ${status}: ${raw}`, raw);
  }
  const type = response.headers.get("content-type") ?? "";
  if (response.body === null || !/^text\/event-stream/i.test(type)) {
    const raw = await exchange.text(response, "Error parsing text response");
    throw exchange.streamNotBegun(
      `Error sending request: InvalidContentType(${type}): ${raw}`,
      raw,
    );
  }
  return {
    rawRequest: exchange.withoutKey(withoutFiles(rawRequest, request.messages)),
    chunks: readChunks(response.body, provider, exchange),
  };
}

/** What is embedded: one text, or several at once. */
export interface EmbeddingRequest {
  input: string | string[];
  /** Of each embedding. Default: the model's. */
  dimensions?: number;
  /** "base64" gives texts in place of numbers. */
  encodingFormat: "float" | "base64";
}

/** @returns an embedding for each text, in their order @throws GatewayError */
export async function embed(
  provider: ProviderConfig,
  { input, dimensions, encodingFormat }: EmbeddingRequest,
  transport: Transport,
): Promise<ProviderResponse & { embeddings: (number[] | string)[] }> {
  const exchange = new Exchange(provider, provider.extraHeaders, transport);
  const request = {
    ...{ model: provider.modelName, input },
    ...(dimensions === undefined ? {} : { dimensions }),
    encoding_format: encodingFormat,
  };
  applyExtraBody(request, provider.extraBody);
  const rawRequest = JSON.stringify(request);
  const response = await exchange.post("embeddings", rawRequest);
  const { body, rawResponse, unreadable } = await readAnswer(exchange, response);
  if (!Array.isArray(body.data)) throw unreadable("missing field `data`");
  const embeddings = body.data.map((entry: unknown) => {
    const embedding: unknown = isRecord(entry) ? entry.embedding : undefined;
    if (typeof embedding === "string") return embedding;
    if (Array.isArray(embedding) && embedding.every(Number.isFinite)) return embedding as number[];
    throw unreadable("missing field `embedding`");
  });
  const usage = { ...usageOf(body, provider), outputTokens: 0 };
  const sent = exchange.withoutKey(rawRequest);
  return { output: [], usage, finishReason: undefined, rawRequest: sent, rawResponse, embeddings };
}

/** The body of an answer that is not streamed, as JSON. @throws GatewayError it is not JSON, or reports an error */
async function readAnswer(
  exchange: Exchange,
  response: Answer,
): Promise<{ body: Record<string, unknown>; rawResponse: string; unreadable: Unreadable }> {
  const rawResponse = await exchange.text(response, "Error parsing text response");
  if (!response.ok) throw refused(exchange, response, rawResponse);
  const unreadable = (problem: string) =>
    exchange.serverError(`Error parsing JSON response: ${problem}`, rawResponse);
  const body = parseJson(rawResponse, unreadable);
  const error = errorIn(body);
  if (error !== undefined) throw exchange.serverError(`Error in response: ${error}`, rawResponse);
  return { body, rawResponse, unreadable };
}

function refused(exchange: Exchange, response: Answer, raw: string): GatewayError {
  const id = response.headers.get("x-request-id");
  const message = id === null ? raw : `${raw} [request_id: ${id}]`;
  const ours = [400, 401, 403, 429].includes(response.status);
  if (!ours) return exchange.serverError(message, raw);
  const status = { code: response.status, text: reason(response) };
  return exchange.clientError(message, { status, raw });
}

const REASONS: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

function reason(response: Answer): string {
  return REASONS[response.status] ?? response.statusText;
}
