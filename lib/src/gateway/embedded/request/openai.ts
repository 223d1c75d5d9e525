import type { JsonMode, ToolChoice } from "../config/types";
import { invalidOpenAI, unsupported } from "../errors";
import { isRecord } from "../providers/extra";
import { Fields, unknownVariant } from "./fields";
import { refuseLacking } from "./native";
import { readCacheOptions, readExtraBodies, readExtraHeaders, readParams } from "./parts";
import type { DynamicTool, InferenceRequest, Input, InputBlock, Role } from "./types";

const FUNCTION = "tensorzero::function_name::";
const MODEL = "tensorzero::model_name::";

/** One call of POST /openai/v1/chat/completions: the inference, and what only this route's answer depends on. */
export interface OpenAIRequest {
  inference: InferenceRequest;
  /** What the variant's or the model's name is put behind in the answer's `model`. */
  modelPrefix: string;
  includeUsage: boolean;
}

/** Reads the body of POST /openai/v1/chat/completions. @throws GatewayError 400 */
export function readOpenAIRequest(body: unknown): OpenAIRequest {
  const fields = new Fields(body, "", "struct OpenAICompatibleParams");
  const messages = fields.array("messages") ?? fields.missing("messages");
  const model = fields.requiredString("model");
  const format = readResponseFormat(fields);
  const maxTokens = fields.integer("max_tokens");
  const maxCompletionTokens = fields.integer("max_completion_tokens");
  const stream = fields.boolean("stream") ?? false;
  const includeUsage = readIncludeUsage(fields);
  const n = fields.integer("n");
  const params = {
    frequency_penalty: fields.number("frequency_penalty"),
    json_mode: format.jsonMode,
    max_tokens: smaller(maxTokens, maxCompletionTokens),
    presence_penalty: fields.number("presence_penalty"),
    reasoning_effort: fields.string("reasoning_effort"),
    service_tier: fields.oneOf("service_tier", ["auto", "default", "priority", "flex"]),
    seed: fields.integer("seed"),
    stop_sequences: fields.strings("stop"),
    temperature: fields.number("temperature"),
    top_p: fields.number("top_p"),
    verbosity: fields.string("verbosity"),
    ...readParams(fields, "tensorzero::params"),
  };
  refuseLacking(fields, ["tensorzero::namespace", "tensorzero::internal_dynamic_variant_config"]);
  if (fields.array("tensorzero::provider_tools")?.length)
    throw unsupported("`tensorzero::provider_tools`");
  const includeRawUsage = fields.boolean("tensorzero::include_raw_usage") ?? false;
  const { toolChoice, allowedTools } = readChoice(fields);
  const request: Omit<InferenceRequest, "functionName" | "modelName" | "input"> = {
    variantName: fields.string("tensorzero::variant_name"),
    episodeId: fields.uuid("tensorzero::episode_id"),
    params: Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)),
    stream,
    dryrun: fields.boolean("tensorzero::dryrun") ?? false,
    internal: false,
    tags: { ...fields.stringMap("tensorzero::tags") },
    outputSchema: format.schema,
    cache: readCacheOptions(fields, "tensorzero::cache_options"),
    credentials: fields.secretMap("tensorzero::credentials"),
    tools: {
      allowedTools,
      additionalTools: fields
        .array("tools")
        ?.map((tool, index) => readTool(tool, `tools[${index}]`)),
      toolChoice,
      parallelToolCalls: fields.boolean("parallel_tool_calls"),
    },
    extraBody: readExtraBodies(fields, "tensorzero::extra_body"),
    extraHeaders: readExtraHeaders(fields, "tensorzero::extra_headers"),
    includeOriginalResponse: fields.boolean("tensorzero::include_original_response") ?? false,
    includeRawResponse: fields.boolean("tensorzero::include_raw_response") ?? false,
    includeRawUsage,
  };
  const parsed = messages.map((message, index) => readMessage(message, `messages[${index}]`));
  const denyUnknown = fields.boolean("tensorzero::deny_unknown_fields") ?? false;

  if (n !== undefined && n !== 1) {
    throw invalidOpenAI(
      "TensorZero does not support `n` other than 1. Please omit this parameter or set it to 1.",
    );
  }
  const unknown = fields.unread().sort();
  if (denyUnknown && unknown.length > 0) {
    throw invalidOpenAI(
      `\`tensorzero::deny_unknown_fields\` is set to true, but found unknown fields in the request: [${unknown.join(", ")}]`,
    );
  }
  if (stream && includeRawUsage && includeUsage === false) {
    throw invalidOpenAI(
      "`tensorzero::include_raw_usage` requires `stream_options.include_usage` to be true (or omitted) for streaming requests",
    );
  }
  const target = readTarget(model);
  const inference = { ...request, ...target, input: toInput(parsed) };
  const modelPrefix =
    target.functionName === undefined ? MODEL : `${FUNCTION}${target.functionName}::variant_name::`;
  return { inference, modelPrefix, includeUsage: includeUsage ?? includeRawUsage };
}

