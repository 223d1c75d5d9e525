import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type actions, Expert, make, tasks } from "babyai";
import {
  openAiLine,
  type TrainingRow,
  trainingRows,
  writeDataset,
  writeJsonl,
} from "../../export/training";
import { type Lab, openLab } from "../../lab";
import { countExamples, type Examples } from "../../learn/examples";
import { main } from "../../main";
import { root } from "../../project/root";
import { catchPrinted, printed } from "../testing/printed";

catchPrinted();

const folder = mkdtempSync(join(tmpdir(), "training-"));
let lab: Lab;
let examples: Examples;
let demonstrated: Examples;
let run: string;

beforeAll(async () => {
  lab = await openLab({ gateway: "embedded", dataDir: join(folder, "store") });
  const variants = ["random", "rule_based_history"];
  ({ id: run } = await lab.evaluate({ variants, tasks: tasks.slice(0, 2), episodes: 5 }));
  examples = await lab.examples({ run, render: "baseline", split: { valFraction: 0.3 } });
  const { id } = await lab.demonstrate({
    variant: "random",
    tasks: tasks.slice(0, 1),
    episodes: 2,
  });
  demonstrated = await lab.examples({ run: id, render: "baseline" });
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true });
});

const all = () => [...examples.train, ...examples.validation];
const actionIn = ([message]: TrainingRow["prompt"]) =>
  (JSON.parse(message!.content) as { action: (typeof actions)[number] }).action;

test("OpenAI's lines are the conversations, whole", async () => {
  const file = join(folder, "lines", "sft.jsonl");
  const count = await writeJsonl(file, trainingRows(all(), "sft", "expert"));
  expect(count).toBe(countExamples(all()));
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(count);
  const [first] = [...all()[0]!.examples()];
  expect(JSON.parse(lines[0]!)).toEqual({ messages: [...first!.prompt, ...first!.completion] });
  expect(first!.prompt.map(({ role }) => role)).toEqual(["system", "user"]);
});

test("a file that cannot be written whole is not there", async () => {
  const { train } = await lab.examples({ run, render: "reasoning" });
  const file = join(folder, "half.jsonl");
  await expect(writeJsonl(file, trainingRows(train, "sft", "expert"))).rejects.toThrow("thinks");
  expect(existsSync(file)).toBe(false);
});

/** The steps that the expert needs after some actions. */
function toGo(task: string, seed: number, before: readonly (typeof actions)[number][]): number {
  const env = make(task, { maxSteps: 1000 });
  env.reset({ seed });
  for (const action of before) env.step(action);
  const expert = new Expert(env);
  let steps = 0;
  for (; !env.terminated; steps++) env.step(expert.act());
  return steps;
}

test("the expert's action is preferred where the answer brings the end no nearer, and only there", () => {
  const pairs = [...trainingRows(all(), "dpo", "expert")];
  let seen = 0;
  for (const episode of all()) {
    const { task, seed, steps } = episode;
    const own = pairs.filter(({ episode_id }) => episode_id === episode.episode_id);
    for (const [step, { answered }] of steps.entries()) {
      const before = steps.slice(0, step).map(({ played }) => played);
      const left = toGo(task, seed, before);
      const isGood = toGo(task, seed, [...before, answered.action!]) < left;
      const pair = own.find((row) => row.step === step);
      expect(pair === undefined).toBe(isGood);
      if (pair === undefined || !("chosen" in pair)) continue;
      seen += 1;
      expect(actionIn(pair.rejected)).toBe(answered.action);
      expect(toGo(task, seed, [...before, actionIn(pair.chosen)])).toBe(left - 1);
      expect(pair.prompt[1]!.content).toContain(steps[step]!.observation);
    }
  }
  expect([seen, pairs.length]).toEqual([pairs.length, seen]);
  expect(seen).toBeGreaterThan(50);
});

