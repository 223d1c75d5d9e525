import { messageOf } from "../../../message-of";
import type { ProviderConfig } from "../config/types";
import type { GatewayError } from "../errors";
import { costOf } from "./cost";
import { Exchange, type Transport } from "./exchange";
import { applyExtraBody, isRecord } from "./extra";
import { requestBody } from "./openai-body";
import type {
  ChunkBlock,
  FinishReason,
  OutputBlock,
  ProviderChunk,
  ProviderRequest,
  ProviderResponse,
  Usage,
} from "./types";

/** Asks a provider that speaks OpenAI's chat completions. @throws GatewayError */
export async function complete(
  provider: ProviderConfig,
  request: ProviderRequest,
  transport: Transport,
): Promise<ProviderResponse> {
  const exchange = new Exchange(provider, request.extraHeaders, transport);
  const rawRequest = requestBody(request, provider.modelName, false);
  const response = await exchange.post("chat/completions", rawRequest);
  const { body, rawResponse } = await readAnswer(exchange, response);
  const unreadable = (problem: string) => exchange.serverError(problem, rawResponse);
  const choices = isRecord(body) && Array.isArray(body.choices) ? body.choices : undefined;
  if (choices === undefined)
    throw unreadable("Error parsing JSON response: missing field `choices`");
  if (choices.length !== 1) {
    throw unreadable(`Response has invalid number of choices: ${choices.length}. Expected 1.`);
  }
  const message = isRecord(choices[0]) ? choices[0].message : undefined;
  if (!isRecord(message)) throw unreadable("Error parsing JSON response: missing field `message`");
  return {
    output: outputOf(message, unreadable),
    usage: usageOf(body, provider),
    finishReason: finishReason(choices[0].finish_reason),
    rawRequest,
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
    const status = { code: response.status, text: reason(response) };
    throw exchange.clientError(
      `Error sending request: InvalidStatusCode(${status.code} ${status.text}): ${raw}`,
      { status, raw },
    );
  }
  const type = response.headers.get("content-type") ?? "";
  if (response.body === null || !type.includes("text/event-stream")) {
    const raw = await exchange.text(response, "Error parsing text response");
    throw exchange.clientError(`Error sending request: InvalidContentType(${type}): ${raw}`, {
      raw,
    });
  }
  return { rawRequest, chunks: readChunks(response.body, provider, exchange) };
}

/** Embeds one text. @throws GatewayError */
export async function embed(
  provider: ProviderConfig,
  input: string,
  transport: Transport,
): Promise<ProviderResponse & { embedding: number[] }> {
  const exchange = new Exchange(provider, provider.extraHeaders, transport);
  const request = { input, model: provider.modelName, encoding_format: "float" };
  applyExtraBody(request, provider.extraBody);
  const rawRequest = JSON.stringify(request);
  const response = await exchange.post("embeddings", rawRequest);
  const { body, rawResponse } = await readAnswer(exchange, response);
  const first = isRecord(body) && Array.isArray(body.data) ? body.data[0] : undefined;
  const embedding: unknown = isRecord(first) ? first.embedding : undefined;
  if (!Array.isArray(embedding) || !embedding.every((value) => typeof value === "number")) {
    throw exchange.serverError(
      "Error parsing JSON response: missing field `embedding`",
      rawResponse,
    );
  }
  const usage = { ...usageOf(body, provider), outputTokens: 0 };
  return { output: [], usage, finishReason: undefined, rawRequest, rawResponse, embedding };
}

/** The body of an answer that is no stream, as JSON. @throws GatewayError */
async function readAnswer(
  exchange: Exchange,
  response: Response,
): Promise<{ body: unknown; rawResponse: string }> {
  const rawResponse = await exchange.text(response, "Error parsing text response");
  if (!response.ok) throw refused(exchange, response, rawResponse);
  return { body: parse(rawResponse, exchange), rawResponse };
}

function refused(exchange: Exchange, response: Response, raw: string): GatewayError {
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

function reason(response: Response): string {
  return REASONS[response.status] ?? response.statusText;
}

function parse(text: string, exchange: Exchange): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const problem = messageOf(cause);
    throw exchange.serverError(`Error parsing JSON response: ${problem}`, text);
  }
}

