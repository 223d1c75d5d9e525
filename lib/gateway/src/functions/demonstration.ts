import { isRecord } from "../basics/reader";
import type { JsonSchema } from "../config/schema";
import type { FunctionConfig } from "../config/types";
import { asGatewayError, invalidRequest } from "../errors";
import { type ChatBlock, chatContent } from "./output";
import type { ToolSet } from "./tools";

/** What an inference could have answered: fits this schema (JSON functions), or calls these tools (chat functions). */
export interface Answerable {
  outputSchema: JsonSchema;
  tools: ToolSet | undefined;
}

/**
 * What a demonstration is stored as: `{ raw, parsed }` for a JSON function, content blocks for a chat function.
 *
 * @throws GatewayError 400 it is not what the function could have answered
 */
export function readDemonstration(
  fn: FunctionConfig,
  value: unknown,
  { outputSchema, tools }: Answerable,
): object {
  if (fn.type === "chat") return readChat(value, tools);
  try {
    outputSchema.validate(value, false);
  } catch (cause) {
    throw invalidRequest(
      `Demonstration does not fit function output schema: ${asGatewayError(cause).message}`,
    );
  }
  return { raw: JSON.stringify(value), parsed: value };
}

function readChat(value: unknown, tools: ToolSet | undefined): ChatBlock[] {
  if (typeof value === "string") return [{ type: "text", text: value }];
  if (!Array.isArray(value))
    throw invalidRequest("Demonstration must be a string or an array of content blocks");
  const content = chatContent(value.map(readBlock), tools);
  for (const block of content) {
    if (block.type !== "tool_call") continue;
    if (block.name === null) throw invalidRequest("Demonstration contains invalid tool name");
    if (block.arguments === null)
      throw invalidRequest("Demonstration contains invalid tool call arguments");
  }
  return content;
}

function readBlock(block: unknown) {
  if (isRecord(block) && block.type === "text" && typeof block.text === "string") {
    return { type: "text" as const, text: block.text };
  }
  if (isRecord(block) && block.type === "tool_call") {
    const { id, name, arguments: args } = block;
    const missing = ["id", "name", "arguments"].find((key) => block[key] === undefined);
    if (missing !== undefined)
      throw invalidRequest(`Invalid demonstration content block: missing field \`${missing}\``);
    if (typeof id === "string" && typeof name === "string" && args !== undefined) {
      return { type: "tool_call" as const, id, name, arguments: JSON.stringify(args) };
    }
  }
  throw invalidRequest(
    `Invalid demonstration content block: ${JSON.stringify(block)} is neither { type: "text", text } nor ` +
      '{ type: "tool_call", id, name, arguments }',
  );
}