test("of a demonstration the expert's action is preferred to what the model said", () => {
  const pairs = [...trainingRows(demonstrated.train, "dpo", "expert")];
  expect(pairs.length).toBeGreaterThan(0);
  for (const row of pairs) {
    const episode = demonstrated.train.find(({ episode_id }) => episode_id === row.episode_id)!;
    const { demonstrated: shown, answered } = episode.steps[row.step]!;
    expect("chosen" in row && [actionIn(row.chosen), actionIn(row.rejected)]).toEqual([
      shown,
      answered.action,
    ]);
  }
});

test("the better episode of a world is preferred where the two part", () => {
  const pairs = [...trainingRows(all(), "dpo", "better")];
  expect(pairs.length).toBeGreaterThan(5);
  for (const row of pairs) {
    const same = all().filter(({ task, seed }) => task === row.task && seed === row.seed);
    const worse = same.find(({ episode_id }) => episode_id === row.episode_id)!;
    const better = same.find(({ episode_id }) => episode_id !== row.episode_id)!;
    expect(better.episode_return!).toBeGreaterThan(worse.episode_return!);
    const played = (episode: typeof worse, to: number) =>
      episode.steps.slice(0, to).map((step) => step.played);
    expect(played(better, row.step)).toEqual(played(worse, row.step));
    expect("chosen" in row && [actionIn(row.chosen), actionIn(row.rejected)]).toEqual([
      better.steps[row.step]!.played,
      worse.steps[row.step]!.played,
    ]);
  }
});

test("a pair is a line in OpenAI's words", () => {
  const [row] = trainingRows(all(), "dpo", "expert");
  const line = JSON.parse(openAiLine(row!));
  expect(Object.keys(line)).toEqual(["input", "preferred_output", "non_preferred_output"]);
  expect(line.input).toEqual({ messages: row!.prompt, tools: [], parallel_tool_calls: true });
});

test("a data set has a card and Parquet; its rows are in order, with where they come from", async () => {
  const path = join(folder, "set");
  const counts = await writeDataset(lab.clickhouse, path, examples, {
    ...{ form: "sft", by: "expert", about: "`a test`" },
  });
  const { train, validation } = examples;
  expect(counts).toEqual({ train: countExamples(train), validation: countExamples(validation) });
  const card = readFileSync(join(path, "README.md"), "utf8");
  expect(card).toMatch(
    / {2}- split: validation\n {4}path: data\/validation-\w{16}\.parquet\n---\n/,
  );
  expect(card).toContain(`| train | ${train.length} | ${counts.train} |`);
  const [, name] = /path: (data\/train-\w{16}\.parquet)\n/.exec(card)!;
  const file = readFileSync(join(path, name!));
  expect(file.subarray(0, 4).toString()).toBe("PAR1");
});

// Python's side is a part of recipes/fine-tune, and tested where that is installed.
const python = join(root, "data", ".local", "fine-tune", "bin", "python");

(existsSync(python) ? test : test.skip)(
  "the readers of `datasets` and TRL see every row (skipped without recipes/fine-tune's Python)",
  async () => {
    const paths = ["sft", "other/sft", "dpo", "sft.jsonl", "dpo.jsonl"].map((name) =>
      join(folder, "read", name),
    );
    const [sft, other, dpo, sftLines, dpoLines] = paths as [string, string, string, string, string];
    const options = { by: "expert", about: "a test" } as const;
    const sftRows = await writeDataset(lab.clickhouse, sft, examples, { form: "sft", ...options });
    const otherRows = await writeDataset(lab.clickhouse, other, demonstrated, { form: "sft" });
    const dpoRows = await writeDataset(lab.clickhouse, dpo, examples, { form: "dpo", ...options });
    await writeJsonl(sftLines, trainingRows(examples.train, "sft", "expert"));
    await writeJsonl(dpoLines, trainingRows(examples.train, "dpo", "expert"));
    const env = { ...process.env, HF_HUB_OFFLINE: "1", HF_HOME: join(folder, "hub") };
    const script = join(root, "recipes", "fine-tune", "check.py");
    const seen = JSON.parse(
      execFileSync(python, [script, ...paths], { env, encoding: "utf8", maxBuffer: 2 ** 26 }),
    );
    expect(seen.sft.rows).toEqual(sftRows);
    expect(seen.other.rows).toEqual(otherRows);
    expect(seen.dpo.rows).toEqual(dpoRows);
    const rows = [...trainingRows(examples.train, "sft", "expert")];
    expect(seen.sft.first).toEqual(rows[0]);
    expect(seen.dpo.first).toEqual(trainingRows(examples.train, "dpo", "expert").next().value);
    expect(seen.sft_lines).toEqual(
      rows.map((row) => [...row.prompt, ...("completion" in row ? row.completion : [])]),
    );
    expect(seen.dpo_lines).toBe(dpoRows.train);
  },
  120_000,
);

