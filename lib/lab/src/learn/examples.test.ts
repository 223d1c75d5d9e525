import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hindsight, make, solve, tasks } from "babyai";
import { hashedWords } from "../agents/local/hashed-words";
import type { ChatMessage } from "../agents/local/reading/prompt";
import { promptTexts, readPrompt } from "../agents/local/reading/prompt";
import { decide } from "../agents/local/rule-based/rule-based";
import { parseAnswer } from "../agents/parse";
import { type Lab, openLab } from "../lab";
import { root } from "../project/root";
import { storedEpisode } from "../queries/steps";
import {
  countExamples,
  type ExampleEpisode,
  type Examples,
  type ExamplesOptions,
} from "./examples";
import { ExamplesError } from "./examples-error";
import { nearestExample } from "./nearest";

const dataDir = mkdtempSync(join(tmpdir(), "examples-"));
const toml = join(dataDir, "mumbler.toml");
const templates = join(root, "config", "functions", "act", "history");
writeFileSync(
  toml,
  `[functions.act.variants.mumbler]
type = "chat_completion"
model = "mumbler"
system_template = "${templates}/system.minijinja"
user_template = "${templates}/user.minijinja"
json_mode = "on"
`,
);
let lab: Lab;
let run: string;
let demonstrated: string;
const [goto = "", pickup = ""] = tasks;

beforeAll(async () => {
  // Answers nonsense at each fifth turn of goto.
  const mumbler = (messages: readonly ChatMessage[]) => {
    const prompt = readPrompt(messages);
    const isLost = prompt.mission.kind === "go to" && prompt.turns?.length === 4;
    return isLost ? "hm" : JSON.stringify({ action: decide(prompt).action });
  };
  lab = await openLab({
    ...{ gateway: "embedded", dataDir: join(dataDir, "store"), models: { mumbler } },
    configPath: ["config/tensorzero.toml", "config/models/gpt-4o-mini.toml", toml],
  });
  const variants = ["mumbler", "random", "rule_based_balrog_like_cot"];
  ({ id: run } = await lab.evaluate({ variants, tasks: [goto, pickup], episodes: 5 }));
  const options = { variant: "rule_based_history", tasks: [goto], episodes: 4 };
  ({ id: demonstrated } = await lab.demonstrate(options));
});
afterAll(async () => {
  await lab.close();
  rmSync(dataDir, { recursive: true });
});

const all = ({ train, validation }: Examples) => [...train, ...validation];
const keyOf = ({ variant, task, seed }: ExampleEpisode) => `${variant} ${task} ${seed}`;
const refused = async (options: ExamplesOptions) => {
  const error = await lab.examples(options).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ExamplesError);
  return (error as Error).message;
};

