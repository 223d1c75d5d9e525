import type { EpisodeRow } from "../queries/episodes";
import { aboveExpert } from "./above-expert";
import { compareVariants } from "./compare";
import { variantOrder } from "./order";
import { solvedWithin } from "./solved";
import { AnalysisError } from "./statistics/errors";
import { proportion } from "./statistics/proportion";
import { summarize } from "./summary";
import { frame, tabulate } from "./tables/frame";
import { resultsTable } from "./tables/results-table";

const episode = (changes: Partial<EpisodeRow>): EpisodeRow => ({
  run: "run-1",
  variant: "history",
  task: "goto",
  seed: 200,
  episode_id: "0193fe77-0000-7000-8000-000000000000",
  success: true,
  episode_return: 0.9,
  progression: 1,
  episode_length: 10,
  invalid_actions: 0,
  input_tokens: 1000,
  output_tokens: 100,
  cached_input_tokens: 0,
  inferences: 10,
  error: null,
  step_limit: 64,
  ...changes,
});

const failed = episode({
  success: null,
  episode_return: null,
  progression: null,
  episode_length: null,
  invalid_actions: null,
  input_tokens: 1e9,
  error: "429: rate limited",
});

const finished = [
  episode({ episode_length: 8 }),
  episode({ episode_length: 12, success: false, episode_return: 0 }),
];

test("cut-off episodes whose tokens are unknown leave no mean over those that finished", () => {
  const open = { ...failed, error: null, input_tokens: null, output_tokens: null };
  const [summary] = summarize([...finished, open, open]);
  expect(summary?.input_tokens).toMatchObject({ n: 2, mean: null, least: 500, most: null });
  const unknown = finished.map((row) => ({ ...row, input_tokens: null }));
  const [none] = summarize([...unknown, open]);
  expect(none?.input_tokens).toMatchObject({ n: 0, mean: null, least: null, most: null });
});

test("a variant's summary holds the means of its episodes", () => {
  const [summary, ...others] = summarize(finished);
  expect(others).toEqual([]);
  expect(summary).toMatchObject({
    variant: "history",
    task: null,
    episodes: 2,
    failed: 0,
    success: { ...proportion(1, 2), least: 0.5, most: 0.5 },
    episode_return: { n: 2, mean: 0.45, least: 0.45, most: 0.45 },
    episode_length: { n: 2, mean: 10 },
    input_tokens: { n: 2, mean: 1000 },
    output_tokens: { n: 2, mean: 100 },
  });
});