test.each([
  [["--episode", "3"], "Unknown option '--episode'"],
  [["--episodes", "many"], "--episodes is many: it must be a whole number"],
  [["--seeds", "0"], "--seeds is 0: it must be a whole number"],
  [["--where", "success=true"], "--where is success=true: it must be JSON"],
  [["--corrected", "random"], "--corrected is random: it must be a variant and a number"],
  [["--corrected", "random=0"], "--corrected is random=0: it must be a variant and a number"],
  [["--prompt", "history"], "--prompt is history: it must be compact or compact_history"],
  [["--onto", "nowhere"], "--onto is nowhere: there is no tuned model in it"],
  [["stray", "--", "--lora_r", "8"], "Unexpected argument 'stray'"],
])("recipes/fine-tune refuses %j before it installs or trains anything", (args, message) => {
  const script = join(root, "recipes", "fine-tune", "tune.mjs");
  const work = join(folder, "work");
  const { status, stderr } = spawnSync(process.execPath, [script, "--work", work, ...args], {
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain(" at ");
  expect(existsSync(work)).toBe(false);
});

test("recipes/fine-tune finds again what it has demonstrated, and what it was stopped in begins anew", () => {
  const script = `
    import { noted } from ${JSON.stringify(pathToFileURL(join(root, "recipes", "fine-tune", "noted.mjs")).href)};
    const ask = (question, make) => noted(${JSON.stringify(join(folder, "demonstrated.json"))}, question, make);
    const told = [await ask([{ episodes: 24 }], async () => "a")];
    await ask([{ episodes: 2 }, "a"], async () => { throw new Error("stopped"); }).catch(({ message }) => told.push(message));
    for (const make of ["b", "c"]) for (const question of [[{ episodes: 24 }], [{ episodes: 2 }, "a"]])
      told.push(await ask(question, async () => make));
    console.log(told.join());`;
  const given = ["--input-type=module", "-e", script];
  const { stdout } = spawnSync(process.execPath, given, { encoding: "utf8" });
  expect(stdout).toBe("a,stopped,a,b,a,b\n");
});

test.each([
  [["out", "--format", "sft", "--where", "success"], "not of the form success=true"],
  [["out", "--format", "sft", "-w", "success=true", "-w", "success=false"], "given twice"],
  [["out.jsonl", "--format", "sft", "--val-fraction", "0.2"], "has no splits"],
  [["out.csv", "--format", "dpo"], "a folder's name has no ending"],
  [["out", "--format", "dpo", "--prefer", "mine"], "not expert or better"],
  [["out", "--format", "sft", "--prefer", "better"], "--prefer is for --format dpo"],
  [["out", "--format", "sft", "--val-fraction", "some"], "no number"],
  [["out", "--format", "sft", "--split-seed", "1"], "--split-seed is for --val-fraction"],
  [["out.csv", "--render", "baseline"], "--render is for --format sft or dpo"],
  [["out.csv", "-w", "success=true"], "--where is for --format sft or dpo"],
  [["out", "--format", "sft", "--variant", "random"], "give -w variant="],
  [["out.csv", "--run", "a,"], '--run is "a,", in which one is blank'],
  [["out", "--format", "sft", "--run", "a, ,b"], "in which one is blank"],
])("npm run export -- %j is refused: %s", async (args, message) => {
  expect(await main("export", args)).toBe(1);
  expect(printed.stderr).toContain(message);
});
