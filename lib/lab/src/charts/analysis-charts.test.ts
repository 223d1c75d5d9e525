import { readFileSync } from "node:fs";
import { join } from "node:path";
import { solve } from "babyai";
import { withExpertSteps } from "../analysis/simulator";
import { readPrices } from "../experiment/variants/prices";
import type { EpisodeRow } from "../queries/episodes";
import { stepsAboveExpert } from "./above-expert";
import { successByStep } from "./by-step";
import { inputTokens, successRate } from "./by-variant";
import { chartToSvg } from "./drawing/render";
import type { ChartSpec } from "./drawing/style";
import { pairedDifferences } from "./paired";
import { type Published, publishedResults } from "./published";
import { allCharts } from "./registry";
import { costAndSuccess, tokensAndSuccess } from "./trade-off";

const root = join(__dirname, "../../../..");
const published = JSON.parse(readFileSync(join(root, "data/published.json"), "utf8")) as Published;
const prices = readPrices(join(root, "config/prices.toml"));

/** An episode of `steps` steps, solved if they are below 64; null: it failed. */
const episode = (
  variant: string,
  task: string,
  seed: number,
  steps: number | null,
): EpisodeRow => ({
  run: "run-1",
  variant,
  task: `BabyAI-MixedTrainLocal-v0/${task}`,
  seed,
  episode_id: `${variant}-${task}-${seed}`,
  success: steps === null ? null : steps < 64,
  episode_return: steps === null ? null : steps < 64 ? 1 - (0.9 * steps) / 64 : 0,
  progression: null,
  episode_length: steps,
  invalid_actions: 0,
  input_tokens: 100 * (steps ?? 1),
  output_tokens: 10 * (steps ?? 1),
  cached_input_tokens: 0,
  inferences: steps ?? 1,
  error: steps === null ? "429" : null,
  ...(variant === "baseline"
    ? { model: "openai::gpt-4o-mini-2024-07-18", provider: "openai" }
    : { model: variant, provider: "local" }),
});

const rows = [
  ...[10, 64, 64, 20].map((steps, seed) => episode("baseline", "goto", seed, steps)),
  ...[64, 64, 30].map((steps, seed) => episode("baseline", "open", seed, steps)),
  ...[8, 12, 9, 64].map((steps, seed) => episode("rule_based", "goto", seed, steps)),
  ...[14, 15, 40, 20].map((steps, seed) => episode("rule_based", "open", seed, steps)),
];

/** The same, but one episode of baseline's failed after a step, and its last was never begun. */
const unfinished = [
  ...rows,
  episode("baseline", "open", 3, null),
  { ...episode("baseline", "open", 4, null), ...{ error: null, episode_id: null, inferences: 0 } },
];

/** The expert's in the same episodes. */
const expertSteps = ["goto", "open"].flatMap((task) =>
  [0, 1, 2, 3].map((seed) => solve(`BabyAI-MixedTrainLocal-v0/${task}`, seed)!.length),
);

type Value = Record<string, unknown>;
const values = (spec: ChartSpec) => (spec.data as { values: Value[] }).values;

describe("by task", () => {
  test("each task heads its variants, and each line counts its episodes", () => {
    expect(
      values(successRate(rows, "variant and task")).map(({ heading, name, label }) => [
        heading ?? name,
        label,
      ]),
    ).toEqual([
      ["goto", undefined],
      ["baseline", "50.0 % [6.8, 93.2] n = 4"],
      ["rule_based", "75.0 % [19.4, 99.4] n = 4"],
      ["open", undefined],
      ["baseline", "33.3 % [0.8, 90.6] n = 3"],
      ["rule_based", "100.0 % [39.8, 100.0] n = 4"],
    ]);
  });

  test("a variant has the color that it has in the chart by variant", () => {
    const colors = (spec: ChartSpec) =>
      new Map(values(spec).map(({ name, color }) => [name, color]));
    const byTask = colors(inputTokens(rows, "variant and task"));
    for (const [name, color] of colors(inputTokens(rows))) expect(byTask.get(name)).toBe(color);
  });
});

