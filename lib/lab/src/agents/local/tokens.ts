import type * as o200k from "gpt-tokenizer/encoding/o200k_base";
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
    let sum = 0;
    for (const line of text.split(BETWEEN_LINES)) sum += countLine(line, countTokens);
    return sum;
  };
}

/**
 * subtle: of what follows a line feed, its token of o200k_base can hold whitespace and slashes. Before anything else a text can be
 * cut, and has as many tokens as its lines.
 */
const BETWEEN_LINES = /(?<=\n)(?![\s/])/;

const MOST_LINES = 10_000;
const counted = new Map<string, number>();

/** An episode's prompts have the same lines again and again. */
function countLine(line: string, countTokens: typeof o200k.countTokens): number {
  const known = counted.get(line);
  if (known !== undefined) return known;
  const count = countTokens(line, asPlainText);
  if (counted.size >= MOST_LINES) counted.clear();
  counted.set(line, count);
  return count;
}

/** Splits a text into its o200k_base tokens. */
export async function tokenize(): Promise<(text: string) => number[]> {
  const { encode } = await import("gpt-tokenizer/encoding/o200k_base");
  return (text) => encode(text, asPlainText);
}

/** Text such as "<|endoftext|>" in a message is text, no control token. */
const asPlainText = { disallowedSpecial: new Set<string>() };
