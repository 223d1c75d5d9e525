import { setTimeout as sleep } from "node:timers/promises";
import { GatewayError } from "../../connection/client";
import { isTimeout } from "./inference-timeout";

/** How often and how long a refused inference is tried again. */
export interface Patience {
  /** Tries after the first. */
  retries: number;
  /** Longest first wait, in milliseconds; doubled with each retry, up to `longestMs`. */
  firstMs: number;
  longestMs: number;
}

/** In all at most 91 s, on average half of that: enough for a gateway to restart. */
export const PATIENCE: Patience = { retries: 6, firstMs: 1000, longestMs: 30_000 };

/** As long as a gateway that writes after its answers may take to store what feedback is for: some 80 s, and its own waits. */
export const STORING: Patience = { retries: 40, firstMs: 1000, longestMs: 4000 };

/** What the feedback is for is not in the store, or not yet. */
function isNotStored(error: unknown): boolean {
  return (
    error instanceof GatewayError &&
    error.status === 400 &&
    /\b(Inference|Episode) ID: \S+ does not exist\b/.test(error.message)
  );
}

/**
 * Sends feedback, again while its target is not stored yet: TensorZero's gateway writes after it has answered. What is sent
 * twice counts once.
 *
 * @throws the last error, or the signal's reason
 */
export function whenStored<T>(
  send: () => Promise<T>,
  signal: AbortSignal,
  storing = STORING,
): Promise<T> {
  return withPatience(send, storing, signal, (error) => isPassing(error) || isNotStored(error));
}

/** The provider, or the gateway itself, said "too many requests". Providers' words come through the gateway as text. */
export function isTooManyRequests(error: unknown): boolean {
  return (
    error instanceof GatewayError &&
    (error.status === 429 || /\b429 Too Many Requests\b/.test(error.message))
  );
}

/** A sign that the provider has more to do than it can: a refusal of that kind, or a limit of the gateway's or of ours that was up. */
export function isCongestion(error: unknown): boolean {
  return isTooManyRequests(error) || isTimeout(error);
}

/**
 * Worth another try, and safe: no connection was made, or what answered had no time for the request. A gateway's other
 * errors are final, because it has retried as the configuration says; and a request without an answer may have been
 * carried out and stored, so that a second one would leave two inferences of one step.
 */
function isPassing(error: unknown): boolean {
  if (!(error instanceof GatewayError)) return false;
  if (error.status === null) return !error.sent;
  if (isTooManyRequests(error)) return true;
  return [502, 503, 504].includes(error.status) && !/\bAll .* failed\b/.test(error.message);
}

/** Nobody knows whether the gateway has carried the request out. */
export function isLost(error: unknown): boolean {
  return error instanceof GatewayError && error.status === null && error.sent;
}

/**
 * Tries again what is worth it, after waits with full jitter (Brooker 2015, "Exponential backoff and jitter"), or after
 * what `retry-after` asks for if that is not longer than the longest wait.
 *
 * @param isWorthIt default: of an inference, what passes by itself and is safe to repeat
 * @throws the last error, or the signal's reason
 */
export async function withPatience<T>(
  attempt: () => Promise<T>,
  { retries, firstMs, longestMs }: Patience,
  signal: AbortSignal,
  isWorthIt = isPassing,
): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (retry >= retries || !isWorthIt(error)) throw error;
      const asked = error instanceof GatewayError ? (error.retryAfterMs ?? 0) : 0;
      if (asked > longestMs) throw error;
      const jitter = Math.random() * Math.min(longestMs, firstMs * 2 ** retry);
      await sleep(asked + jitter, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
