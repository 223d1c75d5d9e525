import { isRecord } from "../basics/reader";
import { type ChatParams, defined, readChatParams } from "../config/chat-params";
import type { ExtraBody, ExtraHeader } from "../config/extra";
import { invalidJson, unsupported } from "../errors";
import type { CacheOptions } from "../models/cache";
import type { DynamicTool, Filtered } from "../models/providers/types";
import { Fields, unknownVariant } from "./fields";
import { readFile } from "./files";
import type { Input, InputMessage, ReceivedBlock, Role } from "./types";

/** What both routes take by the same names, behind `prefix`. */
export function readShared(fields: Fields, prefix: "" | "tensorzero::") {
  const at = (key: string) => prefix + key;
  refuseLacking(fields, [
    at("namespace"),
    at("internal_dynamic_variant_config"),
    at("include_original_response"),
  ]);
  if (fields.array(at("provider_tools"))?.length) throw unsupported(`\`${at("provider_tools")}\``);
  return {
    variantName: fields.string(at("variant_name")),
    episodeId: fields.uuid(at("episode_id")),
    dryrun: fields.boolean(at("dryrun")) ?? false,
    tags: { ...fields.stringMap(at("tags")) },
    cache: readCacheOptions(fields, at("cache_options")),
    credentials: fields.secretMap(at("credentials")),
    extraBody: readExtraBodies(fields, at("extra_body")),
    extraHeaders: readExtraHeaders(fields, at("extra_headers")),
    includeRawResponse: fields.boolean(at("include_raw_response")) ?? false,
    includeRawUsage: fields.boolean(at("include_raw_usage")) ?? false,
  };
}

/** Keys that TensorZero knows and the embedded gateway does not: refused, unless they ask for nothing. */
export function refuseLacking(fields: Fields, keys: string[]): void {
  for (const key of keys) {
    const value = fields.raw(key);
    if (value !== undefined && value !== null && value !== false) throw unsupported(`\`${key}\``);
  }
}

export function readInput(fields: Fields, key: string): Input<ReceivedBlock> {
  const input = fields.object(key) ?? fields.missing(key);
  const system = readSystem(input);
  const messages = (input.array("messages") ?? []).map((message, index) =>
    readMessage(message, `${fields.at(key)}.messages[${index}]`),
  );
  input.end();
  return system === undefined ? { messages } : { system, messages };
}

function readSystem(input: Fields): Input["system"] {
  const system = input.raw("system");
  if (system === undefined || system === null) return undefined;
  if (typeof system === "string" || isRecord(system)) return system;
  return input.fail("system", "data did not match any variant of untagged enum System");
}

function readMessage(value: unknown, path: string): InputMessage<ReceivedBlock> {
  const message = new Fields(value, path);
  const role = message.oneOf("role", ["user", "assistant"] as const) ?? message.missing("role");
  const content = message.raw("content");
  message.end();
  if (content === undefined) message.missing("content");
  if (typeof content === "string") return { role, content: [{ type: "text", text: content }] };
  if (isRecord(content))
    return { role, content: [{ type: "template", name: role, arguments: content }] };
  if (!Array.isArray(content))
    return message.fail(
      "content",
      `invalid type: ${typeof content}, expected a string, object, or array`,
    );
  return {
    role,
    content: content.map((block, index) => readBlock(block, role, `${path}.content[${index}]`)),
  };
}

const BLOCKS = [
  "text",
  "template",
  "tool_call",
  "tool_result",
  "raw_text",
  "thought",
  "file",
  "unknown",
] as const;

function readBlock(value: unknown, role: Role, path: string): ReceivedBlock {
  const block = new Fields(value, path);
  const type = block.requiredString("type");
  const read = readers[type];
  if (read === undefined) {
    if (type === "unknown") throw unsupported(`content blocks of type \`${type}\``);
    return block.fail("type", unknownVariant(type, BLOCKS));
  }
  const parsed = read(block, role);
  block.end();
  return parsed;
}

