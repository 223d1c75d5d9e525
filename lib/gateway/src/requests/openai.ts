import type { ToolChoice } from "../config/chat-params";
import { inOrder, type JsonMode, readChatParams } from "../config/chat-params";
import { invalidOpenAI, unsupported } from "../errors";
import type { DynamicTool } from "../models/providers/types";
import { Fields } from "./fields";
import { readMessage, toInput } from "./openai-messages";
import { readParams, readShared } from "./parts";
import type { InferenceRequest } from "./types";

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
  const params = inOrder({
    ...readChatParams(
      fields,
      "json_mode",
      "max_tokens",
      "stop_sequences",
      "thinking_budget_tokens",
    ),
    json_mode: format.jsonMode,
    max_tokens: smaller(maxTokens, maxCompletionTokens),
    stop_sequences: readStop(fields),
    ...readParams(fields, "tensorzero::params"),
  });
  const shared = readShared(fields, "tensorzero::");
  const { toolChoice, allowedTools } = readChoice(fields);
  const request: Omit<InferenceRequest, "functionName" | "modelName" | "input"> = {
    ...shared,
    params,
    stream,
    internal: false,
    outputSchema: format.schema,
    tools: {
      allowedTools,
      additionalTools: fields
        .array("tools")
        ?.map((tool, index) => readTool(tool, `tools[${index}]`)),
      toolChoice,
      parallelToolCalls: fields.boolean("parallel_tool_calls"),
    },
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
  if (stream && shared.includeRawUsage && includeUsage === false) {
    throw invalidOpenAI(
      "`tensorzero::include_raw_usage` requires `stream_options.include_usage` to be true (or omitted) for streaming requests",
    );
  }
  const target = readTarget(model);
  const inference = { ...request, ...target, input: toInput(parsed) };
  const modelPrefix =
    target.functionName === undefined ? MODEL : `${FUNCTION}${target.functionName}::variant_name::`;
  return { inference, modelPrefix, includeUsage: includeUsage ?? shared.includeRawUsage };
}

/** One text, or several. */
function readStop(fields: Fields): string[] | undefined {
  const stop = fields.raw("stop");
  if (stop === undefined || stop === null) return undefined;
  if (typeof stop === "string") return [stop];
  if (Array.isArray(stop) && stop.every((text) => typeof text === "string")) return stop;
  return fields.fail("stop", "data did not match any variant of untagged enum StopSequences");
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
    parameters: fn.has("parameters") ? fn.raw("parameters") : tool.missing("parameters"),
    strict: fn.boolean("strict") ?? false,
  };
}

interface Choice {
  toolChoice?: ToolChoice;
  allowedTools?: string[];
}

function readChoice(fields: Fields): Choice {
  const choice = fields.raw("tool_choice");
  if (choice === undefined || choice === null) return {};
  if (choice === "none" || choice === "auto" || choice === "required")
    return { toolChoice: choice };
  if (typeof choice === "string")
    return fields.fail("tool_choice", `Invalid tool choice string: ${choice}`);
  const named = new Fields(choice, "tool_choice");
  const type = named.requiredString("type");
  const nameOf = (of: Fields) =>
    (of.object("function") ?? of.missing("function")).requiredString("name");
  if (type === "function") return { toolChoice: { specific: nameOf(named) } };
  if (type !== "allowed_tools")
    return fields.fail("tool_choice", `Invalid tool choice type: ${type}`);
  const allowed = named.object("allowed_tools") ?? named.missing("allowed_tools");
  const tools = allowed.array("tools") ?? allowed.missing("tools");
  return {
    toolChoice: allowed.requiredOneOf("mode", ["auto", "required"] as const),
    allowedTools: tools.map((tool, index) =>
      nameOf(new Fields(tool, `${allowed.at("tools")}[${index}]`)),
    ),
  };
}
