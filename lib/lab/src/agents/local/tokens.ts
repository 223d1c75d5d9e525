import type { ChatMessage } from "./reading/prompt";

/** Token counts of one chat completion. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/**
 * Tokens as OpenAI counts them for gpt-4o: o200k_base tokens of each message's role and content, 3 to frame each
 * message, and 3 that prime the answer (OpenAI Cookbook, "How to count tokens with tiktoken"); the answer costs the
 * tokens of its text.
 */
export async function countUsage(messages: readonly ChatMessage[], answer: string): Promise<Usage> {
  const count = await tokenCounter();
  const prompt = messages.reduce(
    (sum, { role, content }) => sum + 3 + count(role) + count(content),
    3,
  );
  const completion = count(answer);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  };
}

/** Counts the o200k_base tokens of a text. */
export async function tokenCounter(): Promise<(text: string) => number> {
  // Loaded on first use: the vocabulary takes a few hundred milliseconds that not everyone needs to spend.
  const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
  return (text) => {
    // An episode's prompts all begin with the same system message, which is most of their text.
    const known = counted.get(text);
    if (known !== undefined) return known;
    const count = countTokens(text, asPlainText);
    if (counted.size >= 1000) counted.clear();
    counted.set(text, count);
    return count;
  };
}

/** Splits a text into its o200k_base tokens. */
export async function tokenize(): Promise<(text: string) => number[]> {
  const { encode } = await import("gpt-tokenizer/encoding/o200k_base");
  return (text) => encode(text, asPlainText);
}

const counted = new Map<string, number>();

/** Text such as "<|endoftext|>" in a message is text, no control token. */
const asPlainText = { disallowedSpecial: new Set<string>() };
