import type { VariantConfig } from "../config/types";
import { variantTimeout } from "../errors";
import { within } from "../timeouts";
import { inferChat } from "./chat-completion";
import type { Run, VariantResult } from "./run";

/** Runs a variant within its time limit. @throws GatewayError */
export function inferVariant(variant: VariantConfig, run: Run): Promise<VariantResult> {
  const ms = variant.timeouts.nonStreamingMs;
  const onTimeout = () => variantTimeout(variant.name, "non_streaming.total_ms", ms ?? 0);
  return within(run.call.signal, ms, onTimeout, (signal) =>
    inferByType(variant, { ...run, call: { ...run.call, signal } }),
  );
}

function inferByType(variant: VariantConfig, run: Run): Promise<VariantResult> {
  switch (variant.type) {
    case "chat_completion":
      return inferChat(variant, run);
    default:
      throw new Error(`not yet: ${variant.type}`);
  }
}
