import { isRecord } from "../config/extra";
import { JsonSchema } from "../config/schema";
import type { ChatCompletionConfig } from "../config/types";
import { parseJson } from "../functions/output";
import { inferChat } from "./chat-completion";
import type { Run, VariantResult } from "./run";

/**
 * Asks for a `thinking` text before the answer proper, in a schema put round the function's, and takes it off again. An
 * answer that does not fit that schema is left as it is.
 */
export async function inferChainOfThought(
  variant: ChatCompletionConfig,
  run: Run,
): Promise<VariantResult> {
  const schema = run.outputSchema ?? run.fn.outputSchema;
  const wrapped = new JsonSchema({
    type: "object",
    properties: {
      thinking: {
        type: "string",
        description: "The thoughts that lead to the answer, step by step.",
      },
      response: schema.value,
    },
    required: ["thinking", "response"],
    additionalProperties: false,
  });
  const result = await inferChat(variant, { ...run, outputSchema: wrapped });
  const index = result.output.findLastIndex(({ type }) => type === "text" || type === "tool_call");
  const answer = result.output[index];
  const text =
    answer?.type === "text" ? answer.text : answer?.type === "tool_call" ? answer.arguments : null;
  const parsed = parseJson(text, wrapped);
  if (!isRecord(parsed) || typeof parsed.thinking !== "string") return result;
  return {
    ...result,
    output: [
      ...result.output.slice(0, index),
      { type: "text", text: JSON.stringify(parsed.response) },
    ],
    auxiliary: [{ type: "thought", text: parsed.thinking }],
  };
}
