import { messageOf } from "../../basics/message-of";
import { isRecord } from "../../basics/reader";
import type { ProviderConfig } from "../../config/types";
import type { GatewayError } from "../../errors";
import { costOf } from "./cost";
import type { FinishReason, OutputBlock, Usage } from "./types";

/** Makes an error of the provider of what is wrong with its answer. */
export type Unreadable = (problem: string) => GatewayError;

/** A body, or an event of a stream, as a JSON object. @throws GatewayError it is not one */
export function parseJson(text: string, unreadable: Unreadable): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw unreadable(messageOf(cause));
  }
  if (!isRecord(body)) throw unreadable(`invalid type: ${typeOf(body)}, expected a map`);
  return body;
}

/** What a message, or the delta of one, says. `content` is null where it says nothing, as in a call of a tool. */
export interface Said {
  thought: string | undefined;
  text: string | undefined;
  toolCalls: unknown[];
}

/**
 * Reads a message, or the delta of one. OpenAI's own `content` is text; other servers give a list of parts, whose texts
 * are joined. A refusal is no text, so that an answer with nothing else is empty.
 *
 * @throws GatewayError `content` or `tool_calls` is of another type
 */
export function readMessage(message: Record<string, unknown>, unreadable: Unreadable): Said {
  const { text, thought } = readContent(message.content, unreadable);
  const reasoning = message.reasoning_content ?? message.reasoning;
  const toolCalls = message.tool_calls ?? [];
  if (!Array.isArray(toolCalls))
    throw unreadable(`invalid type: ${typeOf(toolCalls)}, expected a sequence in \`tool_calls\``);
  return { text, thought: typeof reasoning === "string" ? reasoning : thought, toolCalls };
}

/** A whole message as blocks; half a character in it becomes U+FFFD. @throws GatewayError */
export function outputOf(message: Record<string, unknown>, unreadable: Unreadable): OutputBlock[] {
  const { thought, text, toolCalls } = readMessage(message, unreadable);
  const output: OutputBlock[] = [];
  if (thought !== undefined)
    output.push({ type: "thought", text: thought.toWellFormed(), provider_type: "openai" });
  if (text !== undefined) output.push({ type: "text", text: text.toWellFormed() });
  for (const call of toolCalls) {
    const fn = isRecord(call) && isRecord(call.function) ? call.function : undefined;
    if (
      !isRecord(call) ||
      typeof fn?.name !== "string" ||
      typeof fn.arguments !== "string" ||
      typeof call.id !== "string"
    ) {
      throw unreadable("invalid tool call");
    }
    output.push({
      type: "tool_call",
      id: call.id.toWellFormed(),
      name: fn.name.toWellFormed(),
      arguments: fn.arguments.toWellFormed(),
    });
  }
  return output;
}

/** What an answer with status 200, or an event of a stream, says went wrong, for the whole or for its choice. */
export function errorIn({ error: whole, choices }: Record<string, unknown>): string | undefined {
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const error = whole || (isRecord(choice) ? choice.error : undefined);
  if (typeof error === "string" && error !== "") return error;
  return isRecord(error) ? JSON.stringify(error) : undefined;
}

export function usageOf(body: Record<string, unknown>, provider: ProviderConfig): Usage {
  const usage = isRecord(body.usage) ? body.usage : {};
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

/** A number of tokens. What is no whole number, or more than its column holds, says nothing. */
function count(value: unknown): number | null {
  const isCount = Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32;
  return isCount ? Number(value) : null;
}

export function finishReason(value: unknown): FinishReason | undefined {
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

function readContent(
  content: unknown,
  unreadable: Unreadable,
): { text: string | undefined; thought: string | undefined } {
  if (content === undefined || content === null) return { text: undefined, thought: undefined };
  if (typeof content === "string") return { text: content, thought: undefined };
  if (!Array.isArray(content))
    throw unreadable(`invalid type: ${typeOf(content)}, expected a string in \`content\``);
  const texts: string[] = [];
  const thoughts: string[] = [];
  for (const part of content) {
    const { type = "text", text }: Record<string, unknown> = isRecord(part) ? part : { text: part };
    const isText = type === "text" || type === "output_text";
    if (isText && typeof text === "string") texts.push(text);
    else if (isRecord(part) && (type === "thinking" || type === "reasoning"))
      thoughts.push(readContent(part.thinking ?? text, unreadable).text ?? "");
    else if (type !== "refusal")
      throw unreadable(`invalid part of type ${JSON.stringify(type)} in \`content\``);
  }
  return { text: joined(texts), thought: joined(thoughts) };
}

function joined(texts: string[]): string | undefined {
  return texts.length === 0 ? undefined : texts.join("");
}

/** A value's type in the words of the reader that TensorZero has. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "sequence";
  if (typeof value === "object") return "map";
  return `${typeof value} \`${String(value)}\``;
}
