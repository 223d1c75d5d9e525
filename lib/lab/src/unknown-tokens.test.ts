import { type Harness, openHarness } from "embedded-gateway/testing/harness";
import { SHIPPED_CONFIG } from "embedded-gateway/testing/shipped-config";
import { completion } from "embedded-gateway/testing/stand-in";
import { resultsTable } from "./analysis/tables/results-table";
import { generatedTokens, inputTokens, tokensAndSuccess } from "./charts";
import { GatewayClient } from "./connection/client";
import { evaluate } from "./experiment/evaluate";
import { checkSettings, type EvaluateOptions } from "./experiment/plan/settings";
import { listRuns, type RunHistory } from "./experiment/resume";
import { actConfig } from "./experiment/testing/act-config";
import { playedVariant } from "./experiment/testing/played-variant";
import { readVariants } from "./experiment/variants/variants";
import { episodes } from "./queries/episodes";
import { storedEpisode } from "./queries/steps";

// Providers that count no tokens, or not all: what is not known is nowhere a 0, from the provider's answer to the chart.

const PRICE = { input: 1, output: 10, cached_input: 0.5, as_of: "2026-11-22", source: "test" };
const { prompt } = readVariants(SHIPPED_CONFIG).get("baseline")!;
const answer = '{"action":"turn left"}';
let harness: Harness;
let history: RunHistory;
const log = jest.fn();

beforeAll(async () => {
  harness = await openHarness(actConfig(), { OPENAI_API_KEY: "sk-test-0123456789" });
  const { clickhouse, gateway } = harness;
  history = { clickhouse, price: () => PRICE, flush: () => gateway.flush() };
});
afterAll(() => harness.close());
beforeEach(() => log.mockClear());

/** Plays goto, 64 steps an episode, because turning on the spot never solves it. `usage` is that of the nth answer. */
async function play(usage: (index: number) => object, options: Partial<EvaluateOptions> = {}) {
  const first = harness.provider.requests.length;
  harness.provider.reply = (_, index) => completion(answer, usage(index - first));
  const run = await evaluate(
    {
      client: new GatewayClient({
        url: "http://embedded",
        fetch: async (input, init) => harness.gateway.app.fetch(new Request(input, init)),
      }),
      variant: () => playedVariant({ price: PRICE, prompt }),
      recordFailure: async () => {},
      log,
    },
    checkSettings(
      {
        variants: ["retried"],
        tasks: ["BabyAI-MixedTrainLocal-v0/goto"],
        episodes: 1,
        concurrency: 1,
        ...options,
      },
      ["retried"],
    ),
    {},
  );
  await harness.gateway.flush();
  const rows = await episodes(harness.clickhouse, run.id);
  return { run, rows, row: rows[0]!, listed: async () => (await listRuns(history))[0]! };
}

const counted = { usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 } };
const labels = (spec: object) =>
  (spec as { data: { values: { label: string }[] } }).data.values.map(({ label }) => label);

test("a provider that counts nothing: unknown in rows, tables and charts; an estimate in cost; one warning", async () => {
  const { run, rows, row, ...played } = await play(() => ({ usage: undefined }));
  const listed = await played.listed();
  expect(row).toMatchObject({ inferences: 64, input_tokens: null, output_tokens: null });
  expect(resultsTable(rows)).toMatchObject([{ "input tokens": "–", "generated tokens": "–" }]);
  expect(labels(inputTokens(rows))).toEqual(["– (not counted)"]);
  expect(labels(generatedTokens(rows))).toEqual(["– (not counted)"]);
  expect(() => tokensAndSuccess(rows)).toThrow("tokens that no provider counted");
  const { steps } = await storedEpisode(harness.clickhouse, row.episode_id);
  expect(steps[0]).toMatchObject({ input_tokens: null, output_tokens: null });

  expect(run.spentIsEstimated).toBe(true);
  expect(run.spentUsd).toBeGreaterThan(64 * 0.0003); // some 350 tokens a prompt, 6 an answer
  expect(run.spentUsd).toBeLessThan(64 * 0.0008);
  expect(run.text).toMatch(/, ≈ \$0\.0\d, estimated\./);
  expect(listed).toMatchObject({ run: run.id, cost_is_estimated: true });
  expect(listed.cost_usd).toBeCloseTo(run.spentUsd!, 9); // from the stored texts
  expect(log.mock.calls).toEqual([
    [
      expect.stringMatching(
        /^The provider of m, which plays retried, does not say how many tokens/,
      ),
    ],
  ]);
});

test("a budget on it stops the run", async () => {
  const { run } = await play(() => ({ usage: undefined }), { episodes: 10, budgetUsd: 0.01 });
  expect(run).toMatchObject({ stopped: "budget", spentIsEstimated: true });
  expect(run.spentUsd).toBeGreaterThanOrEqual(0.01);
  expect(run.spentUsd).toBeLessThan(0.011);
});

test("one uncounted answer makes the episode's sum unknown, and its table says of how many it speaks", async () => {
  const { rows, run, ...played } = await play((i) => (i === 70 ? { usage: null } : counted), {
    episodes: 2,
  });
  const listed = await played.listed();
  expect(rows.map((row) => row.input_tokens)).toEqual([6400, null]);
  expect(rows.map((row) => row.output_tokens)).toEqual([640, null]);
  expect(resultsTable(rows)[0]).toMatchObject({ "input tokens": "6400, 1 of 2 known" });
  expect(labels(inputTokens(rows))).toEqual(["6,400 [no interval]"]);
  expect(JSON.stringify(inputTokens(rows))).toContain("n = 1 of 2");
  expect(listed.cost_usd).toBeCloseTo(run.spentUsd!, 9);
  expect(run.spentIsEstimated && listed.cost_is_estimated).toBe(true);
});

test("zeros for all counts are no counts; an answer of no tokens is", async () => {
  const zeros = await play(() => ({ usage: { prompt_tokens: 0, completion_tokens: 0 } }));
  expect(zeros.row).toMatchObject({ input_tokens: null, output_tokens: null });
  expect(zeros.run.spentIsEstimated).toBe(true);

  const silent = { usage: { prompt_tokens: 100, completion_tokens: 0, total_tokens: 100 } };
  const some = await play((i) => (i % 2 ? silent : counted));
  expect(some.row).toMatchObject({ input_tokens: 6400, output_tokens: 320 });
  expect(some.run).toMatchObject({ spentIsEstimated: false });
  const listed = await some.listed();
  expect(listed).toMatchObject({ cost_is_estimated: false });
  expect(listed.cost_usd).toBeCloseTo(some.run.spentUsd!, 9);
  expect(log).toHaveBeenCalledTimes(1);
});

test("cached input and hidden reasoning are priced", async () => {
  const usage = {
    ...counted.usage,
    prompt_tokens_details: { cached_tokens: 80 },
    completion_tokens_details: { reasoning_tokens: 7 }, // of the 10
  };
  const { row, run, ...played } = await play(() => ({ usage }));
  const listed = await played.listed();
  expect(row).toMatchObject({ input_tokens: 6400, cached_input_tokens: 5120, output_tokens: 640 });
  expect(run.spentUsd).toBeCloseTo((64 * (20 * 1 + 80 * 0.5 + 10 * 10)) / 1e6, 12);
  expect(listed).toMatchObject({ cost_is_estimated: false });
  expect(listed.cost_usd).toBeCloseTo(run.spentUsd!, 12);
  expect(log).not.toHaveBeenCalled();
});
