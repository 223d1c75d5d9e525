import type { VariantConfig } from "../config/types";
import { streamingUnsupported, variantTimeout } from "../errors";
import { within } from "../models/timeouts";
import { inferBestOfN, streamBestOfN } from "./best-of-n";
import { inferChainOfThought } from "./chain-of-thought";
import { inferChat, streamChat } from "./chat-completion";
import { inferInContext, streamInContext } from "./in-context-learning";
import { inferMixtureOfN, streamMixtureOfN } from "./mixture-of-n";
import type { Run, VariantResult, VariantStream } from "./run";

/** Runs a variant within its time limit. @throws GatewayError */
export function inferVariant(variant: VariantConfig, run: Run): Promise<VariantResult> {
  const ms = variant.timeouts.nonStreamingMs;
  const onTimeout = () => variantTimeout(variant.name, "non_streaming.total_ms", ms ?? 0);
  return within(run.call.signal, ms, onTimeout, (signal) =>
    inferByType(variant, { ...run, call: { ...run.call, signal } }),
  );
}

/** Runs a variant until the first piece of its answer is there. @throws GatewayError */
export function streamVariant(variant: VariantConfig, run: Run): Promise<VariantStream> {
  const ms = variant.timeouts.ttftMs;
  const onTimeout = () => variantTimeout(variant.name, "streaming.ttft_ms", ms ?? 0);
  const error = (limit: number) => variantTimeout(variant.name, "streaming.total_ms", limit);
  const variantLimit = { ms: variant.timeouts.streamingMs, error };
  return within(run.call.signal, ms, onTimeout, (signal) =>
    streamByType(variant, { ...run, call: { ...run.call, signal, variantLimit } }),
  );
}

async function inferByType(variant: VariantConfig, run: Run): Promise<VariantResult> {
  switch (variant.type) {
    case "chat_completion":
      return inferChat(variant, run);
    case "experimental_best_of_n_sampling":
      return inferBestOfN(variant, run);
    case "experimental_mixture_of_n":
      return inferMixtureOfN(variant, run);
    case "experimental_dynamic_in_context_learning":
      return inferInContext(variant, run);
    case "experimental_chain_of_thought":
      return inferChainOfThought(variant, run);
  }
}

async function streamByType(variant: VariantConfig, run: Run): Promise<VariantStream> {
  switch (variant.type) {
    case "chat_completion":
      return streamChat(variant, run);
    case "experimental_best_of_n_sampling":
      return streamBestOfN(variant, run);
    case "experimental_mixture_of_n":
      return streamMixtureOfN(variant, run);
    case "experimental_dynamic_in_context_learning":
      return streamInContext(variant, run);
    case "experimental_chain_of_thought":
      throw streamingUnsupported(
        "chain_of_thought",
        "https://github.com/tensorzero/tensorzero/issues/1839",
      );
  }
}
