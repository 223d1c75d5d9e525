import { setImmediate } from "node:timers/promises";

/** A signal, a timer or a batch for the store waits at most about this long. */
const EVERY_MS = 20;

let breathedAt = 0;
let breath: Promise<void> | undefined;

/**
 * Lets the event loop turn now and then. subtle: with gateway and model in this process an episode is promises from end to
 * end, and fifty of them would keep Ctrl-C, time limits and the store's timer waiting for seconds. All of them wait for
 * the same turn; otherwise each would run for 20 ms of its own first.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - breathedAt < EVERY_MS) return;
  breath ??= setImmediate().then(() => {
    breathedAt = performance.now();
    breath = undefined;
  });
  await breath;
}
