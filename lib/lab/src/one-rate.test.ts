import { readFileSync } from "node:fs";
import { join } from "node:path";
import { solve, tasks } from "babyai";
import { aboveExpert } from "./analysis/above-expert";
import { compareVariants } from "./analysis/compare";
import { withExpertSteps } from "./analysis/simulator";
import { solvedWithin } from "./analysis/solved";
import { summarize } from "./analysis/summary";
import { tabulate } from "./analysis/tables/frame";
import { resultsTable } from "./analysis/tables/results-table";
import { allCharts } from "./charts";
import type { ChartSpec } from "./charts/drawing/style";
import type { Published } from "./charts/published";
import { progressText } from "./display/progress";
import { readPrices } from "./experiment/variants/prices";
import type { EpisodeRow } from "./queries/episodes";

// Every place that shows a rate or a mean weighs tasks the same. Here four tasks have twenty episodes and one has two, so
// that pooled episodes would give 97.6 % where the tasks' average is 80 %; and one variant has episodes that failed.

const root = join(__dirname, "../../..");
const small = tasks[4]!;
const worlds = tasks.flatMap((task) =>
  Array.from({ length: task === small ? 2 : 20 }, (_, i) => ({ task, seed: 200 + i })),
);

const ways = new Map(
  worlds.map(({ task, seed }) => [`${task} ${seed}`, solve(task, seed)!.length]),
);
const expertSteps = ({ task, seed }: { task: string; seed: number }) =>
  ways.get(`${task} ${seed}`)!;

/** Played as the expert plays where it is solved, so that success weighted by path length is the success rate; null: it failed. */
function episode(
  variant: string,
  world: { task: string; seed: number },
  isSolved: boolean | null,
): EpisodeRow {
  const steps = isSolved ? expertSteps(world) : 64;
  return {
    ...{ run: "run-1", variant, ...world, episode_id: `${variant} ${world.task} ${world.seed}` },
    ...{ success: isSolved, progression: null, invalid_actions: 0 },
    episode_return: isSolved === null ? null : isSolved ? 1 - (0.9 * steps) / 64 : 0,
    episode_length: isSolved === null ? null : steps,
    ...{ input_tokens: 100 * steps, output_tokens: steps, cached_input_tokens: 0 },
    ...{ model: "openai::gpt-4o-mini-2024-07-18", provider: "openai" },
    ...{ inferences: isSolved === null ? 1 : steps, error: isSolved === null ? "429" : null },
  };
}

const all = worlds.map((world) => episode("history", world, world.task !== small));
const half = worlds.map((world) => episode("baseline", world, world.seed % 2 === 0));
const failed = worlds.map((world) =>
  episode("reasoning", world, world.seed === 201 ? null : world.task !== small),
);
const rows = withExpertSteps([...all, ...half, ...failed]);

const charts = allCharts(rows, {
  prices: readPrices(join(root, "config/prices.toml")),
  published: JSON.parse(readFileSync(join(root, "data/published.json"), "utf8")) as Published,
});

type Value = Record<string, unknown>;
const valuesOf = ({ data }: ChartSpec) => (data as { values: Value[] }).values;
const lineOf = (chart: string, name: string) =>
  valuesOf(charts[chart]!).find((value) => value.name === name)!;
const percent = (share: number) => expect.closeTo(100 * share, 9);

test.each([
  ["history", 0.8],
  ["baseline", 0.5],
])("the success rate of %s is the same in every table, chart and curve", (variant, rate) => {
  const summary = summarize(rows).find((each) => each.variant === variant)!;
  expect(summary.success).toMatchObject({ n: 82, mean: expect.closeTo(rate, 12) });
  expect(summary.effective_episodes).toBeCloseTo(25 / (4 / 20 + 1 / 2), 12);
  const byTask = summarize(rows, "variant and task").filter((each) => each.variant === variant);
  expect(byTask.reduce((sum, { success }) => sum + success.mean! / 5, 0)).toBeCloseTo(rate, 12);
  expect(tabulate([summary])[0]).toMatchObject({ success: summary.success.mean });
  const text = `${(100 * rate).toFixed(1)} `;
  const row = resultsTable(rows).find((each) => each.variant === variant)!;
  expect(row).toMatchObject({
    "success %": expect.stringMatching(text),
    "effective episodes": "35.7",
  });

  expect(solvedWithin(rows).findLast((point) => point.variant === variant)).toMatchObject({
    ...{ mean: summary.success.mean, low: summary.success.low, high: summary.success.high },
  });
  expect(aboveExpert(rows).find((each) => each.variant === variant)!.spl.mean).toBeCloseTo(
    rate,
    12,
  );

  const note = "n = 82, effective 35.7";
  const bounds = { low: percent(summary.success.low!), high: percent(summary.success.high!) };
  const shown = { mean: percent(rate), ...bounds };
  expect(lineOf("success_rate", variant)).toMatchObject({
    ...shown,
    label: expect.stringContaining(text),
    note: expect.stringMatching(/ = 82, effective 35\.7$/),
  });
  expect(lineOf("published_results", variant)).toMatchObject({
    ...shown,
    label: expect.stringContaining(note),
  });
  const curve = valuesOf(charts.success_by_step!).findLast(({ curve }) => curve === variant);
  expect(curve).toMatchObject({ share: percent(rate), ...bounds });
  expect(charts.success_by_step!.description).toContain(`${variant}: ${text}% (${note})`);
  for (const chart of ["success_and_tokens", "success_and_cost"]) {
    expect(lineOf(chart, variant)).toMatchObject({
      ...{ y: percent(rate), yLow: bounds.low, yHigh: bounds.high },
    });
    expect(charts[chart]!.description).toContain(`${variant} effective 35.7 of 82`);
  }
});