function outputOf(
  message: Record<string, unknown>,
  unreadable: (problem: string) => GatewayError,
): OutputBlock[] {
  const output: OutputBlock[] = [];
  const thought = message.reasoning_content ?? message.reasoning;
  if (typeof thought === "string") output.push({ type: "thought", text: thought });
  if (typeof message.content === "string") output.push({ type: "text", text: message.content });
  for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : []) {
    const fn = isRecord(call) && isRecord(call.function) ? call.function : undefined;
    if (
      typeof fn?.name !== "string" ||
      typeof fn.arguments !== "string" ||
      typeof call.id !== "string"
    ) {
      throw unreadable("Error parsing JSON response: invalid tool call");
    }
    output.push({ type: "tool_call", id: call.id, name: fn.name, arguments: fn.arguments });
  }
  return output;
}

function usageOf(body: unknown, provider: ProviderConfig): Usage {
  const usage = isRecord(body) && isRecord(body.usage) ? body.usage : {};
  const cached = isRecord(usage.prompt_tokens_details)
    ? count(usage.prompt_tokens_details.cached_tokens)
    : null;
  return {
    inputTokens: count(usage.prompt_tokens),
    outputTokens: count(usage.completion_tokens),
    ...(cached === null ? {} : { cacheReadInputTokens: cached }),
    cost: costOf(body, provider.cost),
  };
}

function count(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : null;
}

function finishReason(value: unknown): FinishReason | undefined {
  switch (value) {
    case undefined:
    case null:
      return undefined;
    case "stop":
    case "length":
    case "content_filter":
      return value;
    case "tool_calls":
    case "function_call":
      return "tool_call";
    default:
      return "unknown";
  }
}

/** The events of a body in `text/event-stream`, up to `[DONE]`. */
async function* readChunks(
  body: ReadableStream<Uint8Array>,
  provider: ProviderConfig,
  exchange: Exchange,
): AsyncGenerator<ProviderChunk> {
  const decoder = new TextDecoder();
  const toolIds: string[] = [];
  let buffered = "";
  for await (const bytes of body) {
    buffered += decoder.decode(bytes, { stream: true });
    const lines = buffered.split(/\r?\n/);
    buffered = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const raw = exchange.withoutKey(line.slice(5).trim());
      if (raw === "[DONE]") return;
      yield toChunk(raw, provider, exchange, toolIds);
    }
  }
}

function toChunk(
  raw: string,
  provider: ProviderConfig,
  exchange: Exchange,
  toolIds: string[],
): ProviderChunk {
  const body = parse(raw, exchange);
  if (!isRecord(body)) throw exchange.serverError("Error parsing chunk: not an object", raw);
  if (isRecord(body.error))
    throw exchange.serverError(`Error in stream: ${JSON.stringify(body.error)}`, raw);
  const choice: unknown = Array.isArray(body.choices) ? body.choices[0] : undefined;
  const delta = isRecord(choice) && isRecord(choice.delta) ? choice.delta : {};
  const blocks: ChunkBlock[] = [];
  const thought = delta.reasoning_content ?? delta.reasoning;
  if (typeof thought === "string") blocks.push({ type: "thought", text: thought, id: "1" });
  if (typeof delta.content === "string")
    blocks.push({ type: "text", text: delta.content, id: "0" });
  for (const call of Array.isArray(delta.tool_calls) ? delta.tool_calls : []) {
    if (!isRecord(call) || !isRecord(call.function)) continue;
    const index = Number(call.index ?? 0);
    // Only a call's first piece carries its id.
    if (typeof call.id === "string") toolIds[index] = call.id;
    const id = toolIds[index];
    if (id === undefined)
      throw exchange.serverError(
        "Tool call index out of bounds (meaning we haven't seen this many ids in the stream)",
        raw,
      );
    blocks.push({
      type: "tool_call",
      id,
      raw_name: typeof call.function.name === "string" ? call.function.name : "",
      raw_arguments: typeof call.function.arguments === "string" ? call.function.arguments : "",
    });
  }
  return {
    blocks,
    usage: isRecord(body.usage) ? usageOf(body, provider) : undefined,
    finishReason: isRecord(choice) ? finishReason(choice.finish_reason) : undefined,
    raw,
  };
}
