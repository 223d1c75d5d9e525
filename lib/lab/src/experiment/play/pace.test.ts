import { setMaxListeners } from "node:events";
import timers from "node:timers/promises";
import { GatewayError } from "../../connection/client";
import { Pace } from "./pace";

const usage = { inputTokens: 90, outputTokens: 10 };
const { signal } = new AbortController();
setMaxListeners(0, signal);
const turn = { model: "m", rank: 0, signal };
const unlimited = { inferenceSeconds: 120, maxCallsPerMinute: null, maxTokensPerMinute: null };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const REFUSALS = [
  new GatewayError("429 slow down", 429),
  new GatewayError("408 Variant `v` timed out", 408),
  new GatewayError("500 Model provider p timed out", 500),
  new GatewayError("no answer from the gateway at x: Request timed out.", null),
];

let now = 0;
beforeEach(() => jest.spyOn(performance, "now").mockImplementation(() => now));
afterEach(() => jest.restoreAllMocks());

test.each(REFUSALS)(
  "$message halves the concurrency, and answers bring it back",
  async (refusal) => {
    const pace = new Pace({ ...unlimited, concurrency: 8 });
    let underWay = 0;
    let most = 0;
    const call = (answer: () => typeof usage) =>
      pace.run(async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await pause(1);
        underWay -= 1;
        return answer();
      }, turn);
    const answers = (count: number) =>
      Promise.all(Array.from({ length: count }, () => call(() => usage)));
    const refused = () => {
      throw refusal;
    };
    expect(pace.concurrency("m")).toBe(1);
    await answers(60);
    expect([pace.concurrency("m"), most]).toEqual([8, 8]);
    now += 1;
    await Promise.allSettled(Array.from({ length: 8 }, () => call(refused)));
    expect(pace.concurrency("m")).toBe(4); // one burst is one message
    now += 999;
    await Promise.allSettled([call(refused)]);
    expect(pace.concurrency("m")).toBe(4);
    most = 0;
    await answers(12);
    expect(most).toBeGreaterThanOrEqual(4);
    expect(most).toBeLessThan(8);
    await answers(60);
    expect(pace.concurrency("m")).toBe(8);
    now += 1;
    await Promise.allSettled([call(refused)]);
    expect(pace.concurrency("m")).toBe(4);
  },
);

test("other errors leave the concurrency alone, and every waiting call gets its turn", async () => {
  const pace = new Pace({ ...unlimited, concurrency: 1 });
  const calls = Array.from({ length: 20 }, (_, i) =>
    pace.run(async () => {
      await pause(1);
      if (i % 2) throw new GatewayError("500 broken", 500);
      return usage;
    }, turn),
  );
  const ended = await Promise.allSettled(calls);
  expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
});

test("each model has its own turns, and the lowest rank comes first", async () => {
  const pace = new Pace({ ...unlimited, concurrency: 1 });
  const begun: string[] = [];
  const call = (model: string, rank: number) =>
    pace.run(
      async () => {
        begun.push(`${model}${rank}`);
        await pause(1);
        return usage;
      },
      { model, rank, signal },
    );
  await Promise.all([call("a", 9), call("a", 3), call("a", 1), call("b", 5), call("a", 2)]);
  expect(begun).toEqual(["a9", "b5", "a1", "a2", "a3"]);
});

test("an abort ends all that wait", async () => {
  const stop = new AbortController();
  const pace = new Pace({ ...unlimited, concurrency: 1 });
  const call = () =>
    pace.run(
      async () => {
        await pause(5);
        return usage;
      },
      { ...turn, signal: stop.signal },
    );
  const calls = Array.from({ length: 5 }, call);
  await pause(1);
  stop.abort(new Error("stopped"));
  const ended = await Promise.allSettled(calls);
  expect(ended.map(({ status }) => status)).toEqual(["fulfilled", ...Array(4).fill("rejected")]);
});

test.each([
  ["maxCallsPerMinute", { maxCallsPerMinute: 6000, maxTokensPerMinute: null }],
  ["maxTokensPerMinute", { maxCallsPerMinute: null, maxTokensPerMinute: 600_000 }],
])("%s spaces calls of all models: 100 a second", async (_, limits) => {
  const pace = new Pace({ ...unlimited, concurrency: 50, ...limits });
  await pace.run(async () => usage, turn); // tells that a call takes 100 tokens
  const slept: unknown[] = [];
  jest.spyOn(timers, "setTimeout").mockImplementation(async (ms) => {
    slept.push(ms);
    return undefined as never;
  });
  const call = (_: unknown, i: number) => pace.run(async () => usage, { ...turn, model: `m${i}` });
  await Promise.all(Array.from({ length: 30 }, call));
  expect(slept).toEqual(Array.from({ length: 30 }, (_, i) => 10 * (i + 1)));
});

test("another error is no congestion: a wrong key is found wrong at many calls at a time", async () => {
  const pace = new Pace({ ...unlimited, concurrency: 8 });
  const refuse = () => {
    throw new GatewayError("500 Error 401 Unauthorized from openai client", 500);
  };
  const call = () => pace.run(async () => refuse(), turn);
  await Promise.allSettled(Array.from({ length: 60 }, call));
  expect(pace.concurrency("m")).toBe(8);
});
