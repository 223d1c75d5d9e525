import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import timers from "node:timers/promises";
import { GatewayClient, GatewayError } from "../../connection/client";
import { isLost, isTooManyRequests, Outages, PATIENCE, type Patience } from "./patience";

let server: Server;
let client: GatewayClient;
/** Answers the next requests in turn, then well; null cuts the connection. */
let answers: ({ status: number; headers?: Record<string, string>; body?: string } | null)[] = [];
let asked = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked += 1;
    const answer = answers.shift();
    if (answer === null) {
      request.socket.destroy();
      return;
    }
    const { status = 200, headers = {}, body } = answer ?? {};
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(
      body ??
        (status === 200
          ? JSON.stringify({
              id: "i",
              episode_id: "e",
              model: "m",
              choices: [{ index: 0, message: { role: "assistant", content: "{}" } }],
            })
          : JSON.stringify({ error: { message: "refused" } })),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  client = new GatewayClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = 0;
});

const infer = () => client.infer({ functionName: "act", variantName: "a", system: {}, user: {} });
const { signal } = new AbortController();
const quick: Patience = { limitMs: 2000, firstMs: 1, longestMs: 2000 };

/** The server's clock, of which ours need not know. */
const now = Date.UTC(2026, 0, 1);
let jitter: number;
beforeEach(() => {
  jitter = 0;
  jest.spyOn(Math, "random").mockImplementation(() => jitter);
});
afterEach(() => jest.restoreAllMocks());

/** What it ended with, and the waits before; the clock goes on by these alone. */
async function timed(patience = quick) {
  const waits: number[] = [];
  const clock = jest
    .spyOn(performance, "now")
    .mockImplementation(() => waits.reduce((sum, ms) => sum + ms, 0));
  const sleep = jest.spyOn(timers, "setTimeout").mockImplementation(async (ms) => {
    waits.push(ms ?? 0);
    return undefined as never;
  });
  const outages = new Outages("The gateway", patience);
  const outcome = await outages.endure(infer, signal).catch((error: unknown) => error);
  sleep.mockRestore();
  clock.mockRestore();
  return { outcome, waits };
}

test.each([
  ["seconds", "0.3", 300],
  ["a date", new Date(now + 1000).toUTCString(), 1000],
  ["a date that is over", "Sun, 22 Nov 2020 00:00:00 GMT", 0],
  ["nonsense", "soon", 0],
])("a 429 whose retry-after is %s", async (_, value, asks) => {
  jitter = 0.5;
  const date = new Date(now).toUTCString();
  answers = [{ status: 429, headers: { date, "retry-after": value } }];
  const { outcome, waits } = await timed();
  expect(outcome).toMatchObject({ episodeId: "e" });
  expect(asked).toBe(2);
  expect(waits).toEqual([asks + 0.5 * quick.firstMs]);
});

test("a retry-after beyond the time that is left is not waited for", async () => {
  answers = [
    { status: 429, headers: { "retry-after": "1.5" } },
    { status: 429, headers: { "retry-after": "0.5" } }, // just as long as is left
    { status: 429, headers: { "retry-after": "0.001" } },
  ];
  const { outcome, waits } = await timed();
  expect(outcome).toMatchObject({ status: 429, retryAfterMs: 1 });
  expect(isTooManyRequests(outcome)).toBe(true);
  expect(asked).toBe(3);
  expect(waits).toEqual([1500, 500]);
});

test.each([429, 502, 503, 504])(
  "a %d is tried again until the time is over, and then once more",
  async (status) => {
    jitter = 1;
    answers = Array.from({ length: 20 }, () => ({ status }));
    const { outcome, waits } = await timed({ limitMs: 100, firstMs: 10, longestMs: 30 });
    expect(outcome).toMatchObject({ status });
    expect(waits).toEqual([10, 20, 30, 30, 10]);
    expect(asked).toBe(1 + waits.length);
    answers = [];
  },
);

test.each([
  ["500", { status: 500 }],
  ["400", { status: 400 }],
  // The gateway has retried this itself, as the config says.
  ["502 of all variants", { status: 502, body: '{"error":"All variants failed with errors: x"}' }],
])("a %s is final", async (_, answer) => {
  answers = [answer];
  expect((await timed()).outcome).toBeInstanceOf(GatewayError);
  expect(asked).toBe(1);
});

