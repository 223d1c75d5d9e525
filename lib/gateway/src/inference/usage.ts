import type { Usage } from "../models/providers/types";

/** Sums calls. If one call lacks a count, the sum is null; a cached call counts 0. */
export function sumUsage(calls: { usage: Usage; cached: boolean }[]): Usage {
  const billed = calls.map(({ usage, cached }) =>
    cached ? { inputTokens: 0, outputTokens: 0, cost: 0 } : usage,
  );
  const cacheRead = sum(calls.map(({ usage }) => usage.cacheReadInputTokens ?? null));
  return {
    inputTokens: sum(billed.map(({ inputTokens }) => inputTokens)),
    outputTokens: sum(billed.map(({ outputTokens }) => outputTokens)),
    ...(cacheRead === null ? {} : { cacheReadInputTokens: cacheRead }),
    cost: sum(billed.map(({ cost }) => cost)),
  };
}

function sum(values: (number | null)[]): number | null {
  let total = 0;
  for (const value of values) {
    if (value === null) return null;
    total += value;
  }
  return total;
}
