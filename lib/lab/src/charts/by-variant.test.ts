import { solve } from "babyai";
import { withExpertSteps } from "../analysis/simulator";
import type { EpisodeRow } from "../queries/episodes";
import {
  episodeLength,
  episodeReturn,
  generatedTokens,
  inputTokens,
  successRate,
} from "./by-variant";
import { chartToSvg } from "./drawing/render";
import type { ChartSpec } from "./drawing/style";

const episodes = (variant: string, outcomes: (boolean | null)[]): EpisodeRow[] =>
  outcomes.map((success, index) => ({
    run: "run-1",
    variant,
    task: "BabyAI-MixedTrainLocal-v0/goto",
    seed: 200 + index,
    episode_id: `episode-${index}`,
    success,
    episode_return: success === null ? null : success ? 0.9 : 0,
    progression: success === null ? null : Number(success),
    episode_length: success === null ? null : success ? 6 : 64,
    invalid_actions: success === null ? null : 0,
    input_tokens: success ? 1000 : 3000,
    output_tokens: success ? 100 : 300,
    cached_input_tokens: 0,
    inferences: 6,
    error: success === null ? "429: rate limited" : null,
    step_limit: 64,
  }));

const values = (spec: ChartSpec) => (spec.data as { values: Record<string, unknown>[] }).values;

test("the success rate in percent has its Clopper-Pearson interval in the data and in words", () => {
  const spec = successRate(episodes("baseline", [true, true, true, false]));
  expect(values(spec)).toMatchObject([
    { name: "baseline", note: "n = 4", mean: 75, label: "75.0 % [19.4, 99.4]" },
  ]);
  expect(spec.description).toContain("baseline (n = 4): 75.0 % [19.4, 99.4]");
  expect(spec.description).not.toMatch(/unfinished|pale/i);
});

test.each([
  ["episode return", episodeReturn, 0.45, "0.450 [0.000, 1.000]"],
  ["episode length", episodeLength, 35, "35.0 [1.0, 64.0]"],
  ["input tokens", inputTokens, 2000, "2,000 [0, 14,706]"],
  ["generated tokens", generatedTokens, 200, "200 [0, 1,471]"],
])(
  "%s: the mean has its t interval, which ends where the quantity does",
  (_, chart, mean, label) => {
    const spec = chart(episodes("baseline", [true, false]));
    expect(values(spec)).toMatchObject([{ mean, label }]);
    expect(spec.description).toContain("whiskers: 95 % t interval");
  },
);

/** The expert's mean over the seeds that `episodes` gives this many of. */
const expertMean = (count: number) =>
  Array.from(
    { length: count },
    (_, i) => solve("BabyAI-MixedTrainLocal-v0/goto", 200 + i)!.length,
  ).reduce((sum, steps) => sum + steps) / count;

test("the episode length is marked with the expert's mean over each variant's own episodes", () => {
  const plain = [...episodes("baseline", [true, null]), ...episodes("history", [true])];
  const rows = withExpertSteps(plain);
  const spec = episodeLength(rows);
  expect(values(spec)).toMatchObject([{ bound: expertMean(2) }, { bound: expertMean(1) }]);
  expect(spec.description).toContain(
    `Dashed: expert with full state (a planner, not an LLM), in the same episodes: ${expertMean(2).toFixed(1)} steps.`,
  );
  expect(values(episodeLength(rows, "variant and task"))).toMatchObject([
    { heading: `goto · expert ${expertMean(2).toFixed(1)}` },
    { bound: expertMean(2) },
    { bound: expertMean(1) },
  ]);
  for (const other of [episodeReturn(rows), episodeLength(plain)])
    expect(values(other)).toMatchObject([{ bound: null }, { bound: null }]);
});

test.each([
  "BabyAI-MixedTrainLocal-v0", // draws its task
  "Crafter-v1",
])("the expert marks nothing on %s, whose episodes it cannot play again", async (task) => {
  const rows = episodes("baseline", [true, false]).map((row) => ({ ...row, task }));
  const spec = episodeLength(withExpertSteps(rows));
  expect(values(spec)).toMatchObject([{ bound: null }]);
  expect(spec.description).not.toContain("expert");
});

test("0 % and 100 % have an interval that reaches inwards only", () => {
  const spec = successRate([
    ...episodes("baseline", Array(20).fill(false)),
    ...episodes("history", Array(20).fill(true)),
  ]);
  expect(values(spec)).toMatchObject([
    { mean: 0, low: 0, label: "0.0 % [0.0, 16.8]" },
    { mean: 100, high: 100, label: "100.0 % [83.2, 100.0]" },
  ]);
});

