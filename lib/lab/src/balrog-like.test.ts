import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "embedded-gateway";
import { forms } from "./agents/balrog-like/forms";
import type { ChatMessage } from "./agents/local/reading/prompt";
import { SettingsError } from "./experiment/plan/settings";
import { provenanceOf } from "./experiment/provenance";
import { episodeLog } from "./export/balrog";
import { inspectLog } from "./export/inspect";
import { exportedEpisode, finishedPart } from "./export/run";
import { type Lab, openLab } from "./lab";
import { invalidAnswers } from "./queries/invalid-answers";
import { playedActions } from "./queries/played";
import { storedEpisode } from "./queries/steps";
import { loadReplay } from "./replay";

const folder = mkdtempSync(join(tmpdir(), "lab-"));
const GOTO = "BabyAI-MixedTrainLocal-v0/goto";
const TASKS = [GOTO, "BabyAI-MixedTrainLocal-v0/open"];
const WITH: Record<string, string[]> = { cot: ["plan"], few_shot: ["demonstration", "your_turn"] };
const variantToml = (form: string, more: readonly string[] = WITH[form] ?? []) =>
  [
    `[functions.act_in_chat.variants.mumbler_${form}]`,
    'type = "chat_completion"\nmodel = "mumbler"',
    ...["instruction", "observation", form, ...more].map(
      (name) =>
        `templates.${name}.path = "${process.cwd()}/config/functions/act_in_chat/${name}.minijinja"`,
    ),
  ].join("\n");
const write = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const sent: (readonly ChatMessage[])[] = [];
/** Says in turn: an action in some form, an empty answer, half an emoji, another spelling. */
const SAID = [
  "Well. <|ACTION|>drop<|END|>",
  "",
  "So: ACTION: drop",
  "toggle.",
  "I \ud83d do. ACTION: <|ACTION|>\ud83d<|END|>",
];
let lab: Lab;
const open = (toml: string) =>
  openLab({
    gateway: "embedded",
    dataDir: join(folder, "store"),
    configPath: ["config/tensorzero.toml", "config/models/gpt-4o-mini.toml", toml],
    models: { mumbler: (messages) => SAID[sent.push(messages) % SAID.length]! },
  });

beforeAll(async () => {
  lab = await open(write("forms.toml", forms.map((form) => variantToml(form)).join("\n\n")));
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true });
});

test("without demonstrations a few_shot variant is refused, and so are unknown ones", async () => {
  const play = (demonstrations?: string) =>
    lab.evaluate({ variants: ["rule_based_balrog_like_few_shot"], episodes: 1, demonstrations });
  await expect(play()).rejects.toThrow(SettingsError);
  await expect(play()).rejects.toThrow(
    "and the store has none. Store some first: lab.demonstrate(",
  );
  await expect(play("mine")).rejects.toThrow('demonstrations is "mine", but the store has none');
  await expect(
    lab.evaluate({ variants: ["rule_based_balrog_like_cot"], demonstrations: "mine" }),
  ).rejects.toThrow("demonstrations is given, but none of rule_based_balrog_like_cot is shown any");
  expect(await lab.runs()).toEqual([]);
});

