import { tasks, testTasks, UnknownEnvError } from "babyai";
import {
  checkSettings,
  type EvaluateOptions,
  newRunId,
  SettingsError,
  startOfRun,
} from "./settings";

const known = ["baseline", "history"];
const [goto = ""] = tasks;

test("fills in the defaults: five tasks × 20 seeds from 200", () => {
  expect(checkSettings({ variants: ["baseline"] }, known)).toEqual({
    variants: ["baseline"],
    worlds: new Map(tasks.map((task) => [task, Array.from({ length: 20 }, (_, i) => 200 + i)])),
    historyLength: 8,
    demonstrations: null,
    concurrency: 50,
    maxCallsPerMinute: null,
    maxTokensPerMinute: null,
    budgetUsd: null,
    inferenceSeconds: 120,
    episodeSeconds: 3600,
    label: { name: null, note: null, helper: false },
    shard: { index: 1, of: 1 },
  });
});

test.each([
  [{ variants: [] }, "variants is []: name at least one"],
  [
    { variants: ["baselin"] },
    'Unknown variant "baselin". Did you mean "baseline"? npm run model -- list lists those of config/.',
  ],
  [{ variants: ["x"] }, 'Unknown variant "x". There are: baseline, history. npm run model'],
  [{ variants: known, tasks: ["train", "goto"] }, `tasks names "${goto}" twice`],
  [
    { variants: known, tasks: ["pikup"] },
    'names "pikup", which is no task. Did you mean "pickup"?',
  ],
  [{ variants: ["history", "history"] }, 'variants names "history" twice'],
  [{ variants: known, tasks: [] }, "tasks is []: name at least one"],
  [
    { variants: known, tasks: ["BabyAI-MixedTestLocal-v0"] },
    "Name those that it draws from: BabyAI-MixedTestLocal-v0/goto, BabyAI-MixedTestLocal-v0/pickup,",
  ],
  [{ variants: known, episodes: 0 }, "episodes is 0: it must be a whole number from 1"],
  [{ variants: known, episodes: 2.5 }, "episodes is 2.5: it must be a whole number from 1"],
  [{ variants: known, episodes: 1e9 }, "it must be a whole number from 1 to 1,000,000"],
  [{ variants: known, seed: 2 ** 60 }, "a whole number from 0 to 9,007,199,254,740,972"],
  [{ variants: known, seed: -1 }, "seed is -1: it must be a whole number from 0"],
  [{ variants: known, seed: Number.NaN }, "seed is NaN: it must be a whole number from 0"],
  [{ variants: known, worlds: [] }, "worlds is []: name at least one"],
  [
    { variants: known, worlds: [{ task: goto, seed: 1.5 }] },
    `the seed of a world of ${goto} is 1.5: it must be a whole number from 0`,
  ],
  [
    { variants: known, worlds: [7, 7, 8].map((seed) => ({ task: goto, seed })) },
    `worlds names {"task":"${goto}","seed":7} twice`,
  ],
  [
    { variants: known, episodes: 2, worlds: [{ task: goto, seed: 1 }] },
    "episodes is given beside a list of worlds, which has its own: leave it out",
  ],
  [{ variants: known, historyLength: -1 }, "historyLength is -1: it must be a whole number from 0"],
  [{ variants: known, concurrency: 0 }, "concurrency is 0: it must be a whole number from 1"],
  [
    { variants: known, budgetUsd: 0 },
    "budgetUsd is 0: it must be above 0, or left out for no limit",
  ],
  [
    { variants: known, maxCallsPerMinute: -1 },
    "maxCallsPerMinute is -1: it must be above 0, or left out for no limit",
  ],
  [
    { variants: known, episodeSeconds: Number.NaN },
    "episodeSeconds is NaN: it must be above 0, or left out for 3600",
  ],
])("%j is refused", (options, message) => {
  const check = () => checkSettings(options, known);
  expect(check).toThrow(SettingsError);
  expect(check).toThrow(message);
});

test("an unknown task is refused by the environment's own error", () => {
  const tasks = ["BabyAI-GoToLocl-v0"];
  expect(() => checkSettings({ variants: known, tasks }, known)).toThrow(UnknownEnvError);
});

test("tasks go by their names, too, and by those of a split", () => {
  const of = (options: Partial<EvaluateOptions>) => [
    ...checkSettings({ variants: known, ...options }, known).worlds.keys(),
  ];
  expect(of({ tasks: ["goto", "BabyAI-GoToObj-v0"] })).toEqual([goto, "BabyAI-GoToObj-v0"]);
  expect(of({ tasks: ["train"] })).toEqual(tasks);
  expect(of({ tasks: ["test", "goto"] })).toEqual([...testTasks, goto]);
  expect(of({ worlds: [{ task: "goto", seed: 7 }] })).toEqual([goto]);
});

test("run ids sort by time and differ", () => {
  const now = new Date("2026-11-22T14:30:05.123Z");
  expect(newRunId(now)).toMatch(/^20261122-143005-[a-z2-9]{4}$/);
  expect(new Set(Array.from({ length: 50 }, () => newRunId(now))).size).toBeGreaterThan(45);
  expect(startOfRun(newRunId(now))).toBe("2026-11-22T14:30:05");
  expect(startOfRun("by-hand")).toBeNull();
});

describe("a budget where prices are not known", () => {
  const price = { input: 1, output: 1, as_of: "", source: "" };
  const played = (variant: string) =>
    variant === "history" ? { model: "new-1", price: undefined } : { model: "old-1", price };
  const budget = (budgetUsd: number | "auto" | undefined, variants = known) =>
    checkSettings({ variants, budgetUsd }, known, played).budgetUsd;

  test("one that was given is refused, with what to add where", () => {
    expect(() => budget(2)).toThrow(SettingsError);
    expect(() => budget(2)).toThrow(
      'the price of new-1, which plays history, is not known. Add it to config/prices.toml, in US dollars per million tokens, or leave budgetUsd out: the run\'s cost is then not known:\n["new-1"]\ninput = …',
    );
    expect(budget(2, ["baseline"])).toBe(2);
  });

  test('"auto" is 10 dollars where all prices are known, else none', () => {
    expect(budget("auto", ["baseline"])).toBe(10);
    expect(budget("auto")).toBeNull();
    expect(budget(undefined)).toBeNull();
  });
});