test("a variant on a local model says that it is no LLM, whatever its name; the order does not depend on the rows'", () => {
  const by = (variant: string, model: string, provider: string) =>
    episodes(variant, [true]).map((row) => ({ ...row, model, provider }));
  const rows = [
    ...by("rule_based_history", "rule_based", "local"),
    ...by("baseline", "gpt-5", "local"),
    ...by("random", "gpt-5", "openai"),
  ];
  const spec = successRate(rows);
  expect(values(spec).map(({ name, note }) => [name, note])).toEqual([
    ["random", "gpt-5 · n = 1"],
    ["baseline", "gpt-5, not an LLM · n = 1"],
    ["rule_based_history", "rules, not an LLM · n = 1"],
  ]);
  expect(successRate([...rows].reverse())).toEqual(spec);
});

test("one episode has a mean and no interval; of one whose episodes all failed only a bound is known", () => {
  expect(values(inputTokens(episodes("baseline", [true])))).toMatchObject([
    { mean: 1000, low: null, label: "1,000 [no interval]" },
  ]);
  expect(values(inputTokens(episodes("baseline", [null, null])))).toMatchObject([
    { note: "n = 0, 2 failed", mean: null, label: "at least 3,000" },
  ]);
});

test("a variant without an episode on a task says that the task is missing", () => {
  const open = { task: "BabyAI-MixedTrainLocal-v0/open" };
  const rows = [
    ...episodes("baseline", [true, false]),
    ...episodes("history", [true]),
    ...episodes("history", [true]).map((row) => ({ ...row, ...open })),
  ];
  expect(values(successRate(rows)).map(({ note }) => note)).toEqual([
    "n = 2, 1 of 2 tasks",
    "n = 2",
  ]);
});

test("no row is an error", () => {
  expect(() => successRate([])).toThrow("no episode to summarize");
});

describe("where episodes have no outcome", () => {
  const notBegun = (row: EpisodeRow) => ({
    ...row,
    ...{ episode_id: null, error: null, inferences: 0, input_tokens: 0, output_tokens: 0 },
  });
  const cutOff = (row: EpisodeRow) => ({ ...row, error: null });
  const open = episodes("random", [null, null]);
  const rows = [
    ...episodes("baseline", [true, true]),
    ...episodes("random", [true, false]),
    cutOff({ ...open[0]!, seed: 300 }),
    notBegun({ ...open[1]!, seed: 301 }),
  ];

  test.each([
    [successRate, "25.0–75.0 % [0.6, 99.4]"],
    [episodeReturn, "0.225–0.725 [0.000, 1.000]"],
    [episodeLength, "19.3–49.5 [1.0, 64.0]"],
    [inputTokens, "at least 1,750"],
    [generatedTokens, "at least 175"],
  ])("there is a range and no mean: %p", async (chart, label) => {
    const spec = chart(rows);
    expect(values(spec)).toMatchObject([
      { name: "random", mean: null, label, note: expect.stringMatching(/1 cut off, 1 not begun$/) },
      { name: "baseline", mean: expect.any(Number) },
    ]);
    expect(spec.description).toContain("Unfinished: 4 of 6 episodes ended. Pale: the range of the");
    const svg = await chartToSvg(spec);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg).toContain("opacity");
  });

  test("failed ones are told from them", () => {
    const spec = successRate(episodes("baseline", [true, true, true, false, null]));
    expect(values(spec)).toMatchObject([
      { note: "n = 4, 1 failed", mean: null, least: 60, most: 80 },
    ]);
    expect(spec.description).toContain("1 of 5 episodes failed. Pale:");
  });
});

test("a variant's episodes of two runs are refused, different variants' are not", () => {
  const other = episodes("baseline", [true]).map((row) => ({ ...row, run: "run-2" }));
  const rows = episodes("baseline", [true, false]);
  for (const chart of [successRate, inputTokens]) {
    expect(() => chart([...rows, ...other])).toThrow(
      /^baseline has episodes of several runs \(run-1, run-2\), which would be pooled\./,
    );
  }
  const apart = other.map((row) => ({ ...row, variant: "history" }));
  expect(values(successRate([...rows, ...apart]))).toMatchObject([{ mean: 50 }, { mean: 100 }]);
});

test.each([
  ["one variant", episodes("baseline", [true, false, true])],
  ["nothing but failures", episodes("baseline", [null])],
  [
    "nine variants with long names",
    "abcdefghi".split("").flatMap((c) => episodes(c.repeat(80), [true, false])),
  ],
])("%s can be drawn, within the width of a README", async (_, rows) => {
  for (const chart of [successRate, inputTokens]) {
    const svg = await chartToSvg(chart(rows));
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const width = Number(/width="(\d+)"/.exec(svg)![1]);
    expect(Math.abs(width - 860)).toBeLessThanOrEqual(40);
  }
});
