/** Time limits that run out when a test says so, however busy the machine is. */
export interface TimeLimits {
  /** Ends those that are counting down. */
  expire(): void;
  restore(): void;
}

/** Holds every timer of exactly `ms`, which should be a number that nothing else waits for. */
export function holdTimeLimits(ms: number): TimeLimits {
  const { setTimeout, clearTimeout } = globalThis;
  const held = new Map<unknown, () => void>();
  const set = jest.spyOn(globalThis, "setTimeout").mockImplementation(((
    run: (...args: unknown[]) => void,
    delay?: number,
    ...args: unknown[]
  ) => {
    if (delay !== ms) return setTimeout(run, delay, ...args);
    const timer = setTimeout(() => {}, 0); // so that it can be told to unref
    held.set(timer, () => run(...args));
    return timer;
  }) as typeof setTimeout);
  const clear = jest.spyOn(globalThis, "clearTimeout").mockImplementation((timer) => {
    held.delete(timer);
    clearTimeout(timer);
  });
  return {
    expire() {
      const due = [...held.values()];
      held.clear();
      for (const run of due) run();
    },
    restore() {
      set.mockRestore();
      clear.mockRestore();
    },
  };
}
