import { GatewayError } from "../../connection/client";
import { Pace } from "./pace";

// The pace against servers of every speed, whose clock goes on from event to event.

let now = 0;
beforeEach(() => {
  now = 0;
  jest.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => jest.restoreAllMocks());

const settle = () => new Promise(setImmediate);

interface Call {
  at: number;
  resolve: (usage: { inputTokens: number; outputTokens: number }) => void;
  reject: (error: Error) => void;
}

/** A server with `slots`, behind a gateway that gives a request up after `limitSeconds`, as the variants' time-outs do. */
class Server {
  private readonly queue: Call[] = [];
  private readonly busy: { until: number; call: Call }[] = [];
  longestQueue = 0;
  answered = 0;
  timedOut = 0;

  constructor(
    private readonly slots: number,
    private readonly seconds: () => number,
    private readonly limitSeconds = 110,
  ) {}

  infer = () =>
    new Promise<{ inputTokens: number; outputTokens: number }>((resolve, reject) => {
      this.queue.push({ at: now, resolve, reject });
      this.begin();
      this.longestQueue = Math.max(this.longestQueue, this.queue.length + this.busy.length);
    });

  /** Goes on to the next answer or time-out. */
  advance(): void {
    const first = this.busy.sort((a, b) => a.until - b.until)[0];
    const oldest = [...this.queue, ...this.busy.map(({ call }) => call)].sort(
      (a, b) => a.at - b.at,
    )[0];
    if (first === undefined || oldest === undefined) throw new Error("nothing is under way");
    const expiry = oldest.at + this.limitSeconds * 1000;
    now = Math.min(first.until, expiry);
    if (expiry < first.until) {
      this.timedOut += 1;
      if (this.queue.includes(oldest)) this.queue.splice(this.queue.indexOf(oldest), 1);
      else
        this.busy.splice(
          this.busy.findIndex(({ call }) => call === oldest),
          1,
        );
      oldest.reject(new GatewayError("408 Variant `v` timed out", 408));
    } else {
      this.busy.shift();
      this.answered += 1;
      first.call.resolve({ inputTokens: 100, outputTokens: 10 });
    }
    this.begin();
  }

  private begin(): void {
    while (this.busy.length < this.slots && this.queue.length > 0)
      this.busy.push({ until: now + this.seconds() * 1000, call: this.queue.shift() as Call });
  }
}

/** Plays episodes with the default settings. */
async function play(server: Server, episodes: number, steps: number) {
  const pace = new Pace({
    concurrency: 50,
    inferenceSeconds: 120,
    maxCallsPerMinute: null,
    maxTokensPerMinute: null,
  });
  const { signal } = new AbortController();
  let left = episodes;
  let failed = 0;
  const begun: (number | null)[] = [];
  const ends: number[] = [];
  const episode = async (rank: number) => {
    try {
      for (let step = 0; step < steps; step++) {
        await pace.run(
          () => {
            begun[rank] ??= now;
            return server.infer();
          },
          { model: "m", rank, signal },
        );
      }
    } catch {
      failed += 1;
    }
    ends.push(now);
    left -= 1;
  };
  const queue = Array.from({ length: episodes }, (_, rank) => rank);
  const worker = async () => {
    for (let rank = queue.shift(); rank !== undefined; rank = queue.shift()) await episode(rank);
  };
  const workers = Promise.all(Array.from({ length: 50 }, worker));
  for (await settle(); left > 0; await settle()) server.advance();
  await workers;
  return {
    failed,
    seconds: now / 1000,
    firstEnd: (ends[0] ?? 0) / 1000,
    concurrency: pace.concurrency("m"),
  };
}

test.each([0.5, 2, 8, 20, 40, 100])(
  "a server that answers one at a time, in %d s: 5 tasks × 4 episodes complete, and it is never idle",
  async (seconds) => {
    const server = new Server(1, () => seconds);
    const { failed, seconds: took, firstEnd } = await play(server, 20, 20);
    expect({ failed, timedOut: server.timedOut, answered: server.answered }).toEqual({
      failed: 0,
      timedOut: 0,
      answered: 400,
    });
    expect((400 * seconds) / took).toBeGreaterThan(0.99);
    expect(server.longestQueue).toBeLessThanOrEqual(4);
    expect(firstEnd).toBeLessThan(took / 4); // the episodes end one after the other, not all at the end
  },
);

test("many answer at a time: all of the concurrency is soon used", async () => {
  let i = 0;
  const server = new Server(64, () => 1 + ((i++ * 7) % 11) / 5); // 1 to 3 s
  const { failed, seconds, concurrency } = await play(server, 100, 50);
  expect([failed, concurrency]).toEqual([0, 50]);
  expect(seconds).toBeLessThan((1.25 * (100 * 50 * 2)) / 50);
});

test("a server with eight slots is kept busy without a long queue", async () => {
  let i = 0;
  const server = new Server(8, () => 3 + ((i++ * 7) % 11) / 5);
  const { failed, seconds } = await play(server, 60, 40);
  expect(failed).toBe(0);
  expect((60 * 40 * 4) / 8 / seconds).toBeGreaterThan(0.9);
  expect(server.longestQueue).toBeLessThanOrEqual(20);
});

test("a server that becomes slower than the window allows loses few calls, and then none", async () => {
  const server: Server = new Server(1, () => (server.answered < 40 ? 10 : 60));
  const { failed } = await play(server, 20, 20);
  expect(failed).toBeLessThanOrEqual(4);
  expect(server.timedOut).toBe(failed);
});