test("episodes without an outcome leave a range in place of each mean, and are counted by kind", () => {
  const known = { task: "BabyAI-MixedTrainLocal-v0/goto", input_tokens: 400, inferences: 10 };
  const cutOff = { ...failed, ...known, error: null };
  const notBegun = { ...cutOff, ...{ episode_id: null, input_tokens: 0, inferences: 0 } };
  const rows = [
    ...finished.map((row) => ({ ...row, task: known.task })),
    { ...failed, ...known },
    cutOff,
    notBegun,
  ];
  const [summary] = summarize(rows);
  // Lengths: 8 and 12; two that played 10 of at most 64 steps; one that would have taken from 1 to 64.
  expect(summary).toMatchObject({
    ...{ episodes: 5, failed: 1, cut_off: 1, not_begun: 1 },
    success: { n: 2, mean: null, least: 0.2, most: 0.8 },
    episode_return: { n: 2, mean: null, sem: null, least: 0.18, most: (0.9 + 3) / 5 },
    episode_length: { n: 2, mean: null, least: 41 / 5, most: (20 + 3 * 64) / 5 },
    input_tokens: { n: 2, mean: null, least: 2800 / 5, most: null, low: null, high: null },
  });
  expect(summary!.success.low).toBe(proportion(1, 5).low);
  expect(summary!.success.high).toBe(proportion(4, 5).high);
  expect(resultsTable(rows)).toEqual([
    {
      variant: "history",
      episodes: 5,
      failed: 1,
      "cut off": 1,
      "not begun": 1,
      unfinished: "3 of 5 ended",
      "success %": "20.0–80.0 [0.5, 99.5]",
      return: expect.stringMatching(/^0\.180–0\.780 \[/),
      steps: expect.stringMatching(/^8\.2–42\.4 \[/),
      "input tokens": "≥ 560",
      "generated tokens": "≥ 100",
    },
  ]);
});

test("the table of a run that ended has no column for what is missing", () => {
  const columns = (rows: EpisodeRow[]) => Object.keys(resultsTable(rows)[0]!);
  expect(columns([episode({}), failed])).toEqual(columns([episode({})]));
  expect(columns([episode({}), { ...failed, error: null }])).toEqual(
    expect.arrayContaining(["cut off", "unfinished"]),
  );
});

test("a length has no upper end where the step limit is not known", () => {
  expect(summarize([failed])[0]!.episode_length).toMatchObject({ least: 10, most: 64 });
  for (const step_limit of [null, undefined]) {
    const [summary] = summarize([{ ...failed, step_limit }]);
    expect(summary!.episode_length).toMatchObject({ least: 10, most: null });
  }
});

test("a variant's episodes of two runs are not pooled", () => {
  const rows = [episode({}), episode({ run: "run-2", seed: 201 })];
  for (const pool of [summarize, resultsTable, solvedWithin, aboveExpert]) {
    expect(() => pool(rows)).toThrow("history has episodes of several runs (run-1, run-2)");
  }
  expect(() => compareVariants(rows, "success")).toThrow(AnalysisError);
});

test("answers that were no valid action have a column when a finished episode has any", () => {
  const rows = [episode({ invalid_actions: 3 }), episode({ episode_length: 64 }), failed];
  const other = episode({ variant: "other" });
  const column = (all: EpisodeRow[]) => resultsTable(all).map((row) => row["invalid answers"]);
  expect(column([...rows, other])).toEqual(["3 of 74", "0 of 10"]);
  expect(column([other, failed])).toEqual([undefined, undefined]);
});

test("tasks weigh the same in a variant's success, whatever their number of episodes", () => {
  const rows = [
    episode({ task: "open", success: false }),
    ...[1, 2, 3].map((seed) => episode({ task: "goto", seed })),
  ];
  expect(summarize(rows)[0]!.success.mean).toBe(0.5);
});

test("by variant and task, each pair has its own summary", () => {
  const rows = [
    episode({ task: "open", success: false }),
    episode({ task: "goto" }),
    episode({ task: "goto", variant: "baseline" }),
  ];
  expect(
    summarize(rows, "variant and task").map(({ variant, task, success }) => [
      variant,
      task,
      success.mean,
    ]),
  ).toEqual([
    ["baseline", "goto", 1],
    ["history", "goto", 1],
    ["history", "open", 0],
  ]);
  const named = rows.map((row) => ({ ...row, task: `BabyAI-MixedTrainLocal-v0/${row.task}` }));
  expect(resultsTable(named, "variant and task").map(({ task }) => task)).toEqual([
    "goto",
    "goto",
    "open",
  ]);
  expect(resultsTable(named)[0]).not.toHaveProperty("task");
});

test("of a variant whose episodes all failed nothing is known but the counts", () => {
  expect(summarize([failed])[0]).toMatchObject({
    episodes: 1,
    failed: 1,
    success: { n: 0, mean: null, least: 0, most: 1, low: 0, high: 1 },
    episode_return: { n: 0, mean: null, least: 0, most: 1 },
  });
});

test("no row is an error", () => {
  expect(() => summarize([])).toThrow("no episode to summarize");
});

test("the project's variants come in a fixed order, others after them by name", () => {
  const names = ["zebra", "rule_based", "random", "Ant", "history", "baseline"];
  expect(variantOrder(names.map((variant) => ({ variant })))).toEqual([
    "random",
    "baseline",
    "history",
    "rule_based",
    "Ant",
    "zebra",
  ]);
});

test("summaries become a DataFrame", () => {
  const table = frame(tabulate(summarize([episode({}), episode({ seed: 201 })])));
  expect(table.shape).toEqual([1, 25]);
  expect(table.columns.slice(0, 9)).toEqual([
    "variant",
    "episodes",
    "effective_episodes",
    "failed",
    "cut_off",
    "not_begun",
    "success",
    "success_low",
    "success_high",
  ]);
  expect(table.values[0]!.slice(0, 7)).toEqual(["history", 2, 2, 0, 0, 0, 1]);
});