const readers: Record<string, (block: Fields, role: Role) => ReceivedBlock> = {
  file: readFile,
  image: readFile,
  text: (block, role) => {
    const others = block.unread();
    if (others.length !== 1) {
      throw invalidJson(
        `${block.at("type")}: Expected exactly one other key in text content, found ${others.length} other keys`,
      );
    }
    // The older form of a template block: named after the role.
    const args = block.object("arguments");
    if (args !== undefined) return { type: "template", name: role, arguments: args.values };
    return { type: "text", text: block.requiredString("text") };
  },
  template: (block) => ({
    type: "template",
    name: block.requiredString("name"),
    arguments: (block.object("arguments") ?? block.missing("arguments")).values,
  }),
  raw_text: (block) => ({ type: "raw_text", value: block.requiredString("value") }),
  tool_call: (block) => {
    const id = block.requiredString("id");
    // What an inference answered can be sent back as it came: then the model's own text is in the `raw_` fields.
    const name = block.string("name") ?? block.string("raw_name") ?? block.missing("name");
    const args = block.raw("arguments") ?? block.raw("raw_arguments") ?? block.missing("arguments");
    block.raw("raw_name");
    block.raw("raw_arguments");
    return {
      type: "tool_call",
      id,
      name,
      arguments: typeof args === "string" ? args : JSON.stringify(args),
    };
  },
  tool_result: (block) => ({
    type: "tool_result",
    name: block.requiredString("name"),
    result: block.requiredString("result"),
    id: block.requiredString("id"),
  }),
  thought: (block) => {
    const thought = {
      text: block.string("text"),
      signature: block.string("signature"),
      summary: block.raw("summary") ?? undefined,
      provider_type: block.string("provider_type"),
      extra_data: block.raw("extra_data") ?? undefined,
    };
    return { type: "thought", ...defined(thought) };
  },
};

/** `{ chat_completion: { … } }` */
export function readParams(fields: Fields, key: string): ChatParams {
  const params = fields.object(key);
  const chat = params?.object("chat_completion");
  params?.end();
  if (chat === undefined) return {};
  const read = readChatParams(chat);
  chat.end();
  return read;
}

function readCacheOptions(fields: Fields, key: string): CacheOptions {
  const options = fields.object(key);
  const enabled =
    options?.oneOf("enabled", ["on", "off", "read_only", "write_only"] as const) ?? "off";
  const maxAgeS = options?.integer("max_age_s");
  options?.end();
  return { enabled, maxAgeS };
}

export function readDynamicTool(value: unknown, path: string): DynamicTool {
  const tool = new Fields(value, path);
  const type = tool.string("type");
  if (type !== undefined && type !== "function" && type !== "client_side_function")
    throw unsupported(`tools of type \`${type}\``);
  const read = {
    name: tool.requiredString("name"),
    description: tool.requiredString("description"),
    parameters: tool.raw("parameters") ?? tool.missing("parameters"),
    strict: tool.boolean("strict") ?? false,
  };
  tool.end();
  return read;
}

/** A provider is one of a model's, so it cannot stand alone. The older `model_provider_name` filters nothing any more. */
function readFilter(entry: Fields) {
  const providerName = entry.string("provider_name");
  const modelName = entry.string("model_name");
  if (providerName !== undefined && modelName === undefined) entry.missing("model_name");
  entry.string("model_provider_name");
  return defined({ variantName: entry.string("variant_name"), modelName, providerName });
}

function readExtraBodies(fields: Fields, key: string): Filtered<ExtraBody>[] {
  return readChanges(fields, key, "pointer", (entry) => entry.raw("value"));
}

function readExtraHeaders(fields: Fields, key: string): Filtered<ExtraHeader>[] {
  return readChanges(fields, key, "name", (entry) => entry.string("value"));
}

function readChanges<T extends ExtraBody | ExtraHeader>(
  fields: Fields,
  key: string,
  what: "pointer" | "name",
  readValue: (entry: Fields) => unknown,
): Filtered<T>[] {
  return (fields.array(key) ?? []).map((element, index) => {
    const entry = new Fields(element, `${fields.at(key)}[${index}]`);
    const named = { [what]: entry.requiredString(what), ...readFilter(entry) };
    const remove = entry.boolean("delete") ?? false;
    const value = readValue(entry);
    entry.end();
    const change = remove
      ? { delete: true }
      : { value: value === undefined ? entry.missing("value") : value };
    return { ...named, ...change } as Filtered<T>;
  });
}
