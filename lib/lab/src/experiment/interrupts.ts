/** Under npm a terminal's Ctrl-C arrives twice: npm forwards it. The echo is not a second interrupt. */
const ECHO_MS = 300;

/**
 * Runs `work` under Ctrl-C, or a notebook's stop button, which sends the same signal: the first aborts `drain`, the
 * second `stop`. subtle: other listeners wait until `work` has ended, because the kernel's own would leave the cell at
 * once while its run went on unseen.
 */
export async function interruptible<T>(
  work: (signals: { drain: AbortSignal; stop: AbortSignal }) => Promise<T>,
  onDrain: () => void,
): Promise<T> {
  const drain = new AbortController();
  const stop = new AbortController();
  let drainedAt = 0;
  const onInterrupt = () => {
    if (!drain.signal.aborted) {
      drainedAt = performance.now();
      drain.abort();
      onDrain();
    } else if (performance.now() - drainedAt > ECHO_MS) {
      stop.abort();
    }
  };
  const others = process.listeners("SIGINT");
  for (const other of others) process.off("SIGINT", other);
  process.on("SIGINT", onInterrupt);
  try {
    return await work({ drain: drain.signal, stop: stop.signal });
  } finally {
    process.off("SIGINT", onInterrupt);
    for (const other of others) process.on("SIGINT", other);
  }
}
