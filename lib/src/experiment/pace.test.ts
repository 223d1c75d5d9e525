import { setMaxListeners } from "node:events";
import timers from "node:timers/promises";
import { Pace } from "./pace";

const usage = { inputTokens: 90, outputTokens: 10 };
const { signal } = new AbortController();
setMaxListeners(0, signal);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const refusal = new Error("429");
const isRefusal = (error: unknown) => error === refusal;

let now = 0;
beforeEach(() => jest.spyOn(Date, "now").mockImplementation(() => now));
afterEach(() => jest.restoreAllMocks());

test("a refusal halves the concurrency, and answers bring it back", async () => {
  const pace = new Pace({ concurrency: 8, maxCallsPerMinute: null, maxTokensPerMinute: null });
  let underWay = 0;
  let most = 0;
  const call = (answer: () => typeof usage) =>
    pace.run(
      async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await pause(1);
        underWay -= 1;
        return answer();
      },
      isRefusal,
      signal,
    );
  const refused = () => {
    throw refusal;
  };
  const burst = Array.from({ length: 8 }, () => call(refused));
  await Promise.allSettled(burst);
  expect(pace.concurrency).toBe(4); // one burst is one message
  now += 999;
  await Promise.allSettled([call(refused)]);
  expect(pace.concurrency).toBe(4);
  most = 0;
  await Promise.all(Array.from({ length: 12 }, () => call(() => usage)));
  expect(most).toBeGreaterThanOrEqual(4);
  expect(most).toBeLessThan(8);
  await Promise.all(Array.from({ length: 60 }, () => call(() => usage)));
  expect(pace.concurrency).toBe(8);
  now += 1;
  await Promise.allSettled([call(refused)]);
  expect(pace.concurrency).toBe(4);
});

test("other errors leave the concurrency alone, and every waiting call gets its turn", async () => {
  const pace = new Pace({ concurrency: 1, maxCallsPerMinute: null, maxTokensPerMinute: null });
  const calls = Array.from({ length: 20 }, (_, i) =>
    pace.run(
      async () => {
        await pause(1);
        if (i % 2) throw new Error("broken");
        return usage;
      },
      isRefusal,
      signal,
    ),
  );
  const ended = await Promise.allSettled(calls);
  expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
});

test("an abort ends all that wait", async () => {
  const stop = new AbortController();
  const pace = new Pace({ concurrency: 1, maxCallsPerMinute: null, maxTokensPerMinute: null });
  const call = () =>
    pace.run(
      async () => {
        await pause(5);
        return usage;
      },
      isRefusal,
      stop.signal,
    );
  const calls = Array.from({ length: 5 }, call);
  stop.abort(new Error("stopped"));
  const ended = await Promise.allSettled(calls);
  expect(ended.map(({ status }) => status)).toEqual(["fulfilled", ...Array(4).fill("rejected")]);
});

test.each([
  ["maxCallsPerMinute", { maxCallsPerMinute: 6000, maxTokensPerMinute: null }],
  ["maxTokensPerMinute", { maxCallsPerMinute: null, maxTokensPerMinute: 600_000 }],
])("%s spaces calls: 100 a second", async (_, limits) => {
  const pace = new Pace({ concurrency: 50, ...limits });
  await pace.run(async () => usage, isRefusal, signal); // tells that a call takes 100 tokens
  const slept: unknown[] = [];
  jest.spyOn(timers, "setTimeout").mockImplementation(async (ms) => {
    slept.push(ms);
    return undefined as never;
  });
  const call = () => pace.run(async () => usage, isRefusal, signal);
  await Promise.all(Array.from({ length: 30 }, call));
  expect(slept).toEqual(Array.from({ length: 30 }, (_, i) => 10 * (i + 1)));
});
