import { NEVER, outboundSignal } from "./timeouts";

const QUARTER_OF_AN_HOUR = 15 * 60_000;

beforeAll(() => jest.useFakeTimers());
afterAll(() => jest.useRealTimers());

test("requests of one second share the signal of the outbound limit; later ones get a new one", () => {
  const first = outboundSignal(QUARTER_OF_AN_HOUR, NEVER);
  jest.advanceTimersByTime(999);
  expect(outboundSignal(QUARTER_OF_AN_HOUR, NEVER)).toBe(first);
  jest.advanceTimersByTime(1);
  const second = outboundSignal(QUARTER_OF_AN_HOUR, NEVER);

  jest.advanceTimersByTime(QUARTER_OF_AN_HOUR - 1001);
  expect(first.aborted).toBe(false);
  jest.advanceTimersByTime(1);
  expect(String(first.reason)).toContain("gateway.global_outbound_http_timeout_ms");
  expect(second.aborted).toBe(false);
  expect(outboundSignal(QUARTER_OF_AN_HOUR, NEVER).aborted).toBe(false);
});

test("another limit has a signal of its own", () => {
  const long = outboundSignal(QUARTER_OF_AN_HOUR, NEVER);
  const short = outboundSignal(10, NEVER);
  jest.advanceTimersByTime(10);
  expect([long.aborted, short.aborted]).toEqual([false, true]);
});

test("a request ends with its own limit, too", () => {
  const own = new AbortController();
  const signal = outboundSignal(QUARTER_OF_AN_HOUR, own.signal);
  expect(signal.aborted).toBe(false);
  own.abort(new Error("own"));
  expect(signal.reason).toEqual(new Error("own"));
  expect(outboundSignal(QUARTER_OF_AN_HOUR, NEVER).aborted).toBe(false);
});
