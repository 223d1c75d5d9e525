import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, oneLine } from "embedded-gateway";
import { GatewayError } from "../../connection/client";
import { isNobody } from "../../connection/unreachable";
import { isTimeout } from "./inference-timeout";

/** How long, and after what waits, a request is tried again. All in milliseconds. */
export interface Patience {
  /** From the first failure of an outage, or of the request, to its last try. */
  limitMs: number;
  /** Longest first wait; doubled with each further one, up to `longestMs`. */
  firstMs: number;
  longestMs: number;
}

/** Enough for a gateway or a store to be restarted. */
export const PATIENCE: Patience = { limitMs: 90_000, firstMs: 1000, longestMs: 8000 };

/** An outage that is over sooner is not told of. */
const TOLD_AFTER_MS = 1000;

/** What the feedback is for comes to the store within so long, or a gateway was killed that had taken it. */
const LATE_MS = 15_000;

/** What the feedback is for is not in the store, or not yet. */
export function isNotStored(error: unknown): boolean {
  return (
    error instanceof GatewayError &&
    error.status === 400 &&
    /\b(Inference|Episode) ID: \S+ does not exist\b/.test(error.message)
  );
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
  return isNobody(error.status) && !/\bAll .* failed\b/.test(error.message);
}

/** Nobody knows whether the gateway has carried the request out. */
export function isLost(error: unknown): boolean {
  return error instanceof GatewayError && error.status === null && error.sent;
}

/** No connection, no answer, or one that says that nobody is there to answer. */
function isAway(error: unknown): boolean {
  return error instanceof GatewayError && (error.status === null || isPassing(error));
}

/**
 * What may be away for a while: a gateway, a store. All that need it wait for it together: the time of an outage runs for all
 * of them from the first failure on, so that none gives up before the others by bad luck.
 */
export class Outages {
  private since: number | null = null;
  private hasTold = false;

  /**
   * @param what as in "The gateway"
   * @param log told when all wait, and when that is over
   */
  constructor(
    private readonly what: string,
    private readonly patience: Patience,
    private readonly log: (line: string) => void = () => {},
  ) {}

  /**
   * Tries again what is worth it, after waits with full jitter (Brooker 2015, "Exponential backoff and jitter") on top of what
   * `retry-after` asks for; the last try is at the end of the time.
   *
   * @param isWorthIt default: of an inference or feedback, what passes by itself and is safe to repeat
   * @throws the last error, or the signal's reason
   */
  async endure<T>(
    attempt: () => Promise<T>,
    signal: AbortSignal,
    isWorthIt: (error: unknown) => boolean = isPassing,
  ): Promise<T> {
    const { limitMs, firstMs, longestMs } = this.patience;
    let begun = Number.POSITIVE_INFINITY;
    for (let retry = 0; ; retry++) {
      try {
        const result = await attempt();
        this.end();
        return result;
      } catch (error) {
        signal.throwIfAborted();
        const now = performance.now();
        begun = Math.min(begun, now, this.since ?? now);
        const isThere = error instanceof GatewayError && !isAway(error);
        if (isThere || isTooManyRequests(error)) this.end();
        else if (isWorthIt(error) || isAway(error)) this.begin(error, now);
        const left = begun + limitMs - now;
        const asked = error instanceof GatewayError ? (error.retryAfterMs ?? 0) : 0;
        if (!isWorthIt(error) || left <= 0 || asked > left) throw error;
        const jitter = Math.random() * Math.min(longestMs, firstMs * 2 ** retry);
        const wait = Math.min(asked + jitter, left);
        await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }

  /**
   * Sends feedback, again also while its target may not be stored yet: TensorZero's gateway writes after it has answered. What
   * is sent twice counts once.
   *
   * @throws the last error, or the signal's reason
   */
  whenStored<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    let since: number | undefined;
    const mayCome = (error: unknown) => {
      if (!isNotStored(error)) return false;
      since ??= performance.now();
      return performance.now() - since < LATE_MS;
    };
    return this.endure(send, signal, (error) => isPassing(error) || mayCome(error));
  }

  /** Waits until `attempt` has an answer, whatever it is; no longer than an outage may take. */
  async over(attempt: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    await this.endure(attempt, signal, isAway).catch(() => signal.throwIfAborted());
  }

  private begin(error: unknown, now: number): void {
    this.since ??= now;
    if (this.hasTold || now - this.since < TOLD_AFTER_MS) return;
    this.hasTold = true;
    const seconds = Math.round(this.patience.limitMs / 1000);
    this.log(
      `${this.what} does not answer (${oneLine(messageOf(error), 200)}). The run waits for it, ${seconds} s in all.`,
    );
  }

  private end(): void {
    if (this.hasTold && this.since !== null) {
      const seconds = Math.round((performance.now() - this.since) / 1000);
      this.log(`${this.what} answers again, after ${seconds} s.`);
    }
    this.since = null;
    this.hasTold = false;
  }
}
