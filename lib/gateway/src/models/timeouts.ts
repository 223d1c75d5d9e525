import { setMaxListeners } from "node:events";
import { type GatewayError, outboundTimeout } from "../errors";

/** A signal that is never aborted, for a request that nobody can give up. */
export const NEVER: AbortSignal = new AbortController().signal;
// Every inference under way may listen to it. subtle: not 0, because Node 20's getMaxListeners, which undici calls,
// throws then.
setMaxListeners(Number.POSITIVE_INFINITY, NEVER);

let outbound = { bornMs: 0, limitMs: 0, signal: NEVER };

/**
 * A signal that is aborted with `outer`, or when a request has taken as long as any may. All that begin in one second
 * share the latter, since a signal of its own would be among the most expensive parts of an inference.
 */
export function outboundSignal(limitMs: number, outer: AbortSignal): AbortSignal {
  const now = performance.now(); // a clock that nobody sets back
  if (now - outbound.bornMs >= 1000 || outbound.limitMs !== limitMs) {
    const controller = new AbortController();
    setMaxListeners(Number.POSITIVE_INFINITY, controller.signal);
    setTimeout(() => controller.abort(outboundTimeout()), limitMs).unref();
    outbound = { bornMs: now, limitMs, signal: controller.signal };
  }
  return outer === NEVER ? outbound.signal : AbortSignal.any([outer, outbound.signal]);
}

/** Nested time limits: the outermost one that runs out is reported. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly stopFollowing: () => void;

  /** @param error what is thrown when `ms` have passed; without a limit only `outer` counts. */
  constructor(outer: AbortSignal | undefined, ms: number | undefined, error: () => GatewayError) {
    const follow = () => this.controller.abort(outer?.reason);
    if (outer?.aborted) follow();
    outer?.addEventListener("abort", follow);
    this.stopFollowing = () => outer?.removeEventListener("abort", follow);
    if (ms !== undefined) this.timer = setTimeout(() => this.controller.abort(error()), ms);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(): void {
    clearTimeout(this.timer);
    this.stopFollowing();
  }
}

/** Runs `work` with a limit; when it is up, throws `error()` and aborts what `work` does with the signal. */
export async function within<T>(
  outer: AbortSignal,
  ms: number | undefined,
  error: () => GatewayError,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ms === undefined) return work(outer);
  const deadline = new Deadline(outer, ms, error);
  const { signal } = deadline;
  // subtle: a race, because a fetch in this process may ignore the signal.
  const expiry = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  try {
    return await Promise.race([work(signal), expiry]);
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    deadline.end();
  }
}

/** A time limit and what is thrown when it is up. */
export interface Limit {
  ms: number | undefined;
  error: (ms: number) => GatewayError;
}