function readTarget(model: string): {
  functionName: string | undefined;
  modelName: string | undefined;
} {
  if (model.startsWith(FUNCTION)) {
    const functionName = model.slice(FUNCTION.length);
    if (functionName === "")
      throw invalidOpenAI(
        `function_name (passed in model field after "${FUNCTION}") cannot be empty`,
      );
    return { functionName, modelName: undefined };
  }
  if (model.startsWith(MODEL)) {
    const modelName = model.slice(MODEL.length);
    if (modelName === "")
      throw invalidOpenAI(`model_name (passed in model field after "${MODEL}") cannot be empty`);
    return { functionName: undefined, modelName };
  }
  throw invalidOpenAI(
    "`model` field must start with `tensorzero::function_name::` or `tensorzero::model_name::`. For example, " +
      "`tensorzero::function_name::my_function` for a function `my_function` defined in your config, " +
      "`tensorzero::model_name::my_model` for a model `my_model` defined in your config, or default functions like " +
      "`tensorzero::model_name::openai::gpt-4o-mini`.",
  );
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

function readResponseFormat(fields: Fields): { jsonMode: JsonMode | undefined; schema: unknown } {
  const format = fields.object("response_format");
  if (format === undefined) return { jsonMode: undefined, schema: undefined };
  const type =
    format.oneOf("type", ["text", "json_schema", "json_object"]) ?? format.missing("type");
  if (type === "text") return { jsonMode: "off", schema: undefined };
  if (type === "json_object") return { jsonMode: "on", schema: undefined };
  const info = format.object("json_schema") ?? format.missing("json_schema");
  info.requiredString("name");
  return { jsonMode: "strict", schema: info.raw("schema") ?? undefined };
}

/** Undefined without `stream_options`; with them, false is the default. */
function readIncludeUsage(fields: Fields): boolean | undefined {
  const options = fields.object("stream_options");
  return options && (options.boolean("include_usage") ?? false);
}

function readTool(value: unknown, path: string): DynamicTool {
  const tool = new Fields(value, path);
  const type = tool.requiredString("type");
  if (type !== "function") throw unsupported(`tools of type \`${type}\``);
  const fn = tool.object("function") ?? tool.missing("function");
  return {
    name: fn.requiredString("name"),
    description: fn.string("description") ?? "",
    parameters: fn.raw("parameters") ?? {},
    strict: fn.boolean("strict") ?? false,
  };
}

function readChoice(fields: Fields): {
  toolChoice: ToolChoice | undefined;
  allowedTools: string[] | undefined;
} {
  const choice = fields.raw("tool_choice");
  if (choice === undefined || choice === null)
    return { toolChoice: undefined, allowedTools: undefined };
  if (choice === "none" || choice === "auto" || choice === "required")
    return { toolChoice: choice, allowedTools: undefined };
  if (isRecord(choice) && isRecord(choice.function) && typeof choice.function.name === "string") {
    return { toolChoice: { specific: choice.function.name }, allowedTools: undefined };
  }
  return fields.fail(
    "tool_choice",
    "data did not match any variant of untagged enum ChatCompletionToolChoiceOption",
  );
}

/** A message whose shape is right; its content is read later, because its errors come after those of the target. */
type Message =
  | { role: "system"; content: unknown }
  | { role: "user"; content: unknown }
  | {
      role: "assistant";
      content: unknown;
      thoughts: { text: string; at: number | undefined }[];
      toolCalls: { id: string; name: string; arguments: string }[];
    }
  | { role: "tool"; toolCallId: string; content: unknown };

const ROLES = ["system", "user", "assistant", "tool"] as const;

function readMessage(value: unknown, path: string): Message {
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
      return message.fail("role", unknownVariant(role, ROLES));
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

function toInput(messages: Message[]): Input {
  const input: Input = { messages: [] };
  const toolNames = new Map<string, string>();
  let results: InputBlock[] | undefined;
  for (const message of messages) {
    if (message.role === "tool") {
      const name = toolNames.get(message.toolCallId);
      if (name === undefined) throw invalidOpenAI("tool call id not found");
      const result =
        typeof message.content === "string"
          ? message.content
          : JSON.stringify(message.content ?? "");
      const block: InputBlock = { type: "tool_result", name, result, id: message.toolCallId };
      // The results of parallel calls belong into one message.
      if (results !== undefined) results.push(block);
      else {
        results = [block];
        input.messages.push({ role: "user", content: results });
      }
      continue;
    }
    results = undefined;
    if (message.role === "system") {
      addSystem(input, readContent(message.content, "system"));
    } else if (message.role === "user") {
      input.messages.push({ role: "user", content: readContent(message.content, "user") });
    } else {
      const absent = message.content === undefined || message.content === null;
      const content = absent ? [] : readContent(message.content, "assistant");
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
  content: InputBlock[],
  thoughts: { text: string; at: number | undefined }[],
): void {
  const placed = thoughts.flatMap(({ text, at }) => (at === undefined ? [] : [{ text, at }]));
  for (const { text, at } of placed.sort((a, b) => a.at - b.at))
    content.splice(at, 0, { type: "thought", text });
  const others = thoughts.filter(({ at }) => at === undefined);
  content.unshift(...others.map(({ text }) => ({ type: "thought" as const, text })));
}

/** System messages may come several times and anywhere; their texts are joined, one template stands alone. */
function addSystem(input: Input, blocks: InputBlock[]): void {
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

function readContent(content: unknown, role: Role | "system"): InputBlock[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (Array.isArray(content)) return content.map((block) => readBlock(block, role));
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

function readBlock(value: unknown, role: Role | "system"): InputBlock {
  if (!isRecord(value))
    throw invalidOpenAI(`Content block \`${JSON.stringify(value)}\` is not an object`);
  const problem = blockProblem(value, role);
  if (problem === undefined) return toBlock(value, role);
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
    case "input_audio":
      if (role === "system") throw invalidOpenAI(SYSTEM_CONTENT);
      throw unsupported(`content blocks of type \`${type}\``);
    default:
      return unknownVariant(String(type), CONTENT_TYPES);
  }
}

function toBlock(block: Record<string, unknown>, role: Role | "system"): InputBlock {
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
