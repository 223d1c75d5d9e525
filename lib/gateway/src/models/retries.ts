import { setTimeout as sleep } from "node:timers/promises";
import type { RetryConfig } from "../config/types";
import { allRetriesFailed, asGatewayError, type GatewayError } from "../errors";

/** The first delay, in milliseconds; each further one is twice as long. */
const FIRST_DELAY = 1000;

/**
 * Tries up to `numRetries` times more, after growing delays with full jitter on top, none above `maxDelayS`.
 *
 * @param attempt gets the errors of the tries before it
 * @throws the only try's own error, or AllRetriesFailed with all of them
 */
export async function withRetries<T>(
  { numRetries, maxDelayS }: RetryConfig,
  signal: AbortSignal,
  attempt: (errors: readonly GatewayError[]) => Promise<T>,
): Promise<T> {
  const errors: GatewayError[] = [];
  for (let retry = 0; ; retry++) {
    try {
      return await attempt(errors);
    } catch (thrown) {
      signal.throwIfAborted();
      errors.push(asGatewayError(thrown));
      const last = errors[errors.length - 1];
      if (last?.retryable && retry < numRetries) {
        const delay = Math.min(FIRST_DELAY * 2 ** retry, maxDelayS * 1000);
        await sleep(delay + Math.random() * delay, undefined, { signal }).catch(() =>
          signal.throwIfAborted(),
        );
        continue;
      }
      throw errors.length === 1 ? thrown : allRetriesFailed(errors);
    }
  }
}