test("the rules play in every form, and are read, counted and replayed like any other variant", async () => {
  const variant = "rule_based_history";
  const first = await lab.demonstrate({ variant, tasks: TASKS, episodes: 1 });
  const { id } = await lab.demonstrate({ variant, tasks: TASKS, episodes: 2, seed: 200 });
  const variants = forms.map((form) => `rule_based_balrog_like_${form}`);
  const run = await lab.evaluate({ variants, tasks: TASKS, episodes: 1 });
  expect(run).toMatchObject({ completed: 10, failed: 0, stopped: null });
  const rows = await lab.episodes({ run: run.id });
  expect(rows).toHaveLength(10);
  expect(Math.max(...rows.map((row) => row.episode_length!))).toBeGreaterThan(16);
  for (const row of rows) {
    expect(row).toMatchObject({ success: true, invalid_actions: 0, model: "rule_based" });
    expect(row.inferences).toBe(row.episode_length);
    expect(row.input_tokens).toBeGreaterThan(100 * row.inferences);
    const { mismatches, frames } = await loadReplay(lab.clickhouse, row.episode_id!);
    expect([mismatches, frames.length]).toEqual([[], row.episode_length! + 1]);
  }
  expect((await lab.runs())[0]).toMatchObject({ run: run.id, state: "finished", damaged: 0 });
  expect(await lab.tries({ run: run.id })).toHaveLength(10);

  const shown = rows.find((row) => row.variant.endsWith("few_shot") && row.task === GOTO)!;
  const { steps, form } = await storedEpisode(lab.clickhouse, shown.episode_id!);
  expect(form).toBe("few_shot");
  expect(steps[0]).toMatchObject({ system_prompt: "", action: steps[0]!.answer });
  expect(steps[0]!.user_prompt).toMatch(
    /^user:\nYou control [\s\S]*\n\nuser:\n=== Example 1 begins ===\n\nuser:\nObservation:\n[\s\S]*=== Now you play ===\n\nuser:\nCurrent observation:\n/,
  );
  const { command } = provenanceOf(run, rows, {
    "babyai-lab": "",
    node: "",
    gateway: "",
    clickhouse: "",
  });
  expect(command).toContain(`"demonstrations":"${id}"`);
  // It grows with the demonstrations that it began with, and is not told of the newer ones.
  await lab.demonstrate({ variant, episodes: 1, tasks: [GOTO], seed: 300 });
  expect(await lab.evaluate({ run: run.id, episodes: 2 })).toMatchObject({ completed: 20 });
  await expect(lab.evaluate({ run: run.id, demonstrations: first.id })).rejects.toThrow(
    `rule_based_balrog_like_few_shot's demonstrations was ${id}, is ${first.id}`,
  );
  await expect(
    lab.plan({
      variants: ["rule_based_balrog_like_few_shot"],
      tasks: [GOTO],
      episodes: 1,
      seed: 300,
    }),
  ).rejects.toThrow(`have no whole episode of ${GOTO} with another seed than 300`);
});

test("answers that are no action: kept as given, told of, played as go forward, and counted alike everywhere", async () => {
  const variants = forms.map((form) => `mumbler_${form}`);
  const [demonstrations] = (
    await lab.clickhouse
      .query({
        query: "SELECT min(tags['run']) AS id FROM DemonstrationFeedback",
        format: "JSONEachRow",
      })
      .then((result) => result.json<{ id: string }>())
  ).map(({ id }) => id);
  const run = await lab.evaluate({
    ...{ variants, tasks: [GOTO], episodes: 1, demonstrations },
    concurrency: 1,
  });
  expect(run).toMatchObject({ completed: 5, failed: 0 });
  const rows = await lab.episodes({ run: run.id });
  const invalid = await invalidAnswers(lab.clickhouse, run.id);
  const played = await playedActions(lab.clickhouse, run.id);
  for (const row of rows) {
    const own = invalid.filter(({ variant }) => variant === row.variant);
    expect(own).toHaveLength(row.invalid_actions!);
    expect(new Set(own.map(({ reason }) => reason))).toEqual(
      new Set(["empty", "not an action alone"]),
    );
    const { actions } = played.find(({ episode_id }) => episode_id === row.episode_id)!;
    expect(actions.filter((action) => action === -1)).toHaveLength(row.invalid_actions!);
    expect((await loadReplay(lab.clickhouse, row.episode_id!)).mismatches).toEqual([]);
  }
  const [naive] = rows.filter(({ variant }) => variant === "mumbler_naive");
  const log = episodeLog(await exportedEpisode(lab.clickhouse, naive!));
  expect(log.agent).toEqual({
    ...{ type: "custom", name: "mumbler_naive", like: "naive" },
    ...{ max_text_history: 16, max_image_history: 0, max_cot_history: 1, max_icl_history: 1000 },
  });
  expect(log.failed_candidates).toHaveLength(naive!.invalid_actions!);
  expect(new Set(log.failed_candidates)).toEqual(
    new Set(["", "Well ACTIONdropEND", "So: ACTION: drop", "I  do ACTION: ACTIONEND"]),
  );
  const inspect = JSON.parse(await inspectLog(lab.clickhouse, finishedPart(rows, "mumbler_naive")));
  expect(inspect.samples[0].messages[0]).toMatchObject({
    role: "user",
    content: expect.stringMatching(/^user:\nYou control [\s\S]*Current observation:\n/),
  });
  expect(rows.every((row) => row.invalid_actions! < row.episode_length!)).toBe(true);
  for (const messages of sent) {
    expect(messages.map(({ role }) => role)).not.toContain("system");
    expect(messages[0]!.content).toMatch(/^You control an agent/);
    expect(messages.at(-1)!.content).toMatch(/^Current observation:\n/);
    expect(messages.filter(({ content }) => content.startsWith("Current"))).toHaveLength(1);
  }
});

