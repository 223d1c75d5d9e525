import { isRecord } from "../basics/reader";
import { JsonSchema } from "../config/schema";
import { ConfigError } from "../config/table";
import type { ChatCompletionConfig } from "../config/types";
import { readChat } from "../config/variants";
import { streamingUnsupported } from "../errors";
import { parseJson } from "../functions/output";
import { chatCompletion } from "./chat-completion";
import type { Run, VariantResult, VariantType } from "./run";

/**
 * Asks for a `thinking` text before the answer proper, in a schema put round the function's, and takes it off again. An
 * answer that does not fit that schema is left as it is.
 */
export const chainOfThought: VariantType<ChatCompletionConfig> = {
  read(table, base, context) {
    if (context.type !== "json")
      throw new ConfigError(`\`${table.path}\`: chain of thought is for JSON functions only.`);
    return { ...readChat(table, context), ...base, type: "experimental_chain_of_thought" };
  },
  infer: inferChainOfThought,
  stream: async () => {
    const issue = "https://github.com/tensorzero/tensorzero/issues/1839";
    throw streamingUnsupported("chain_of_thought", issue);
  },
};

async function inferChainOfThought(
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
  const result = await chatCompletion.infer(variant, { ...run, outputSchema: wrapped });
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
