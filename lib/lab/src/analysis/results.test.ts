import type { EpisodeRow } from "../queries/episodes";
import {
  formatResults,
  parseResults,
  type Results,
  requireFinished,
  UnfinishedRunError,
} from "./results";
import { AnalysisError } from "./statistics/errors";

const episode: EpisodeRow = {
  run: "run-1",
  variant: "baseline",
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
  model: "openai::gpt-4o-mini-2024-07-18",
  provider: "openai",
  inferences: 10,
  error: null,
  step_limit: null, // no task is called goto
};

const results: Results = {
  provenance: {
    command: "npm start",
    date: "2026-11-22",
    seeds: "200 to 201",
    models: { baseline: "openai::gpt-4o-mini-2024-07-18" },
    versions: { node: "20.20.0" },
  },
  episodes: [episode, { ...episode, seed: 201, success: null, episode_return: null, error: "429" }],
};

test("results survive being written and read", () => {
  expect(parseResults(formatResults(results), "local.json")).toEqual(results);
});

test.each([2, 3])("a file of before the last %d columns were there is read", (later) => {
  const rule = { ...episode, variant: "rules", model: "rule_based", provider: "local" };
  const models = { ...results.provenance.models, rules: "rule_based" };
  const provenance = { ...results.provenance, models };
  const episodes = [...results.episodes, rule];
  const content = JSON.parse(formatResults({ provenance, episodes }));
  content.columns.splice(-later);
  for (const values of content.episodes) values.splice(-later);
  // Which provider it was the file does not tell, but for the local ones.
  const expected = episodes.map((row) => (row === rule ? rule : { ...row, provider: null }));
  expect(parseResults(JSON.stringify(content), "old.json")).toEqual({
    provenance,
    episodes: expected,
  });
});

test("rows that are read have the step limit, which the file does not tell", () => {
  const task = "BabyAI-MixedTrainLocal-v0/open";
  const text = formatResults({ ...results, episodes: [{ ...episode, task }] });
  expect(text).not.toContain("step_limit");
  expect(parseResults(text, "local.json").episodes).toMatchObject([{ step_limit: 128 }]);
});

test("each episode is one line, and their order in the file does not depend on that of the run", () => {
  const text = formatResults(results);
  expect(text.split("\n").filter((line) => line.startsWith('    ["run-1"'))).toHaveLength(2);
  expect(formatResults({ ...results, episodes: [...results.episodes].reverse() })).toBe(text);
  const keys = ["a", "b"].flatMap((variant) =>
    ["goto", "open"].flatMap((task) => [9, 10].map((seed) => ({ variant, task, seed }))),
  );
  const episodes = [5, 0, 3, 6, 1, 7, 2, 4].map((i) => ({ ...episode, ...keys[i]! }));
  const read = parseResults(formatResults({ ...results, episodes }), "local.json");
  expect(read.episodes.map(({ variant, task, seed }) => ({ variant, task, seed }))).toEqual(keys);
});

describe("for img/", () => {
  const check = (episodes: EpisodeRow[], models = results.provenance.models) =>
    requireFinished({ provenance: { ...results.provenance, models }, episodes }, "local.json");
  const cutOff = { ...episode, seed: 202, success: null, episode_return: null };

  test("results of a run that ended are taken, with failed episodes too", () => {
    expect(() => check(results.episodes)).not.toThrow();
  });

  test.each([
    ["an episode that was cut off", [...results.episodes, cutOff], {}],
    ["one that was never begun", [...results.episodes, { ...cutOff, episode_id: null }], {}],
    ["no row of an episode that another variant has", results.episodes, { history: "gpt" }],
  ])("%s is refused", (_, episodes, models) => {
    const draw = () => check(episodes, { ...results.provenance.models, ...models });
    expect(draw).toThrow(UnfinishedRunError);
    expect(draw).toThrow(
      /^local\.json is of an unfinished run: 2 of [34] episodes ended, .*npm start -- --resume run-1\)/,
    );
  });

  test("a row that was never begun survives being written and read", () => {
    const open = { ...cutOff, episode_id: null };
    const text = formatResults({ ...results, episodes: [open] });
    expect(parseResults(text, "local.json").episodes).toEqual([open]);
  });
});

const changed = (
  change: (content: { episodes: unknown[][] } & Record<string, unknown>) => void,
) => {
  const content = JSON.parse(formatResults(results));
  change(content);
  return () => parseResults(JSON.stringify(content), "local.json");
};

test.each([
  ["no JSON", () => parseResults("{", "local.json"), "local.json: no JSON ("],
  ["null", () => parseResults("null", "local.json"), "local.json: it must be an object"],
  [
    "no provenance",
    changed((content) => delete content.provenance),
    "local.json: `provenance` is missing.",
  ],
  [
    "a provenance without a date",
    changed((content) => {
      content.provenance = { ...results.provenance, date: undefined };
    }),
    "local.json: `provenance.date` is missing.",
  ],
  [
    "a model that is no text",
    changed((content) => {
      content.provenance = { ...results.provenance, models: { random: 5 } };
    }),
    "local.json: `provenance.models.random` is 5; it must be a string.",
  ],
  [
    "other columns",
    changed((content) => {
      content.columns = ["run"];
    }),
    'has the columns ["run"]',
  ],
  [
    "no episodes",
    changed((content) => Reflect.deleteProperty(content, "episodes")),
    'the list "episodes"',
  ],
  ["a short row", changed((content) => content.episodes[1]!.pop()), "local.json, episode 2 is"],
  [
    "a value of another type",
    changed((content) => {
      content.episodes[0]![5] = 1;
    }),
    "local.json, episode 1: success is 1, not a boolean or null",
  ],
  [
    "a null where none belongs",
    changed((content) => {
      content.episodes[0]![3] = null;
    }),
    "seed is null, not a number",
  ],
])("%s is refused", (_, read, message) => {
  expect(read).toThrow(AnalysisError);
  expect(read).toThrow(message);
});
