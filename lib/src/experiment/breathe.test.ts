import { breathe } from "./breathe";

/** Promises from end to end for `ms`, as an episode is whose gateway and model are in this process. */
async function spin(ms: number, pause: () => Promise<void>): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) await pause();
}

/** How often a timer of 1 ms fires meanwhile. */
async function ticksDuring(work: () => Promise<unknown>): Promise<number> {
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 1);
  await work();
  clearInterval(timer);
  return ticks;
}

test("timers fire while many episodes spin; without a breath none would", async () => {
  const episodes = (pause: () => Promise<void>) => () =>
    Promise.all(Array.from({ length: 50 }, () => spin(200, pause)));
  expect(await ticksDuring(episodes(async () => {}))).toBe(0);
  expect(await ticksDuring(episodes(breathe))).toBeGreaterThanOrEqual(3);
});
