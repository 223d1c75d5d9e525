import { applyExtraBody } from "../../config/extra";
import type { Detail, FileBlock } from "../../files/file-block";
import type { ModelMessage, ProviderRequest } from "./types";

/**
 * The body of a chat completion, keys in TensorZero's order. Numbers with a fraction go out in single precision, as there:
 * 0.7 becomes 0.699999988079071.
 */
export function requestBody(request: ProviderRequest, model: string, stream: boolean): string {
  const { params, tools } = request;
  const messages = request.messages.flatMap(toMessages);
  const system = systemText(request, messages);
  if (system !== undefined) messages.unshift({ role: "system", content: system });
  const body: Record<string, unknown> = {
    messages,
    model,
    temperature: single(params.temperature),
    max_completion_tokens: params.max_tokens,
    seed: params.seed,
    top_p: single(params.top_p),
    presence_penalty: single(params.presence_penalty),
    frequency_penalty: single(params.frequency_penalty),
    stream,
    stream_options: stream ? { include_usage: true } : undefined,
    response_format: responseFormat(request, model),
    tools: tools?.tools.map(({ name, description, parameters, strict }) => ({
      type: "function",
      function: { name, description, parameters },
      strict,
    })),
    tool_choice: tools === undefined ? undefined : toolChoice(tools),
    parallel_tool_calls: tools?.parallel,
    stop: params.stop_sequences,
    reasoning_effort: params.reasoning_effort,
    service_tier: params.service_tier,
    verbosity: params.verbosity,
  };
  applyExtraBody(body, request.extraBody);
  return JSON.stringify(body);
}

function single(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.fround(value);
}

type Part =
  | { type: "text"; text: string }
  | { type: "image_url"; image_url: { url: string; detail?: Detail } };

interface OpenAIMessage {
  role: "system" | "user" | "assistant" | "tool";
  content?: string | Part[];
  tool_calls?: { id: string; type: "function"; function: { name: string; arguments: string } }[];
  reasoning_content?: string;
  tool_call_id?: string;
}

/** One message for the texts and calls, and one for each tool's result, which OpenAI wants apart. */
function toMessages({ role, content }: ModelMessage): OpenAIMessage[] {
  const parts: Part[] = [];
  const calls: NonNullable<OpenAIMessage["tool_calls"]> = [];
  const results: OpenAIMessage[] = [];
  const thoughts: string[] = [];
  for (const block of content) {
    if (block.type === "text") parts.push({ type: "text", text: block.text });
    else if (block.type === "file") parts.push(imagePart(block));
    else if (block.type === "tool_call") {
      calls.push({
        id: block.id,
        type: "function",
        function: { name: block.name, arguments: block.arguments },
      });
    } else if (block.type === "tool_result") {
      results.push({ role: "tool", content: block.result, tool_call_id: block.id });
    } else if (block.text !== undefined && (block.provider_type ?? "openai") === "openai")
      thoughts.push(block.text);
  }
  if (parts.length === 0 && calls.length === 0) return results;
  const [first] = parts;
  const message: OpenAIMessage = { role };
  if (first !== undefined)
    message.content = parts.length === 1 && first.type === "text" ? first.text : parts;
  if (calls.length > 0) message.tool_calls = calls;
  if (thoughts.length > 0) message.reasoning_content = thoughts.join("\n\n");
  return [...results, message];
}

function imagePart({ url, reference: { detail } }: FileBlock): Part {
  return { type: "image_url", image_url: detail === undefined ? { url } : { url, detail } };
}

/** In JSON mode "on", OpenAI refuses messages that do not name JSON anywhere; then the system message does. */
function systemText(
  { system, jsonMode }: ProviderRequest,
  messages: OpenAIMessage[],
): string | undefined {
  if (jsonMode !== "on") return system;
  if (system === undefined) return "Respond using JSON.";
  const named = /json/i.test(system) || messages.some((message) => /json/i.test(textOf(message)));
  return named ? system : `Respond using JSON.\n\n${system}`;
}

function textOf({ content }: OpenAIMessage): string {
  if (content === undefined || typeof content === "string") return content ?? "";
  return content.map((part) => ("text" in part ? part.text : "")).join("\n");
}

function responseFormat(
  { jsonMode, outputSchema }: ProviderRequest,
  model: string,
): object | undefined {
  if (jsonMode === "off") return undefined;
  // Models of the 3.5 series know no schemas.
  if (jsonMode === "on" || model.includes("3.5") || outputSchema === undefined)
    return { type: "json_object" };
  return {
    type: "json_schema",
    json_schema: { name: "response", strict: true, schema: outputSchema },
  };
}

function toolChoice({ choice, allowed }: NonNullable<ProviderRequest["tools"]>): unknown {
  if (allowed !== undefined && choice !== "none") {
    const tools = allowed.map((name) => ({ type: "function", function: { name } }));
    const mode = choice === "required" ? choice : "auto";
    return { type: "allowed_tools", allowed_tools: { mode, tools } };
  }
  return typeof choice === "string"
    ? choice
    : { type: "function", function: { name: choice.specific } };
}
