import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ActionName, actions, make, tasks } from "babyai";
import type { ChatMessage } from "../agents/local/reading/prompt";
import { readPrompt } from "../agents/local/reading/prompt";
import { decide } from "../agents/local/rule-based/rule-based";
import { type Lab, openLab } from "../lab";
import { root } from "../project/root";
import type { EpisodeRow } from "../queries/episodes";
import { balrogFiles, type ExportedFile } from "./balrog";
import { inspectLog } from "./inspect";
import { ExportError, finishedPart } from "./run";

const dataDir = mkdtempSync(join(tmpdir(), "lab-"));
const toml = join(dataDir, "jumper.toml");
const templates = join(root, "config", "functions", "act", "baseline");
writeFileSync(
  toml,
  `[functions.act.variants.jumper]
type = "chat_completion"
model = "jumper"
system_template = "${templates}/system.minijinja"
user_template = "${templates}/user.minijinja"
json_mode = "on"
`,
);
let lab: Lab;
let rows: EpisodeRow[];
let files: ExportedFile[];
const textOf = (path: string) => files.find((file) => file.path === path)!.text;

beforeAll(async () => {
  let asked = 0;
  const answer = (messages: readonly ChatMessage[]) =>
    asked++ % 7 === 0 ? 'a "jump",\nor two ˘' : JSON.stringify(decide(readPrompt(messages)));
  lab = await openLab({
    ...{ gateway: "embedded", dataDir: join(dataDir, "store"), models: { jumper: answer } },
    configPath: ["config/tensorzero.toml", toml],
  });
  const { id } = await lab.evaluate({ variants: ["jumper"], episodes: 10 });
  const played = await lab.episodes({ run: id });
  rows = [...played.map((row) => ({ ...row, variant: "random" })), ...played];
  files = await all(balrogFiles(lab.clickhouse, finishedPart(rows, "jumper")));
});
afterAll(async () => {
  await lab.close();
  rmSync(dataDir, { recursive: true });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Python's csv.reader with BALROG's dialect. */
function readCsv(text: string): string[][] {
  const lines: string[][] = [[""]];
  let isQuoted = false;
  const add = (character: string) => {
    const cells = lines.at(-1)!;
    cells.push(cells.pop()! + character);
  };
  for (let i = 0; i < text.length; i++) {
    const [character = "", next] = [text[i], text[i + 1]];
    if (character === "˘") add(text[++i]!);
    else if (isQuoted && character === '"' && next === '"') add(text[++i]!);
    else if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) add(character);
    else if (character === ",") lines.at(-1)!.push("");
    else if (character === "\r" && next === "\n") {
      i++;
      lines.push([""]);
    } else add(character);
  }
  lines.pop();
  return lines;
}

test("BALROG gets fifty logs with their steps, which replay: observation, reward and end", () => {
  const logs = files.filter(({ path }) => /_run_\d\d\.json$/.test(path));
  expect(logs).toHaveLength(50);
  let invalid = 0;
  for (const { path, text } of logs) {
    const log = JSON.parse(text);
    expect(path).toMatch(new RegExp(`^babyai/${log.task}/${log.task}_run_0\\d\\.json$`));
    const [header, ...steps] = readCsv(textOf(path.replace(/json$/, "csv")));
    expect(header).toEqual(["Step", "Action", "Reasoning", "Observation", "Reward", "Done"]);
    const env = make(log.task);
    expect(env.reset({ seed: log.seed }).observation.mission).toBe(log.mission);
    const failed: string[] = [];
    for (const [i, [step, action = "", , observation, reward, done]] of steps.entries()) {
      const isAction = actions.includes(action as ActionName);
      if (!isAction) failed.push(action);
      const result = env.step(isAction ? (action as ActionName) : "go forward");
      expect([Number(step), observation]).toEqual([i, result.observation.text]);
      expect(Number(reward)).toBe(result.reward);
      expect(done).toBe(result.terminated || result.truncated ? "True" : "False");
    }
    expect(env.terminated || env.truncated).toBe(true);
    expect(log).toMatchObject({ done: true, num_steps: env.stepCount, failed_candidates: failed });
    const counted = Object.values<number>(log.action_frequency);
    expect(counted.reduce((total, count) => total + count, 0)).toBe(env.stepCount);
    invalid += failed.length;
  }
  expect(invalid).toBe(sum("invalid_actions"));
  expect(invalid).toBeGreaterThan(0);
  expect(
    textOf("babyai/BabyAI-MixedTrainLocal-v0/goto/BabyAI-MixedTrainLocal-v0/goto_run_00.csv"),
  ).toContain(',"a ""jump"",\nor two ˘˘",');
});

type Column = "invalid_actions" | "episode_length" | "input_tokens" | "output_tokens";
interface Sample {
  messages: unknown[];
  scores: { success: { value: number } };
}

const sum = (column: Column) =>
  rows
    .filter(({ variant }) => variant === "jumper")
    .reduce((total, row) => total + (row[column] ?? 0), 0);

test("BALROG's summary has the lab's numbers, and nothing is there that would count as an episode", () => {
  const own = rows.filter(({ variant }) => variant === "jumper");
  const share = own.filter(({ success }) => success).length / 50;
  const summary = JSON.parse(textOf("babyai/babyai_summary.json"));
  expect(summary).toMatchObject({
    episodes_played: 50,
    progression_percentage: 100 * share,
    average_steps: sum("episode_length") / 50,
    input_tokens: sum("input_tokens"),
    output_tokens: sum("output_tokens"),
  });
  expect(summary.standard_error).toBeCloseTo(100 * Math.sqrt((share * (1 - share)) / 50), 9);
  expect(Object.keys(summary.tasks)).toEqual(tasks);
  expect(files.map(({ path }) => path).filter((path) => !path.includes("_run_"))).toEqual([
    "babyai/babyai_summary.json",
    "metadata.yaml",
  ]);
  expect(textOf("metadata.yaml")).toMatch(
    /^name: "jumper \(jumper\)"\n[\s\S]*\ndate: "\d{4}-\d\d-\d\d"\n$/,
  );
});

test("Inspect gets a sample for each episode, with scores and tokens", async () => {
  const own = rows.filter((row) => row.variant === "jumper" && row.task === tasks[0]);
  const total = (column: Column) => own.reduce((sum, row) => sum + (row[column] ?? 0), 0);
  const log = JSON.parse(await inspectLog(lab.clickhouse, finishedPart(own)));
  expect(log).toMatchObject({ version: 2, status: "success", results: { total_samples: 10 } });
  const usage = { input_tokens: total("input_tokens"), output_tokens: total("output_tokens") };
  expect(log.stats.model_usage.jumper).toMatchObject(usage);
  const successes = own.map(({ success }) => (success ? 1 : 0));
  expect(log.samples.map((sample: Sample) => sample.scores.success.value)).toEqual(successes);
  const steps = log.samples.map(({ messages }: Sample) => (messages.length - 1) / 2);
  expect(steps).toEqual(own.map(({ episode_length }) => episode_length));
});

test.each<[string, (rows: EpisodeRow[]) => EpisodeRow[], string | undefined, string]>([
  [
    "no variant is named and there are two",
    (all) => all,
    undefined,
    "--variant random or --variant jumper",
  ],
  [
    "the variant is not in the run",
    (all) => all,
    "jumpr",
    "has no variant jumpr. It has random, jumper",
  ],
  [
    "an episode has no outcome",
    ([first, ...others]) => [{ ...first!, success: null, episode_length: null }, ...others],
    undefined,
    "have no outcome",
  ],
  [
    "there are nine of a task",
    (all) => all.filter(({ seed }) => seed > 200),
    "random",
    "has 9 of the 10 episodes of",
  ],
  [
    "a task is none of BALROG's",
    (all) => all.map((row) => ({ ...row, task: "BabyAI-GoToObj-v0" })),
    "random",
    "BALROG has no task BabyAI-GoToObj-v0",
  ],
  [
    "the stored steps are of another world",
    (all) => all.map((row) => ({ ...row, seed: row.seed + 1 })),
    "random",
    "are not those of its world",
  ],
])("it is refused where %s", async (_, change, variant, message) => {
  const given =
    variant === undefined && message.includes("outcome")
      ? rows.filter((row) => row.variant === "random")
      : rows;
  const write = async () =>
    all(balrogFiles(lab.clickhouse, finishedPart(change([...given]), variant)));
  const error: unknown = await write().catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ExportError);
  expect(String(error)).toContain(message);
});
