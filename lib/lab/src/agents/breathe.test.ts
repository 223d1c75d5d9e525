import { breathe } from "./breathe";

const EPISODES = 50;

/** How often the event loop turns while episodes, promises from end to end, take 200 ms in steps of 0.1 ms. */
async function turnsDuring(pause: () => Promise<void>): Promise<number> {
  let now = performance.now();
  const clock = jest.spyOn(performance, "now").mockImplementation(() => now);
  const end = now + 200;
  let turns = 0;
  let turn = setImmediate(function count() {
    turns += 1;
    turn = setImmediate(count);
  });
  const episode = async () => {
    for (; now < end; now += 0.1) await pause();
  };
  await Promise.all(Array.from({ length: EPISODES }, episode));
  clearImmediate(turn);
  clock.mockRestore();
  return turns;
}

test("the event loop turns every 20 ms while many episodes play; without a breath never", async () => {
  expect(await turnsDuring(async () => {})).toBe(0);
  const turns = await turnsDuring(breathe);
  expect([9, 10, 11]).toContain(turns);
});
