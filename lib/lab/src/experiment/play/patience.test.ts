import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import timers from "node:timers/promises";
import { GatewayClient, GatewayError } from "../../connection/client";
import { isLost, isTooManyRequests, type Patience, withPatience } from "./patience";

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
const quick: Patience = { retries: 3, firstMs: 1, longestMs: 2000 };

/** The server's clock, of which ours need not know. */
const now = Date.UTC(2026, 0, 1);
let jitter: number;
beforeEach(() => {
  jitter = 0;
  jest.spyOn(Math, "random").mockImplementation(() => jitter);
});
afterEach(() => jest.restoreAllMocks());

/** What it ended with, and the waits before, which are not waited for. */
async function timed(patience = quick) {
  const waits: unknown[] = [];
  const sleep = jest.spyOn(timers, "setTimeout").mockImplementation(async (ms) => {
    waits.push(ms);
    return undefined as never;
  });
  const outcome = await withPatience(infer, patience, signal).catch((error: unknown) => error);
  sleep.mockRestore();
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

test("a retry-after beyond the longest wait is not waited for", async () => {
  answers = [
    { status: 429, headers: { "retry-after": "2" } }, // just as long
    { status: 429, headers: { "retry-after": "2.001" } },
  ];
  const { outcome, waits } = await timed();
  expect(outcome).toMatchObject({ status: 429, retryAfterMs: 2001 });
  expect(isTooManyRequests(outcome)).toBe(true);
  expect(asked).toBe(2);
  expect(waits).toEqual([2000]);
});

test.each([502, 503, 504])("a %d is tried again, so many times and no more", async (status) => {
  answers = Array.from({ length: 10 }, () => ({ status }));
  expect((await timed()).outcome).toMatchObject({ status });
  expect(asked).toBe(1 + quick.retries);
});

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
  const refused = withPatience(
    () => {
      tries += 1;
      return nobody.infer({ functionName: "act", variantName: "a", system: {}, user: {} });
    },
    quick,
    signal,
  );
  await expect(refused).rejects.toMatchObject({ status: null, sent: false });
  expect(tries).toBe(1 + quick.retries);
});

test("waits have full jitter below a bound that doubles up to the longest", async () => {
  jitter = 0.5;
  answers = Array.from({ length: 10 }, () => ({ status: 503 }));
  const { waits } = await timed({ retries: 4, firstMs: 20, longestMs: 50 });
  expect(asked).toBe(5);
  expect(waits).toEqual([10, 20, 25, 25]);
});

test("an abort ends the wait", async () => {
  answers = [{ status: 503 }];
  const stop = new AbortController();
  const waiting = withPatience(
    infer,
    { retries: 1, firstMs: 60_000, longestMs: 60_000 },
    stop.signal,
  );
  const { setTimeout: sleep } = timers;
  jest.spyOn(timers, "setTimeout").mockImplementation((...args) => {
    const slept = sleep(...args);
    stop.abort(new Error("enough"));
    return slept as never;
  });
  await expect(waiting).rejects.toThrow("enough");
});
