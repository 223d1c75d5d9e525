import type { TokenUsage } from "../connection/client";
import type { ChatMessage } from "./local/reading/prompt";
import { countUsage } from "./local/tokens";

/** Tokens of an inference, none of them unknown. */
export interface CountedTokens extends TokenUsage {
  inputTokens: number;
  outputTokens: number;
  /** The provider did not count them all: the others were counted here. */
  isEstimated: boolean;
}

/**
 * The provider's counts; what it did not count is estimated as o200k tokens of the texts (see `countUsage`). Reasoning
 * that a model hides is not in the texts, so it is not in the estimate either.
 */
export async function countTokens(
  { inputTokens, outputTokens, cachedInputTokens }: TokenUsage,
  prompt: () => readonly ChatMessage[],
  answer: string | null,
): Promise<CountedTokens> {
  if (inputTokens !== null && outputTokens !== null) {
    return { inputTokens, outputTokens, cachedInputTokens, isEstimated: false };
  }
  const counted = await countUsage(prompt(), answer ?? "");
  return {
    inputTokens: inputTokens ?? counted.prompt_tokens,
    outputTokens: outputTokens ?? counted.completion_tokens,
    cachedInputTokens,
    isEstimated: true,
  };
}
