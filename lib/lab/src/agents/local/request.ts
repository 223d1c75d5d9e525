import { oneLine } from "embedded-gateway";
import type { ChatMessage } from "./reading/prompt";

/** A refused request, as OpenAI's API words it: `{"error": {message, type, param, code}}`. */
export class RefusedRequest extends Error {
  override name = "RefusedRequest";

  constructor(
    readonly status: 400 | 404,
    message: string,
    readonly param: string | null = null,
    readonly code: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  body() {
    const { message, param, code } = this;
    return { error: { message, type: "invalid_request_error", param, code } };
  }
}

/** The fields of a chat completion request that a local model heeds; all others change nothing. */
export interface CompletionRequest {
  model: string;
  messages: ChatMessage[];
  seed?: number;
  stream: boolean;
  /** `stream_options.include_usage` */
  includeUsage: boolean;
}

/**
 * Checks the body of POST /v1/chat/completions.
 *
 * @throws RefusedRequest that names the field
 */
export function readRequest(body: string): CompletionRequest {
  const json = readObject(body);
  const { model, messages, seed, stream, stream_options: streamOptions } = json;
  if (typeof model !== "string") refuse("model", "must be a string", model);
  if (!Array.isArray(messages) || messages.length === 0) {
    refuse("messages", "must be a non-empty array", messages);
  }
  if (seed != null && !Number.isSafeInteger(seed)) refuse("seed", "must be an integer", seed);
  if (stream != null && typeof stream !== "boolean") refuse("stream", "must be a boolean", stream);
  return {
    model,
    messages: messages.map(readMessage),
    ...(typeof seed === "number" && { seed }),
    stream: stream === true,
    includeUsage: isRecord(streamOptions) && streamOptions.include_usage === true,
  };
}

/** @throws RefusedRequest */
export function readObject(body: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new RefusedRequest(400, "The request body is not valid JSON.", null, null, { cause });
  }
  if (isRecord(json)) return json;
  throw new RefusedRequest(400, "The request body must be a JSON object.");
}

export function unknownModel(name: string, known: Iterable<string>): RefusedRequest {
  const message = `The model ${JSON.stringify(name)} does not exist. There are: ${[...known].join(", ")}.`;
  return new RefusedRequest(404, message, "model", "model_not_found");
}

/** Content is a string or an array of text parts. */
function readMessage(message: unknown, index: number): ChatMessage {
  const name = `messages[${index}]`;
  if (!isRecord(message)) refuse(name, "must be an object", message);
  const { role, content } = message;
  if (typeof role !== "string") refuse(`${name}.role`, "must be a string", role);
  if (typeof content === "string") return { role, content: withLineFeeds(content) };
  if (!Array.isArray(content)) {
    refuse(`${name}.content`, "must be a string or an array of text parts", content);
  }
  const texts = content.map((part) => {
    if (isRecord(part) && part.type === "text" && typeof part.text === "string") return part.text;
    const isPicture = isRecord(part) && part.type === "image_url";
    const expected = isPicture
      ? "must hold text parts only, since a function in place of an LLM takes no pictures"
      : "must hold text parts only";
    return refuse(`${name}.content`, expected, part);
  });
  return { role, content: withLineFeeds(texts.join("\n\n")) };
}

/** A gateway may have read its templates from files with the line ends of Windows. */
function withLineFeeds(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}

/** @throws RefusedRequest */
export function refuse(param: string, expected: string, got: unknown): never {
  const shown = got === undefined ? "nothing" : oneLine(JSON.stringify(got), 200);
  throw new RefusedRequest(400, `"${param}" ${expected}, but the request has ${shown}.`, param);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
