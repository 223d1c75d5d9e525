import type { JsonSchema } from "../config/schema";
import type { OutputBlock } from "../models/providers/types";
import { type CheckedToolCall, checkToolCall, type ToolSet } from "./tools";

export interface JsonOutput {
  /** The model's answer as it gave it; null if it gave none. */
  raw: string | null;
  /** The answer as JSON; null if it is not JSON or does not fit the schema. */
  parsed: unknown;
}

/** The last text, or a tool call's arguments, is the answer; everything else is kept beside it. */
export function jsonOutput(
  blocks: OutputBlock[],
  schema: JsonSchema,
): { output: JsonOutput; auxiliary: OutputBlock[] } {
  const index = blocks.findLastIndex(
    (block) => block.type === "text" || block.type === "tool_call",
  );
  const answer = blocks[index];
  const raw =
    answer?.type === "text" ? answer.text : answer?.type === "tool_call" ? answer.arguments : null;
  return {
    output: { raw, parsed: parseJson(raw, schema) },
    auxiliary: blocks.filter((_, i) => i !== index),
  };
}

export function parseJson(raw: string | null, schema: JsonSchema): unknown {
  if (raw === null) return null;
  try {
    const parsed: unknown = JSON.parse(raw);
    return schema.problem(parsed) === undefined ? parsed : null;
  } catch {
    return null;
  }
}

export type ChatBlock =
  | { type: "text"; text: string }
  | Extract<OutputBlock, { type: "thought" }>
  | CheckedToolCall;

/** A chat function's content; tool calls are checked against the tools that the model was given. */
export function chatContent(blocks: OutputBlock[], tools: ToolSet | undefined): ChatBlock[] {
  return blocks.map((block) => (block.type === "tool_call" ? checkToolCall(block, tools) : block));
}