test("a cut connection is final, because the inference may be stored; a refused one is tried again", async () => {
  answers = [null];
  const { outcome } = await timed();
  expect(isLost(outcome)).toBe(true);
  expect(asked).toBe(1);
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  const nobody = new GatewayClient({ url: `http://127.0.0.1:${port}` });
  let tries = 0;
  const refused = new Outages("The gateway", { limitMs: 50, firstMs: 1, longestMs: 5 }).endure(
    () => {
      tries += 1;
      return nobody.infer({ functionName: "act", variantName: "a", system: {}, user: {} });
    },
    signal,
  );
  await expect(refused).rejects.toMatchObject({ status: null, sent: false });
  expect(tries).toBeGreaterThan(1);
});

test("an abort ends the wait", async () => {
  answers = [{ status: 503 }];
  const stop = new AbortController();
  jitter = 0.5;
  const patience = { limitMs: 60_000, firstMs: 60_000, longestMs: 60_000 };
  const waiting = new Outages("The gateway", patience).endure(infer, stop.signal);
  const { setTimeout: sleep } = timers;
  jest.spyOn(timers, "setTimeout").mockImplementation((...args) => {
    const slept = sleep(...args);
    stop.abort(new Error("enough"));
    return slept as never;
  });
  await expect(waiting).rejects.toThrow("enough");
});

describe("an outage of a gateway that many need", () => {
  const gone = () => {
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    return new GatewayError("no answer from the gateway", null, { cause });
  };

  /**
   * Workers that ask for 5 ms again and again, on a clock that goes from one event to the next, of which the gateway is away
   * for some time. @returns how many of them gave up, when the last was served, and what was told
   */
  async function ride(workers: number, awayMs: number, patience = PATIENCE) {
    jest.restoreAllMocks(); // real jitter
    let clock = 0;
    const events: { at: number; wake: () => void }[] = [];
    const wait = (ms: number) =>
      new Promise<void>((wake) => {
        events.push({ at: clock + ms, wake });
      });
    jest.spyOn(performance, "now").mockImplementation(() => clock);
    jest.spyOn(timers, "setTimeout").mockImplementation((ms) => wait(ms ?? 0) as never);
    const log: string[] = [];
    const outages = new Outages("The gateway", patience, (line) => log.push(line));
    const away = { from: 1000, to: 1000 + awayMs };
    let gaveUp = 0;
    let working = workers;
    const work = async (name: number) => {
      await wait(name % 10);
      try {
        while (clock < away.to + 1000)
          await outages.endure(async () => {
            await wait(5);
            if (clock >= away.from && clock < away.to) throw gone();
          }, signal);
      } catch {
        gaveUp += 1;
      }
      working -= 1;
    };
    const all = Promise.all(Array.from({ length: workers }, (_, name) => work(name)));
    while (working > 0) {
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      if (events.length === 0) continue;
      events.sort((a, b) => a.at - b.at);
      const next = events.shift()!;
      clock = next.at;
      next.wake();
    }
    await all;
    return { gaveUp, endedMs: clock - away.to, log };
  }

  const table = [8, 15, 30, 60, 85].flatMap((s) => [8, 50].map((workers) => [s, workers] as const));
  test.each(table)("of %d s: none of %d gives up, and all go on soon", async (seconds, workers) => {
    for (let run = 0; run < 2; run++) {
      const { gaveUp, endedMs, log } = await ride(workers, seconds * 1000);
      expect(gaveUp).toBe(0);
      expect(endedMs).toBeLessThan(PATIENCE.longestMs + 2000);
      expect(log).toEqual([
        "The gateway does not answer (no answer from the gateway). The run waits for it, 90 s in all.",
        expect.stringMatching(/^The gateway answers again, after \d+ s\.$/),
      ]);
    }
  });

  test("that is longer than all wait ends for all at the same time", async () => {
    const { gaveUp, endedMs, log } = await ride(50, 200_000);
    expect(gaveUp).toBe(50);
    expect(endedMs + 200_000).toBeGreaterThan(90_000);
    expect(endedMs + 200_000).toBeLessThan(91_000);
    expect(log).toHaveLength(1);
  });

  test("of a moment is not told of", async () => {
    expect((await ride(8, 300)).log).toEqual([]);
  });
});
