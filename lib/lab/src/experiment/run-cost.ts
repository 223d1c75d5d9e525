import type { ClickHouseClient } from "@clickhouse/client";
import { countTokens } from "../agents/count-tokens";
import type { TokenUsage } from "../connection/client";
import { type ModelUsage, uncountedCalls } from "../queries/runs/model-usage";
import { type Cost, costUsd, isFree, type Price } from "./variants/prices";

/**
 * What a run's stored calls cost, its failed episodes' too; null when a model's price is not known. Calls whose provider did
 * not count them cost the estimate of `countTokens`.
 *
 * @param openTries tries of the run that were cut off, failed or have lost rows: some of their calls may not be stored
 */
export async function costOfRun(
  usage: readonly ModelUsage[],
  { clickhouse, price }: { clickhouse: ClickHouseClient; price(model: string): Price | undefined },
  openTries: number,
): Promise<Cost | null> {
  const total = { usd: 0, isEstimated: false, isAtLeast: openTries > 0 && usage.length === 0 };
  for (const { run, model, ...row } of usage) {
    const known = price(model);
    if (known === undefined) return null;
    if (isFree(known)) continue;
    total.isAtLeast = openTries > 0;
    const usd = costUsd(known, tokensOf(row));
    if (usd !== null) {
      total.usd += usd;
      continue;
    }
    for (const { messages, answer, ...call } of await uncountedCalls(clickhouse, { run, model })) {
      const tokens = await countTokens(tokensOf(call), () => messages, answer);
      total.usd += costUsd(known, tokens) ?? 0;
      total.isEstimated ||= tokens.isEstimated;
    }
  }
  return total;
}

type StoredTokens = Pick<ModelUsage, "input_tokens" | "output_tokens" | "cached_input_tokens">;

function tokensOf({ input_tokens, output_tokens, cached_input_tokens }: StoredTokens): TokenUsage {
  return {
    inputTokens: input_tokens,
    outputTokens: output_tokens,
    cachedInputTokens: cached_input_tokens,
  };
}