describe("paired differences", () => {
  test("success in percentage points, with pairs, interval, sign and corrected p", () => {
    // Seven pairs: both solve goto 0 and open 2; only rule_based goto 1, 2, open 0, 1; only baseline goto 3.
    // One more is won than lost of goto's four, two of open's three: (1/4 + 2/3) / 2. Open's third row has no counterpart.
    expect(values(pairedDifferences(rows, "success"))).toMatchObject([
      {
        name: "rule_based",
        note: "minus baseline · 7 pairs, effective 6.9, 1 unpaired",
        mean: expect.closeTo((100 * (1 / 4 + 2 / 3)) / 2, 9),
        label: "+45.8 [−30.4, +89.1], p = 0.330",
      },
    ]);
    // McNemar on goto alone: 2 P(X <= 1) over 3 tosses = 1.
    const goto = rows.filter(({ task }) => task.endsWith("goto"));
    expect(values(pairedDifferences(goto, "success"))).toMatchObject([
      {
        note: "minus baseline · 4 pairs",
        label: expect.stringMatching(/^\+25\.0 \[.*\], p = 1\.000$/),
      },
    ]);
  });

  test("pairs without an outcome leave a range, and no test", () => {
    const spec = pairedDifferences(unfinished, "success");
    // Of eight pairs three more are won than lost, or four if baseline had not solved the one that failed.
    expect(values(spec)).toMatchObject([
      {
        note: "minus baseline · 7 of 8 pairs, 1 unpaired",
        mean: null,
        least: 37.5,
        most: 50,
        label: expect.stringMatching(/^\+37\.5 to \+50\.0 \[.*\], no test$/),
      },
    ]);
    expect(spec.description).toContain("Unfinished: 16 of 17 episodes ended, 1 of them failed.");
    expect(values(pairedDifferences(unfinished, "input_tokens"))).toMatchObject([
      { mean: null, least: null, label: "at most −1,688, no test" },
    ]);
  });

  test("a mean without a test says so", () => {
    const two = [episode("baseline", "goto", 1, 10), episode("rule_based", "goto", 1, 8)];
    expect(values(pairedDifferences(two, "episode_length"))).toMatchObject([
      { mean: -2, low: null, label: "−2.0 [no interval], no test" },
    ]);
  });

  test("one variant has nothing to differ from", () => {
    const one = rows.filter((row) => row.variant === "baseline");
    expect(() => pairedDifferences(one, "success")).toThrow(
      "two variants; the rows have: baseline",
    );
    expect(() => pairedDifferences([], "success")).toThrow("the rows have: none");
    const apart = [episode("baseline", "goto", 1, 10), episode("rule_based", "goto", 2, 8)];
    expect(() => pairedDifferences(apart, "success")).toThrow("the same tasks and seeds");
  });
});