test("the plan of a variant on a paid model says that there is no bound, and guesses", async () => {
  const plan = await lab.plan({ variants: ["balrog_like_cot"], tasks: [GOTO], episodes: 1 });
  expect(plan).toMatchObject({ callsAtMost: 64, usdAtMost: null });
  expect(plan.usdLikely).toBeGreaterThan(0);
  expect(plan.text).toContain("no bound, because balrog_like_cot is shown its own answers");
});

test.each([
  ["react", [], "must have one of naive, cot, robust_naive, robust_cot, few_shot"],
  ["naive", ["cot"], "it has instruction, observation, naive, cot."],
  ["cot", [], "lacks plan: cot is rendered with cot, instruction, observation, plan."],
  ["few_shot", ["your_turn"], "lacks demonstration: few_shot is rendered with"],
])("a variant with the templates of %s and %j is refused", async (form, more, problem) => {
  const error = await open(write("wrong.toml", variantToml(form, more))).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect(String(error)).toContain(`functions.act_in_chat.variants.mumbler_${form}.templates`);
  expect(String(error)).toContain(problem);
});

test("best of n and mixture of n of one form play in it; of several forms, or of none, are refused", async () => {
  const composed = (type: string, candidates: readonly string[], judge: string) => {
    const path = `functions.act_in_chat.variants.${judge}`;
    const own = variantToml("robust_naive").replace(/^.*\n.*$/m, `[${path}.${judge}]`);
    return `[${path}]\ntype = "experimental_${type}"\ncandidates = ${JSON.stringify(candidates)}\n${own}`;
  };
  const twice = Array(2).fill("mumbler_robust_naive");
  const toml = write(
    "composed.toml",
    [
      variantToml("robust_naive"),
      composed("best_of_n_sampling", twice, "evaluator"),
      composed("mixture_of_n", twice, "fuser"),
    ].join("\n\n"),
  );
  const own = await open(toml);
  const variants = ["evaluator", "fuser"];
  const run = await own.evaluate({ variants, tasks: [GOTO], episodes: 1 });
  expect(run).toMatchObject({ completed: 2, failed: 0 });
  for (const row of await own.episodes({ run: run.id })) {
    const { form, steps } = await storedEpisode(own.clickhouse, row.episode_id!);
    expect(form).toBe("robust_naive");
    // "Well. <|ACTION|>drop<|END|>", as the form has it.
    expect(steps.filter(({ action }) => action === "drop").length).toBeGreaterThan(0);
  }
  await own.close();
  for (const [candidates, message] of [
    [["mumbler_robust_naive", "mumbler_cot"], "they are of robust_naive and cot"],
    [[], "they are of none"],
    [["nobody"], "names nobody: it must be a variant of the function without candidates"],
    [["fuser"], "names fuser: it must be a variant"],
  ] as const) {
    const text = [
      variantToml("robust_naive"),
      variantToml("cot"),
      composed("mixture_of_n", candidates, "fuser"),
    ].join("\n\n");
    const error = await open(write("mixed.toml", text)).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain(message);
  }
});
