import type { GatewayError } from "./errors";

/** Time limits that count down together: the outermost one that runs out is the one that is reported. */
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
  // subtle: a race, because a fetch that runs in this process need not heed the signal.
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