test("where episodes failed, every place shows the same range", () => {
  // One of each task's failed: of 20 at most all are solved, of the small task's two at most one.
  const [least, most] = [(4 * 19) / 20 / 5, (4 + 1 / 2) / 5];
  const summary = summarize(rows).find(({ variant }) => variant === "reasoning")!;
  expect(summary.success).toMatchObject({
    ...{ n: 77, mean: null, least: expect.closeTo(least, 12), most: expect.closeTo(most, 12) },
  });
  const range = { mean: null, least: percent(least), most: percent(most) };
  expect(lineOf("success_rate", "reasoning")).toMatchObject(range);
  expect(lineOf("published_results", "reasoning")).toMatchObject(range);
  const curve = valuesOf(charts.success_by_step!).findLast(({ curve }) => curve === "reasoning");
  expect(curve).toMatchObject({ least: range.least, most: range.most });
  const text = "76.0–90.0";
  const row = resultsTable(rows).find(({ variant }) => variant === "reasoning")!;
  expect(row["success %"]).toMatch(text);
  expect(lineOf("success_rate", "reasoning").label).toMatch(text);
  expect(charts.success_by_step!.description).toContain(`reasoning: ${text} % (n = 77`);
  expect(aboveExpert(rows).find(({ variant }) => variant === "reasoning")!.spl).toMatchObject({
    ...{ least: expect.closeTo(least, 12), most: expect.closeTo(most, 12) },
  });
});

test("a paired difference is that of the two rates or means, and its chart shows it", () => {
  const two = [...all, ...half];
  const [history, baseline] = ["history", "baseline"].map(
    (name) => summarize(two).find(({ variant }) => variant === name)!,
  );
  for (const quantity of ["success", "episode_return", "episode_length", "input_tokens"] as const) {
    const { difference, effective_pairs } = compareVariants(two, quantity)[0]!;
    expect(difference.mean).toBeCloseTo(history![quantity].mean! - baseline![quantity].mean!, 9);
    expect(effective_pairs).toBeCloseTo(25 / 0.7, 12);
  }
  expect(valuesOf(charts.success_rate_differences!)).toContainEqual(
    expect.objectContaining({
      ...{ name: "history", note: "minus baseline · 82 pairs, effective 35.7" },
      mean: percent(0.3),
    }),
  );
});

test("the charts of means and of tokens and cost agree, too, and the steps that the expert takes", () => {
  const steps = (task: string) => {
    const own = worlds.filter((world) => world.task === task).map((world) => expertSteps(world));
    return own.reduce((a, b) => a + b) / own.length;
  };
  const expected = tasks.map(steps).reduce((a, b) => a + b) / 5;
  expect(charts.episode_length!.description).toContain(
    `same episodes: ${expected.toFixed(1)} steps`,
  );
  for (const variant of ["history", "baseline"]) {
    const { input_tokens, output_tokens } = summarize(rows).find(
      (each) => each.variant === variant,
    )!;
    expect(lineOf("input_tokens", variant).mean).toBe(input_tokens.mean);
    expect(lineOf("success_and_tokens", variant).x).toBeCloseTo(
      input_tokens.mean! + output_tokens.mean!,
      6,
    );
  }
});

test("progress shows the range that the table of the same run shows", () => {
  const planned = worlds.filter(({ seed }) => seed < 202);
  const run = planned.map((world, i) => episode("history", world, i < 3 ? null : i % 3 === 0));
  const counts = {
    ...{ before: 0, total: 10, done: 10, failed: 3 },
    success: run.filter(({ success }) => success).length,
    ...{ answers: 0, invalid: 0, inputTokens: 0, outputTokens: 0 },
  };
  const text = progressText({
    ...counts,
    ...{ answersPerSecond: 0, spentUsd: 0, spentIsEstimated: false, invalidAnswers: [] },
    ...{ spentIsAtLeast: false },
    ...{ variants: [], seconds: 1, secondsLeft: null, state: "finished" },
  });
  const { least, most } = summarize(run)[0]!.success;
  const [from, to] = [least!, most!].map((share) => Math.round(100 * share));
  expect(text).toContain(`${counts.success} solved (${from}–${to} % of all)`);
});
