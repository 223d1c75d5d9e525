import type { VariantConfig } from "../config/types";
import { variantTimeout } from "../errors";
import { within } from "../models/timeouts";
import type { Run, VariantResult, VariantStream } from "./run";
import { variantTypes } from "./types";

/** Runs a variant within its time limit. @throws GatewayError */
export function inferVariant(variant: VariantConfig, run: Run): Promise<VariantResult> {
  const ms = variant.timeouts.nonStreamingMs;
  const onTimeout = () => variantTimeout(variant.name, "non_streaming.total_ms", ms ?? 0);
  return within(run.call.signal, ms, onTimeout, (signal) =>
    variantTypes[variant.type].infer(variant, { ...run, call: { ...run.call, signal } }),
  );
}

/** Runs a variant until the first piece of its answer is there. @throws GatewayError */
export function streamVariant(variant: VariantConfig, run: Run): Promise<VariantStream> {
  const ms = variant.timeouts.ttftMs;
  const onTimeout = () => variantTimeout(variant.name, "streaming.ttft_ms", ms ?? 0);
  const error = (limit: number) => variantTimeout(variant.name, "streaming.total_ms", limit);
  const variantLimit = { ms: variant.timeouts.streamingMs, error };
  return within(run.call.signal, ms, onTimeout, (signal) =>
    variantTypes[variant.type].stream(variant, {
      ...run,
      call: { ...run.call, signal, variantLimit },
    }),
  );
}
