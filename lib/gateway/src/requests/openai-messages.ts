import { isRecord } from "../basics/reader";
import { invalidJson, invalidOpenAI, unsupported } from "../errors";
import { Fields, unknownVariant } from "./fields";
import { openAIFileProblem, readOpenAIFile } from "./files";
import type { Input, ReceivedBlock, Role } from "./types";

/** A message whose shape is right; its content is read later, because its errors come after those of the target. */
export type Message =
  | { role: "system"; content: unknown }
  | { role: "user"; content: unknown }
  | {
      role: "assistant";
      content: unknown;
      thoughts: { text: string; at: number | undefined }[];
      toolCalls: { id: string; name: string; arguments: string }[];
    }
  | { role: "tool"; toolCallId: string; content: unknown };

const ROLES = ["developer", "system", "user", "assistant", "tool"] as const;

/** @throws GatewayError 400 */
export function readMessage(value: unknown, path: string): Message {
  const message = new Fields(value, path);
  const role = message.requiredString("role");
  switch (role) {
    case "system":
    case "developer":
      return { role: "system", content: message.raw("content") ?? message.missing("content") };
    case "user":
      return { role, content: message.raw("content") ?? message.missing("content") };
    case "assistant":
      return {
        role,
        content: message.raw("content"),
        thoughts: (message.array("tensorzero_extra_content") ?? []).map((block, index) =>
          readExtraContent(block, `${path}.tensorzero_extra_content[${index}]`),
        ),
        toolCalls: (message.array("tool_calls") ?? []).map((call, index) =>
          readToolCall(call, `${path}.tool_calls[${index}]`),
        ),
      };
    case "tool":
      return {
        role,
        toolCallId: message.requiredString("tool_call_id"),
        content: message.raw("content"),
      };
    default:
      throw invalidJson(`${path}: ${unknownVariant(role, ROLES)}`);
  }
}

/** A thought that an earlier answer had beside its content. */
function readExtraContent(value: unknown, path: string) {
  const block = new Fields(value, path);
  const type = block.requiredString("type");
  if (type === "unknown") throw unsupported(`\`tensorzero_extra_content\` of type \`${type}\``);
  if (type !== "thought") block.fail("type", unknownVariant(type, ["thought", "unknown"]));
  return { text: block.string("text") ?? "", at: block.integer("insert_index") };
}

function readToolCall(value: unknown, path: string) {
  const call = new Fields(value, path);
  const fn = call.object("function") ?? call.missing("function");
  return {
    id: call.requiredString("id"),
    name: fn.requiredString("name"),
    arguments: fn.requiredString("arguments"),
  };
}

