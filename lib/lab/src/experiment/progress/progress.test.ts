import { Pace } from "../play/pace";
import { EpisodeLengths } from "./episode-lengths";
import { Tally } from "./progress";
import { timeLeft } from "./time-left";

// The clock stands still while episodes wait, and then goes to the next answer.
let now = 0;
beforeEach(() => {
  now = 0;
  jest.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => jest.restoreAllMocks());

const settled = () => new Promise((resolve) => setImmediate(resolve));
const CONCURRENCY = 50;
const TOKENS = { inputTokens: 100, outputTokens: 10, cachedInputTokens: 0, isEstimated: false };

/** Every second episode is solved, after 1 to 24 steps; the others run into their limit. */
function episodeOf(rank: number) {
  const maxSteps = [64, 64, 128, 64, 128][rank % 5]!;
  const isSolved = Math.floor(rank / 5) % 2 === 0;
  return { maxSteps, isSolved, steps: isSolved ? 1 + ((rank * 7) % 24) : maxSteps };
}

/** Plays episodes of two variants in turn, and returns what was told after each answer. */
async function play(modelMs: Record<string, number>, episodes: number) {
  const pace = new Pace({
    ...{ concurrency: CONCURRENCY, inferenceSeconds: 120 },
    ...{ maxCallsPerMinute: null, maxTokensPerMinute: null },
  });
  const names = Object.keys(modelMs);
  const planned = names.map((name) => ({ variant: name, model: name, total: episodes }));
  const tally = new Tally(planned, CONCURRENCY, (model) => pace.speed(model));
  const { signal } = new AbortController();
  const told: { at: number; secondsLeft: number | null }[] = [];
  const calls: { until: number; answer: () => void }[] = [];
  const queue = Array.from({ length: episodes * names.length }, (_, rank) => rank);
  const episode = async (rank: number) => {
    const model = names[rank % names.length]!;
    const { maxSteps, isSolved, steps } = episodeOf(Math.floor(rank / names.length));
    const infer = () =>
      new Promise<typeof TOKENS>((resolve) => {
        calls.push({ until: now + modelMs[model]!, answer: () => resolve(TOKENS) });
      });
    const attempt = tally.try(model);
    attempt.begin(maxSteps);
    for (let step = 0; step < steps; step++) {
      attempt.answer({ ...(await pace.run(infer, { model, rank, signal })), content: null }, null);
      told.push({ at: now, secondsLeft: tally.progress.secondsLeft });
    }
    attempt.end();
    tally.completed(model, isSolved, steps);
  };
  const work = async () => {
    for (let rank = queue.shift(); rank !== undefined; rank = queue.shift()) await episode(rank);
  };
  const workers = Promise.all(Array.from({ length: CONCURRENCY }, work));
  for (await settled(); calls.length > 0; await settled()) {
    now = Math.min(...calls.map(({ until }) => until));
    const due = calls.filter(({ until }) => until <= now);
    for (const call of due) calls.splice(calls.indexOf(call), 1);
    for (const { answer } of due) answer();
  }
  await workers;
  return { told, tally };
}

test.each([
  [{ fast: 1, slow: 2000 }, 100],
  [{ slow: 2000, slower: 5000 }, 100],
])(
  "models of %p ms: the time left is told within a factor of 1.5 after the first 5 %%",
  async (modelMs, episodes) => {
    const { told, tally } = await play(modelMs, episodes);
    const wrong = told
      .filter(({ at }) => at >= 0.05 * now && at <= 0.98 * now)
      .map(({ at, secondsLeft }) => (secondsLeft ?? 0) / ((now - at) / 1000))
      .filter((ratio) => !(ratio > 1 / 1.5 && ratio < 1.5));
    expect(wrong).toEqual([]);
    const { done, total, success, answers, secondsLeft } = tally.progress;
    expect([done, success, secondsLeft]).toEqual([total, total / 2, 0]);
    expect(answers).toBe(told.length);
  },
);

test("two calls at a server with one slot take as long as one after the other", () => {
  const lengths = new EpisodeLengths();
  for (let step = 0; step < 128; step++) for (let i = 0; i < 10_000; i++) lengths.addStep(step);
  const active = [64, 128].map((maxSteps) => ({ steps: 32, maxSteps }));
  const left = [{ model: "m", active, queued: 0, lengths, maxSteps: 96 }];
  const speed = { answerMs: 4000, aloneMs: 2000, concurrency: 2 };
  expect(timeLeft(left, () => speed, 50)).toBe((32 + 96) * 2000);
  const slots = { ...speed, aloneMs: 4000 };
  expect(timeLeft(left, () => slots, 50)).toBe(96 * 4000);
});

test("before a model has answered, the time left is not known", () => {
  const tally = new Tally([{ variant: "a", model: "m", total: 1 }], 1, () => ({
    answerMs: null,
    aloneMs: null,
    concurrency: 1,
  }));
  expect(tally.progress).toMatchObject({ secondsLeft: null, answers: 0, answersPerSecond: 0 });
});

test("a rate is that of the last half minute", () => {
  const tally = new Tally([{ variant: "a", model: "m", total: 1 }], 1, () => ({
    answerMs: 1,
    aloneMs: 1,
    concurrency: 1,
  }));
  const episode = tally.try("a");
  episode.begin(1000);
  for (; now < 100_000; now += 1000) {
    if (now < 40_000) episode.answer({ ...TOKENS, content: "" }, null);
    void tally.progress;
  }
  expect(tally.progress.answersPerSecond).toBe(0);
  for (const end = now + 30_000; now < end; now += 1000) {
    episode.answer({ ...TOKENS, content: "" }, "not JSON");
    void tally.progress;
  }
  expect(tally.progress.answersPerSecond).toBeCloseTo(1, 1);
  expect(tally.progress).toMatchObject({ answers: 70, invalid: 30, inputTokens: 7000 });
});