test("an episode's examples are what its model was sent, and the actions that it answered", async () => {
  const episodes = all(await lab.examples({ run }));
  expect(episodes).toHaveLength(30);
  let invalid = 0;
  for (const episode of episodes.filter((_, i) => i % 2 === 0)) {
    const stored = await storedEpisode(lab.clickhouse, episode.episode_id);
    expect(episode.steps).toHaveLength(stored.steps.length);
    const made = [...episode.examples()];
    expect(made.map(({ step }) => step)).toEqual(
      stored.steps.filter(({ action }) => action !== null).map(({ step }) => step),
    );
    invalid += stored.steps.length - made.length;
    for (const { step, prompt, completion, action, inference_id } of made) {
      const { answer, ...row } = stored.steps[step]!;
      expect(row).toMatchObject({ action, inference_id });
      const [first, ...rest] = prompt;
      if (stored.form === null) {
        expect([first?.content, rest]).toEqual([
          row.system_prompt,
          [{ role: "user", content: row.user_prompt }],
        ]);
      } else {
        const text = prompt.map(({ role, content }) => `${role}:\n${content}`).join("\n\n");
        expect(prompt.length === 1 ? first?.content : text).toBe(row.user_prompt);
      }
      const [{ role, content }] = completion;
      expect(role).toBe("assistant");
      if (stored.form === null) {
        expect(content).toMatch(/^\{"action": "/);
        expect(parseAnswer(content)).toEqual(parseAnswer(answer));
      } else expect(content).toBe(answer);
    }
  }
  expect(invalid).toBeGreaterThan(0);
});

test("played again, an episode's actions lead to its observations", async () => {
  for (const { task, seed, mission, steps } of all(await lab.examples({ run }))) {
    const env = make(task);
    let { observation } = env.reset({ seed });
    expect(env.mission).toBe(mission);
    for (const step of steps) {
      expect(step.observation).toBe(observation.text);
      ({ observation } = env.step(step.played));
    }
    expect(env.terminated || env.truncated).toBe(true);
  }
});

test("of a demonstration the action is the expert's, not what the model answered", async () => {
  const { train, found } = await lab.examples({ run: demonstrated });
  expect(found).toBe(4);
  let others = 0;
  for (const episode of train) {
    const { task, seed, steps, isDemonstration, success } = episode;
    expect([isDemonstration, success]).toEqual([true, null]);
    const made = [...episode.examples()];
    const expert = solve(task, seed);
    expect(made.map(({ action }) => action)).toEqual(expert);
    expect(steps.map(({ played }) => played)).toEqual(expert);
    expect(made.map(({ completion }) => parseAnswer(completion[0].content).action)).toEqual(expert);
    others += steps.filter(({ answered }, i) => answered.action !== expert?.[i]).length;
  }
  expect(others).toBeGreaterThan(0);
  expect(countExamples(train)).toBe(train.flatMap(({ steps }) => steps).length);
});

test("where the variant played, history is what it did, and the action still the expert's", async () => {
  const options = { variant: "random", play: "variant", tasks: [pickup], episodes: 1 } as const;
  const { id } = await lab.demonstrate(options);
  const [episode] = (await lab.examples({ run: id, render: "mumbler" })).train;
  const { steps } = episode!;
  const env = make(pickup);
  let { observation } = env.reset({ seed: episode!.seed });
  for (const { observation: seen, played, answered } of steps) {
    expect([seen, played]).toEqual([observation.text, answered.action]);
    ({ observation } = env.step(played));
  }
  expect(steps.some(({ played, demonstrated }) => played !== demonstrated)).toBe(true);
  const made = [...episode!.examples()];
  expect(made.map(({ action }) => action)).toEqual(steps.map(({ demonstrated }) => demonstrated));
  expect(made.at(-1)?.prompt[1]?.content).toContain(`You did: ${steps.at(-2)!.played}\n\nCurrent`);
});

test("any variant's templates render them again, with a window of its own", async () => {
  const [episode] = (await lab.examples({ run: demonstrated, render: "mumbler", historyLength: 2 }))
    .train;
  const made = [...episode!.examples()];
  expect(made.at(-1)?.prompt[1]?.content).toContain(`Turn ${made.length - 1}. You saw:`);
  expect(made.at(-1)?.prompt[1]?.content).not.toContain("Turn 1. ");
  const [plain] = (await lab.examples({ run: demonstrated, render: "rule_based" })).train;
  expect([...plain!.examples()][0]!.prompt[1]?.content).not.toContain("Turn");
  const [chat] = (await lab.examples({ run: demonstrated, render: "balrog_like_naive" })).train;
  const [, second] = [...chat!.examples()];
  expect(second!.prompt.at(-2)).toEqual({ role: "assistant", content: chat!.steps[0]!.played });
  expect(second!.completion[0].content).toBe(second!.action);
  const [thinks] = (await lab.examples({ run: demonstrated, render: "reasoning" })).train;
  expect(() => [...thinks!.examples()]).toThrow("reasoning thinks before it acts, and step 0");
  const where = { variant: "rule_based_balrog_like_cot" };
  const [thought] = (await lab.examples({ run, where, render: "reasoning" })).train;
  const [example] = [...thought!.examples()];
  expect(parseAnswer(example!.completion[0].content)).toMatchObject({
    action: example!.action,
    thinking: thought!.steps[0]!.answered.thinking,
  });
});

test("in hindsight an episode teaches each mission that it fulfilled, as if it had gone there straight", async () => {
  const played = new Map(
    all(await lab.examples({ run })).map((episode) => [episode.episode_id, episode]),
  );
  const { train, found } = await lab.examples({ run, hindsight: true, render: "mumbler" });
  expect(found).toBe(30);
  for (const { episode_id, task, seed, mission, steps, ...episode } of train) {
    const stored = played.get(episode_id)!.steps;
    const all = stored.map((step) => step.played);
    const fulfilled = hindsight(task, seed, all).find((it) => it.mission.surface() === mission)!;
    const env = make(task);
    let { observation } = env.reset({ seed, mission: fulfilled.mission });
    for (const step of steps) {
      expect([env.terminated, step.observation]).toEqual([false, observation.text]);
      ({ observation } = env.step(step.played));
    }
    expect([env.reward > 0, episode.success]).toEqual([true, true]);
    expect(episode.episode_return).toBe(env.reward);
    const ids = steps.map(({ inference_id }) => inference_id);
    expect(stored.map((it) => it.inference_id).filter((id) => ids.includes(id))).toEqual(ids);
    const made = [...episode.examples()];
    expect(made.map(({ action }) => action)).toEqual(steps.map((step) => step.played));
    for (const { prompt } of made) expect(promptTexts(prompt).mission).toBe(mission);
  }
  // Of the solved ones the mission that was given is among them, and there are others.
  const where = { success: true };
  const solved = all(await lab.examples({ run, where }));
  const again = all(await lab.examples({ run, where, hindsight: true, render: "mumbler" }));
  for (const { episode_id, mission } of solved.filter(({ steps }) => steps.length > 2))
    expect(again.filter((it) => it.episode_id === episode_id).map((it) => it.mission)).toContain(
      mission,
    );
  expect(train.length).toBeGreaterThan(again.length);
  expect(again.length).toBeGreaterThan(solved.length);
  const [thinks] = (await lab.examples({ run, hindsight: true, render: "reasoning" })).train;
  expect(() => [...thinks!.examples()]).toThrow("no thinking to learn from");
});

test("where: each condition lets those pass that it says", async () => {
  const rows = await lab.episodes({ run });
  const chosen = async (where: ExamplesOptions["where"]) =>
    all(await lab.examples({ run, where })).map(keyOf);
  const having = (test: (row: (typeof rows)[number]) => boolean) =>
    rows.filter(test).map(({ variant, task, seed }) => `${variant} ${task} ${seed}`);
  expect(await chosen({ success: true })).toEqual(having((row) => row.success === true));
  expect(await chosen({ success: false })).toEqual(having((row) => row.success === false));
  expect(await chosen({ minReturn: 0.9 })).toEqual(having((row) => row.episode_return! >= 0.9));
  expect(await chosen({ noInvalidAnswers: true })).toEqual(
    having((row) => row.invalid_actions === 0),
  );
  const expert = ({ task, seed }: { task: string; seed: number }) => solve(task, seed)!.length;
  expect(await chosen({ stepsAboveExpert: 2, variant: "mumbler" })).toEqual(
    having(
      (row) => row.variant === "mumbler" && row.success! && row.episode_length! <= expert(row) + 2,
    ),
  );
  expect(await chosen({ task: [pickup], variant: ["random", "mumbler"] })).toEqual(
    having(({ task, variant }) => task === pickup && !variant.startsWith("rule")),
  );
  expect(await chosen({ task: "pickup" })).toEqual(await chosen({ task: pickup }));
  const both = { run: [run, demonstrated] };
  const count = async (where: ExamplesOptions["where"]) =>
    all(await lab.examples({ ...both, where })).filter((it) => it.isDemonstration).length;
  expect(await count({ demonstrations: true })).toBe(4);
  expect(await count({ demonstrations: false })).toBe(0);
  // They have no outcome.
  expect(await count({ success: true, minReturn: 1, stepsAboveExpert: 0 })).toBe(4);
});

test("a split keeps each world on one side, the same each time and whatever else is stored", async () => {
  const split = { valFraction: 0.4, seed: 7 };
  const { train, validation } = await lab.examples({ run: [run, demonstrated], split });
  const worlds = (side: ExampleEpisode[]) =>
    new Set(side.map(({ task, seed }) => `${task} ${seed}`));
  const aside = worlds(validation);
  expect([...worlds(train)].filter((world) => aside.has(world))).toEqual([]);
  expect(train.length + validation.length).toBe(34);
  expect(validation.length).toBeGreaterThan(0);
  const part = await lab.examples({ run, where: { variant: "random" }, split });
  const expected = validation.filter(({ variant }) => variant === "random");
  expect(part.validation.map(keyOf)).toEqual(expected.map(keyOf));
  const other = await lab.examples({ run: [run, demonstrated], split: { valFraction: 0.4 } });
  expect(worlds(other.validation)).not.toEqual(aside);
});

test("what is not there, or cannot be, is refused with what was meant", async () => {
  const meant = (name: string) => `Did you mean ${JSON.stringify(name)}`;
  expect(await refused({ run: run.replace(/.$/, "") })).toContain(meant(run));
  expect(await refused({ run: [] })).toContain("run is []: it must be the id");
  for (const wrong of [undefined, 5, [run, null], ""])
    expect(await refused({ run: wrong as never })).toContain("it must be the id of a run");
  for (const nothing of [undefined, null, run])
    expect(await refused(nothing as never)).toContain("it must be an object with run, where,");
  expect(await refused({ run, renders: "rule_based" } as never)).toContain(meant("render"));
  expect(await refused({ run, hindsight: 1 } as never)).toContain("hindsight is 1");
  const seeds = { valFraction: 0.5, seeds: 1 };
  expect(await refused({ run, split: seeds })).toContain(meant("seed"));
  expect(await refused({ run, split: null as never })).toContain("split is given null");
  expect(await refused({ run, render: "rule_basd" })).toContain(meant("rule_based"));
  expect(await refused({ run, render: "balrog_like_few_shot" })).toContain("another episode");
  expect(await refused({ run, where: { variant: "mumblr" } })).toContain(meant("mumbler"));
  expect(await refused({ run, where: { task: goto.replace("ai", "") } })).toContain(meant(goto));
  expect(await refused({ run, where: { task: "test" } })).toContain('no "test"');
  const typo = { sucess: true } as unknown as ExamplesOptions["where"];
  expect(await refused({ run, where: typo })).toContain(meant("success"));
  const text = { success: "yes" } as unknown as ExamplesOptions["where"];
  expect(await refused({ run, where: text })).toContain('where.success is "yes"');
  expect(await refused({ run, where: { minReturn: 2 } })).toContain("from 0 to 1");
  expect(await refused({ run, where: { stepsAboveExpert: -1 } })).toContain("is -1");
  expect(await refused({ run, historyLength: -1 })).toContain("historyLength is -1");
  expect(await refused({ run, split: { valFraction: 1 } })).toContain("valFraction is 1");
  expect(await refused({ run, split: { valFraction: 0.5, seed: 0.5 } })).toContain("seed is 0.5");
  expect(await refused({ run, where: { minReturn: 1 } })).toContain("30 by where.minReturn");
  const one = { run: demonstrated, split: { valFraction: 1e-9 } };
  expect(await refused(one)).toContain("too few worlds");
});

test("the nearest example answers each prompt of its own as it was answered", async () => {
  const { train } = await lab.examples({ run: demonstrated, render: "mumbler" });
  const nearest = nearestExample(train);
  const signal = new AbortController().signal;
  const made = train.flatMap((episode) => [...episode.examples()]);
  for (const { prompt, completion } of made) {
    const same = made.filter(
      (other) => hashedWords(text(other.prompt)).join() === hashedWords(text(prompt)).join(),
    );
    const possible = same.map((other) => parseAnswer(other.completion[0].content).action);
    expect(possible).toContain(parseAnswer(String(await nearest(prompt, { signal }))).action);
    expect(possible).toContain(parseAnswer(completion[0].content).action);
  }
});

const text = (messages: readonly ChatMessage[]) =>
  messages.map(({ content }) => content).join("\n");