/** @throws GatewayError 400 */
export function toInput(messages: Message[]): Input<ReceivedBlock> {
  const input: Input<ReceivedBlock> = { messages: [] };
  const toolNames = new Map<string, string>();
  let results: ReceivedBlock[] | undefined;
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}].content`;
    if (message.role === "tool") {
      const name = toolNames.get(message.toolCallId);
      if (name === undefined) throw invalidOpenAI("tool call id not found");
      const result =
        typeof message.content === "string"
          ? message.content
          : JSON.stringify(message.content ?? "");
      const block: ReceivedBlock = { type: "tool_result", name, result, id: message.toolCallId };
      // The results of parallel calls belong in one message.
      if (results !== undefined) results.push(block);
      else {
        results = [block];
        input.messages.push({ role: "user", content: results });
      }
      continue;
    }
    results = undefined;
    if (message.role === "system") {
      addSystem(input, readContent(message.content, "system", at));
    } else if (message.role === "user") {
      input.messages.push({ role: "user", content: readContent(message.content, "user", at) });
    } else {
      const absent = message.content === undefined || message.content === null;
      const content = absent ? [] : readContent(message.content, "assistant", at);
      for (const call of message.toolCalls) {
        toolNames.set(call.id, call.name);
        content.push({ type: "tool_call", ...call });
      }
      insertThoughts(content, message.thoughts);
      input.messages.push({ role: "assistant", content });
    }
  }
  const { system, messages: converted } = input;
  return system === undefined ? { messages: converted } : { system, messages: converted }; // in the order in which it is stored
}

/** Puts each thought where it says it was, lower places first; those that do not say come before all else. */
function insertThoughts(
  content: ReceivedBlock[],
  thoughts: { text: string; at: number | undefined }[],
): void {
  const placed = thoughts.flatMap(({ text, at }) => (at === undefined ? [] : [{ text, at }]));
  for (const { text, at } of placed.sort((a, b) => a.at - b.at))
    content.splice(at, 0, { type: "thought", text });
  const others = thoughts.filter(({ at }) => at === undefined);
  content.unshift(...others.map(({ text }) => ({ type: "thought" as const, text })));
}

/** System messages may come several times and anywhere; their texts are joined, one template stands alone. */
function addSystem(input: Input<ReceivedBlock>, blocks: ReceivedBlock[]): void {
  for (const block of blocks) {
    if (block.type === "template") {
      if (input.system !== undefined)
        throw invalidOpenAI("System message cannot contain template with other content");
      input.system = block.arguments;
      continue;
    }
    const text =
      block.type === "text" ? block.text : block.type === "raw_text" ? block.value : undefined;
    if (text === undefined) throw invalidOpenAI(SYSTEM_CONTENT);
    if (typeof input.system === "object")
      throw invalidOpenAI("Cannot add text after template system message");
    input.system = input.system === undefined ? text : `${input.system}\n${text}`;
  }
}

function readContent(content: unknown, role: Role | "system", at: string): ReceivedBlock[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (Array.isArray(content))
    return content.map((block, i) => readBlock(block, role, `${at}[${i}]`));
  throw invalidOpenAI(
    "message content must either be a string or an array of length 1 containing structured TensorZero inputs",
  );
}

const SYSTEM_CONTENT = "System message must contain only text or template content blocks";

const CONTENT_TYPES = [
  "text",
  "image_url",
  "file",
  "input_audio",
  "tensorzero::raw_text",
  "tensorzero::template",
] as const;

function readBlock(value: unknown, role: Role | "system", at: string): ReceivedBlock {
  if (!isRecord(value))
    throw invalidOpenAI(`Content block \`${JSON.stringify(value)}\` is not an object`);
  const problem = blockProblem(value, role);
  if (problem === undefined) return toBlock(value, role, at);
  if (Object.keys(value).some((key) => key.startsWith("tensorzero::"))) {
    throw invalidOpenAI(`Invalid TensorZero content block: ${problem}`);
  }
  if ("type" in value) throw invalidOpenAI(`Invalid content block: ${problem}`);
  // The oldest form: the template's arguments and nothing else.
  return { type: "template", name: role, arguments: value };
}

function blockProblem(block: Record<string, unknown>, role: Role | "system"): string | undefined {
  const { type } = block;
  if (type === undefined) return "missing field `type`";
  switch (type) {
    case "text": {
      const text = "text" in block;
      const args = "tensorzero::arguments" in block;
      if (text && args)
        return 'Only one of `text` or `tensorzero::arguments` can be set when using `"type": "text"`';
      if (!text && !args)
        return 'Either `text` or `tensorzero::arguments` must be set when using `"type": "text"`';
      if (text && typeof block.text !== "string")
        return '`text` must be a string when using `"type": "text"`';
      if (args && !isRecord(block["tensorzero::arguments"])) {
        return '`tensorzero::arguments` must be an object when using `"type": "text"`';
      }
      return undefined;
    }
    case "tensorzero::raw_text":
      return typeof block.value === "string" ? undefined : "missing field `value`";
    case "tensorzero::template":
      if (typeof block.name !== "string") return "missing field `name`";
      return isRecord(block.arguments) ? undefined : "missing field `arguments`";
    case "image_url":
    case "file":
      if (role === "system") throw invalidOpenAI(SYSTEM_CONTENT);
      return openAIFileProblem(block);
    case "input_audio":
      if (role === "system") throw invalidOpenAI(SYSTEM_CONTENT);
      throw unsupported(`content blocks of type \`${type}\``);
    default:
      return unknownVariant(String(type), CONTENT_TYPES);
  }
}

function toBlock(block: Record<string, unknown>, role: Role | "system", at: string): ReceivedBlock {
  if (block.type === "image_url" || block.type === "file") return readOpenAIFile(block, at);
  if (block.type === "tensorzero::raw_text")
    return { type: "raw_text", value: String(block.value) };
  if (block.type === "tensorzero::template") {
    return { type: "template", name: String(block.name), arguments: asRecord(block.arguments) };
  }
  if ("text" in block) return { type: "text", text: String(block.text) };
  return { type: "template", name: role, arguments: asRecord(block["tensorzero::arguments"]) };
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