describe("success by step", () => {
  test("curves in percent, bands, and a label at each end", () => {
    const spec = successByStep(rows);
    expect(values(spec).filter(({ curve }) => curve === "rule_based")).toMatchObject(
      [0, 8, 9, 12, 14, 15, 20, 40, 64].map((step, i) => ({
        step,
        share: Math.min(7, i) * 12.5,
      })),
    );
    expect(spec.description).toContain(
      "baseline: 41.7 % (n = 7, effective 6.9); rule_based: 87.5 % (n = 8)",
    );
  });

  test("the expert's curve, of each episode once, is above all others", () => {
    const shareWithin = (step: number) =>
      (100 * expertSteps.filter((steps) => steps <= step).length) / expertSteps.length;
    const spec = successByStep(withExpertSteps(rows));
    const curve = values(spec).filter((value) => value.curve === "expert");
    expect(curve.length).toBeGreaterThan(4);
    expect(curve[0]).toMatchObject({ step: 0, share: 0 });
    expect(curve.at(-1)).toMatchObject({ step: 64, share: 100 });
    for (const { step, share } of curve) expect(share).toBe(shareWithin(Number(step)));
    expect(spec.description).toContain(
      "Dotted: expert with full state (a planner, not an LLM), on the same tasks and seeds.",
    );
    const drawn = rows.map((row) => ({ ...row, task: "BabyAI-MixedTrainLocal-v0" }));
    for (const without of [rows, withExpertSteps(drawn)]) {
      expect(successByStep(without).description).not.toContain("expert");
    }
  });

  test("a variant with episodes that have no outcome has a range in place of its curve", () => {
    const spec = successByStep(unfinished);
    // Two of goto's four are solved and one of open's five, of which two more may have been, at any step.
    const own = values(spec).filter(({ curve }) => curve === "baseline");
    const percent = (goto: number, open: number) => expect.closeTo(50 * (goto / 4 + open / 5), 9);
    expect(own.map(({ step, least, most }) => [step, least, most])).toEqual([
      [0, percent(0, 0), percent(0, 0)],
      [1, percent(0, 0), percent(0, 2)],
      [10, percent(1, 0), percent(1, 2)],
      [20, percent(2, 0), percent(2, 2)],
      [30, percent(2, 1), percent(2, 3)],
      [64, percent(2, 1), percent(2, 3)],
    ]);
    for (const value of own) expect(value).not.toHaveProperty("share");
    expect(spec.description).toContain("baseline: 35.0–55.0 % (n = 7, effective 8.9 of 9)");
    expect(spec.description).toContain("Unfinished: 16 of 17 episodes ended, 1 of them failed.");
  });

  test("every label stands beside the plot, and none over another", () => {
    const names = ["a", "b", "c", "d"];
    const rows = withExpertSteps(names.map((name) => episode(name, "goto", 1, 64)));
    const spec = successByStep(rows, published);
    const labels = (spec.layer as { data?: { values: Value[] }; encoding: Value }[]).flatMap(
      ({ data, encoding }) => (encoding.text ? [{ ...encoding, values: data?.values }] : []),
    );
    expect(labels).toMatchObject([{ x: { value: Number(spec.width) + 34 } }]);
    const tops = labels[0]?.values?.map(({ top }) => Number(top)) ?? [];
    expect(tops).toHaveLength(9); // four variants, the expert, and two lines for each of the two published
    const sorted = tops.toSorted((a, b) => a - b);
    const gaps = sorted.slice(1).map((top, index) => top - (sorted[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(16.9);
    expect(sorted.at(-1)).toBe(spec.height);
  });

  test("published results are lines that say what they are", () => {
    expect(successByStep(rows, published).description).toMatch(
      /Dashed: published, other seeds\..*naive_gemini-3\.1-pro: 100\.0 %, best on BALROG's leaderboard/,
    );
  });

  test("without a finished episode there is no curve", () => {
    expect(() => successByStep([episode("baseline", "goto", 1, null)])).toThrow("none");
  });
});

describe("steps above the expert's", () => {
  test("the mean over what was solved, and SPL over all, beside the expert", () => {
    const steps = solve("BabyAI-MixedTrainLocal-v0/goto", 1)!.length;
    const own = [episode("random", "goto", 1, steps + 5), episode("random", "goto", 2, 64)];
    const spec = stepsAboveExpert(withExpertSteps(own));
    expect(values(spec)).toMatchObject([
      {
        name: "random",
        note: "uniform random, not an LLM · solved 1 of 2",
        mean: 5,
        label: `5.0 [no interval], SPL ${(steps / (steps + 5) / 2).toFixed(2)}`,
      },
    ]);
    expect(spec.description).toContain("Dashed: expert with full state (a planner, not an LLM)");
  });

  test("episodes without an outcome leave no mean, and a range of SPL", () => {
    const steps = solve("BabyAI-MixedTrainLocal-v0/goto", 1)!.length;
    const own = [episode("random", "goto", 1, steps), episode("random", "goto", 2, null)];
    const spec = stepsAboveExpert(withExpertSteps(own));
    expect(values(spec)).toMatchObject([
      {
        note: "uniform random, not an LLM · solved 1 of 1, 1 without an outcome",
        mean: null,
        label: "no mean, SPL 0.50–1.00",
      },
    ]);
    expect(spec.description).toContain(
      "1 of 2 episodes failed. No mean without the others' outcome",
    );
  });

  test("a variant that solved nothing has no mean, and it can be drawn", async () => {
    const spec = stepsAboveExpert(withExpertSteps([episode("baseline", "goto", 1, 64)]));
    expect(values(spec)).toMatchObject([{ mean: null, label: "none solved" }]);
    expect(await chartToSvg(spec)).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("needs a finished episode, of a task that the expert can play again", () => {
    const failed = withExpertSteps([episode("baseline", "goto", 1, null)]);
    expect(() => stepsAboveExpert(failed)).toThrow("none");
    const drawn = { ...episode("baseline", "goto", 1, 5), task: "BabyAI-MixedTrainLocal-v0" };
    for (const without of [[drawn], withExpertSteps([drawn]), [...failed, drawn]]) {
      expect(() => stepsAboveExpert(without)).toThrow("need the column expert_steps");
      expect(Object.keys(allCharts(without))).not.toContain("steps_above_expert");
    }
  });
});

describe("success against tokens and cost", () => {
  test("own points have means and intervals, published ones stand beside", () => {
    const points = values(tokensAndSuccess(rows, published));
    // Tasks weigh the same: goto's four episodes and open's three.
    const mean = (110 * ((10 + 64 + 64 + 20) / 4 + (64 + 64 + 30) / 3)) / 2;
    expect(points[0]).toMatchObject({ name: "baseline", own: true });
    expect(points[0]!.x).toBeCloseTo(mean, 9);
    expect(points.filter(({ own }) => own === false).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["gemini-3.1-pro", "TensorZero baseline"]),
    );
  });

  test("an interval of tokens that reaches below 0 is drawn from the logarithmic axis on", async () => {
    const two = [episode("baseline", "goto", 1, 1), episode("baseline", "goto", 2, 60)];
    const svg = await chartToSvg(tokensAndSuccess(two));
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  test("a variant that used no token has no place on the logarithmic axis, and is named", () => {
    const none = rows.map((row) =>
      row.variant === "rule_based" ? row : { ...row, input_tokens: 0, output_tokens: 0 },
    );
    const spec = tokensAndSuccess(none);
    expect(values(spec).map(({ name }) => name)).toEqual(["rule_based"]);
    expect(spec.description).toContain("Not drawn, because it used none: baseline.");
    const own = none.filter(({ variant }) => variant === "baseline");
    expect(() => tokensAndSuccess(own)).toThrow("no tokens");
  });

  test("by hand: 1,000 episodes of 4,000 input and 400 generated tokens at 0.15 and 0.60 $ a million cost 0.84 $", () => {
    const own = [episode("baseline", "goto", 1, 40), episode("rule_based", "goto", 1, 40)];
    const points = values(costAndSuccess(own, prices));
    expect(points.map(({ name, x }) => [name, Number(x)])).toEqual([
      ["baseline", expect.closeTo(0.84, 12)],
      ["rule_based", 0],
    ]);
  });

  test("a variant whose model has no price, or that no model has answered, is named and not drawn", () => {
    const withModels = (baseline: string | null, rule_based = "rule_based") =>
      rows.map((row) => ({ ...row, model: row.variant === "baseline" ? baseline : rule_based }));
    for (const model of ["some-model", null]) {
      const spec = costAndSuccess(withModels(model), prices);
      expect(values(spec).map(({ name }) => name)).toEqual(["rule_based"]);
      expect(spec.description).toContain("No known price: baseline.");
    }
    expect(() => costAndSuccess(withModels("some-model", "another"), prices)).toThrow(
      "none of these models has a price: baseline: some-model. rule_based: another, not an LLM.",
    );
  });

  test("a variant with episodes that have no outcome is named and not drawn", () => {
    for (const spec of [tokensAndSuccess(unfinished), costAndSuccess(unfinished, prices)]) {
      expect(values(spec).map(({ name }) => name)).toEqual(["rule_based"]);
      expect(spec.description).toContain("Not drawn: baseline.");
    }
    const open = unfinished.filter(({ variant }) => variant === "baseline");
    expect(() => tokensAndSuccess(open)).toThrow("there is no variant to draw");
  });

  test("the day of each price that was used is told", () => {
    const { as_of: day } = prices["openai::gpt-4o-mini-2024-07-18"]!;
    expect(costAndSuccess(rows, prices).description).toContain(`Prices as of ${day}`);
  });
});

test("every chart of a run can be drawn", async () => {
  const charts = allCharts(withExpertSteps(rows), { prices, published });
  expect(Object.keys(charts)).toHaveLength(20);
  for (const spec of Object.values(charts)) {
    expect(await chartToSvg(spec)).not.toMatch(/NaN|undefined|Infinity|<text/);
  }
});

test("every chart of an unfinished run can be drawn, and is marked", async () => {
  const charts = allCharts(withExpertSteps(unfinished), { prices, published });
  expect(Object.keys(charts)).toHaveLength(20);
  for (const spec of Object.values(charts)) {
    expect(spec.description).toContain("Unfinished: 16 of 17 episodes ended, 1 of them failed.");
    expect(await chartToSvg(spec)).not.toMatch(/NaN|undefined|Infinity|<text/);
  }
  const one = withExpertSteps(unfinished.filter((row) => row.variant === "baseline"));
  expect(Object.keys(allCharts(one, { prices, published }))).toHaveLength(15);
});

test("two runs of a variant are refused by every chart", () => {
  const mixed = [...rows, { ...episode("baseline", "goto", 9, 5), run: "run-2" }];
  const draw = [
    () => successByStep(mixed),
    () => pairedDifferences(mixed, "success"),
    () => stepsAboveExpert(withExpertSteps(mixed)),
    () => tokensAndSuccess(mixed),
    () => costAndSuccess(mixed, prices),
    () => publishedResults(mixed, published),
  ];
  for (const chart of draw) expect(chart).toThrow("baseline has episodes of several runs");
});

test("a run of one variant has every chart but the differences", () => {
  const one = withExpertSteps(rows.filter((row) => row.variant === "baseline"));
  expect(Object.keys(allCharts(one, { prices, published }))).toHaveLength(15);
  // Without background: nothing published, no costs.
  expect(Object.keys(allCharts(one))).toHaveLength(13);
});
