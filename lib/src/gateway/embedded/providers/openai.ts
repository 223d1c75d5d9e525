import type { ProviderConfig } from "../config/types";
import { providerClient, providerServer } from "../errors";
import { costOf } from "./cost";
import { isRecord } from "./extra";
import { requestBody } from "./openai-body";
import type {
  ChunkBlock,
  FinishReason,
  ModelRequest,
  OutputBlock,
  ProviderChunk,
  ProviderResponse,
  Usage,
} from "./types";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** How one call reaches its provider. */
export interface Transport {
  fetch: Fetch;
  apiKey: string | undefined;
  signal: AbortSignal;
}

/** Asks a provider that speaks OpenAI's chat completions. @throws GatewayError */
export async function complete(
  provider: ProviderConfig,
  request: ModelRequest,
  transport: Transport,
): Promise<ProviderResponse> {
  const rawRequest = requestBody(request, provider.modelName, false);
  const response = await send(
    `${provider.apiBase}chat/completions`,
    rawRequest,
    provider,
    request,
    transport,
  );
  const rawResponse = await readText(response, "Error parsing text response");
  if (!response.ok) throw refused(response, rawResponse);
  const body = parse(rawResponse);
  const choices = isRecord(body) && Array.isArray(body.choices) ? body.choices : undefined;
  if (choices === undefined)
    throw providerServer("Error parsing JSON response: missing field `choices`");
  if (choices.length !== 1) {
    throw providerServer(`Response has invalid number of choices: ${choices.length}. Expected 1.`);
  }
  const message = isRecord(choices[0]) ? choices[0].message : undefined;
  if (!isRecord(message))
    throw providerServer("Error parsing JSON response: missing field `message`");
  return {
    output: outputOf(message),
    usage: usageOf(body, provider),
    finishReason: finishReason(choices[0].finish_reason),
    rawRequest,
    rawResponse,
  };
}

/** As `complete`, in pieces. The answer's head has been read when this returns. @throws GatewayError */
export async function stream(
  provider: ProviderConfig,
  request: ModelRequest,
  transport: Transport,
): Promise<{ rawRequest: string; chunks: AsyncGenerator<ProviderChunk> }> {
  const rawRequest = requestBody(request, provider.modelName, true);
  const response = await send(
    `${provider.apiBase}chat/completions`,
    rawRequest,
    provider,
    request,
    transport,
  );
  if (!response.ok) {
    const text = await readText(response, "Error parsing error response");
    const status = `${response.status} ${reason(response)}`;
    throw providerClient(
      response.status,
      reason(response),
      `Error sending request: InvalidStatusCode(${status}): ${text}`,
    );
  }
  const type = response.headers.get("content-type") ?? "";
  if (response.body === null || !type.includes("text/event-stream")) {
    const text = await readText(response, "Error parsing text response");
    throw providerClient(
      undefined,
      "",
      `Error sending request: InvalidContentType(${type}): ${text}`,
    );
  }
  return { rawRequest, chunks: readChunks(response.body, provider) };
}

/** Embeds one text. @throws GatewayError */
export async function embed(
  provider: ProviderConfig,
  input: string,
  transport: Transport,
): Promise<ProviderResponse & { embedding: number[] }> {
  const rawRequest = JSON.stringify({ input, model: provider.modelName, encoding_format: "float" });
  const response = await send(
    `${provider.apiBase}embeddings`,
    rawRequest,
    provider,
    undefined,
    transport,
  );
  const rawResponse = await readText(response, "Error parsing text response");
  if (!response.ok) throw refused(response, rawResponse);
  const body = parse(rawResponse);
  const first = isRecord(body) && Array.isArray(body.data) ? body.data[0] : undefined;
  const embedding: unknown = isRecord(first) ? first.embedding : undefined;
  if (!Array.isArray(embedding) || !embedding.every((value) => typeof value === "number")) {
    throw providerServer("Error parsing JSON response: missing field `embedding`");
  }
  const usage = { ...usageOf(body, provider), outputTokens: 0 };
  return { output: [], usage, finishReason: undefined, rawRequest, rawResponse, embedding };
}

async function send(
  url: string,
  body: string,
  provider: ProviderConfig,
  request: ModelRequest | undefined,
  { fetch, apiKey, signal }: Transport,
): Promise<Response> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (apiKey !== undefined) headers.authorization = `Bearer ${apiKey}`;
  for (const extra of [...provider.extraHeaders, ...(request?.extraHeaders ?? [])]) {
    if ("delete" in extra) delete headers[extra.name.toLowerCase()];
    else headers[extra.name.toLowerCase()] = extra.value;
  }
  try {
    return await fetch(url, { method: "POST", headers, body, signal });
  } catch (cause) {
    signal.throwIfAborted(); // a time-out of ours has an error of its own
    throw providerClient(
      undefined,
      "",
      `Error sending request: error sending request for url (${url})${detail(cause)}`,
      cause,
    );
  }
}

/** What fetch hides in the cause of its "fetch failed". */
function detail(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const message = inner instanceof Error ? inner.message : String(inner);
  return message === "" ? "" : `: ${message}`;
}

async function readText(response: Response, problem: string): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    if (cause instanceof Error && cause.name === "AbortError") throw cause;
    throw providerServer(`${problem}: ${detail(cause).slice(2)}`, cause);
  }
}

function refused(response: Response, body: string) {
  const id = response.headers.get("x-request-id");
  const message = id === null ? body : `${body} [request_id: ${id}]`;
  const ours = [400, 401, 403, 429].includes(response.status);
  return ours
    ? providerClient(response.status, reason(response), message)
    : providerServer(message);
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw providerServer(
      `Error parsing JSON response: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    );
  }
}

function outputOf(message: Record<string, unknown>): OutputBlock[] {
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
      throw providerServer("Error parsing JSON response: invalid tool call");
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
      const raw = line.slice(5).trim();
      if (raw === "[DONE]") return;
      yield toChunk(raw, provider, toolIds);
    }
  }
}

function toChunk(raw: string, provider: ProviderConfig, toolIds: string[]): ProviderChunk {
  const body = parse(raw);
  if (!isRecord(body)) throw providerServer("Error parsing chunk: not an object");
  if (isRecord(body.error)) throw providerServer(`Error in stream: ${JSON.stringify(body.error)}`);
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
      throw providerServer(
        "Tool call index out of bounds (meaning we haven't seen this many ids in the stream)",
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
