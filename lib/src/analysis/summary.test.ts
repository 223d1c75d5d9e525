import type { EpisodeRow } from "../store/episodes";
import { frame, tabulate } from "./frame";
import { variantOrder } from "./order";
import { resultsTable } from "./results-table";
import { proportion } from "./statistics";
import { summarize } from "./summary";

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

test("a variant's summary holds the finished episodes, and counts the failed ones beside", () => {
  const rows = [
    episode({ episode_length: 8 }),
    episode({ episode_length: 12, success: false, episode_return: 0 }),
    failed,
  ];
  const [summary, ...others] = summarize(rows);
  expect(others).toEqual([]);
  expect(summary).toMatchObject({
    variant: "history",
    task: null,
    episodes: 3,
    failed: 1,
    success: proportion(1, 2),
    episode_return: { n: 2, mean: 0.45 },
    episode_length: { n: 2, mean: 10 },
    input_tokens: { n: 2, mean: 1000 },
    output_tokens: { n: 2, mean: 100 },
  });
});

test("an episode that was cut off is told from one that failed, and is in no mean either", () => {
  const cutOff = { ...failed, error: null };
  const [summary] = summarize([episode({}), failed, cutOff, cutOff]);
  expect(summary).toMatchObject({ episodes: 4, failed: 1, cut_off: 2, success: { n: 1 } });
  const column = (rows: EpisodeRow[]) => resultsTable(rows)[0]!["cut off"];
  expect(column([episode({}), cutOff])).toBe(1);
  expect(column([episode({}), failed])).toBeUndefined();
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
});

test("a variant whose episodes all failed has counts and no estimate", () => {
  expect(summarize([failed])[0]).toMatchObject({
    episodes: 1,
    failed: 1,
    tasks: [],
    success: { n: 0, mean: null, low: null, high: null },
    episode_return: { n: 0, mean: null },
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
  const table = frame(tabulate(summarize([episode({}), episode({ seed: 201 }), failed])));
  expect(table.shape).toEqual([1, 23]);
  expect(table.columns.slice(0, 7)).toEqual([
    "variant",
    "episodes",
    "failed",
    "cut_off",
    "success",
    "success_low",
    "success_high",
  ]);
  expect(table.values[0]!.slice(0, 5)).toEqual(["history", 3, 1, 0, 1]);
});
