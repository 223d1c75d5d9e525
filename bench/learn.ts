import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { make, tasks } from "babyai";
import type { ModelFunction } from "../lib/lab/src/agents/local/own-models";
import { randomAction } from "../lib/lab/src/agents/local/random";
import type { ChatMessage } from "../lib/lab/src/agents/local/reading/prompt";
import { studentModel } from "../lib/lab/src/agents/local/student-model";
import { parseAnswer } from "../lib/lab/src/agents/parse";
import { actArguments, type PastTurn } from "../lib/lab/src/agents/prompt";
import { at } from "../lib/lab/src/basics/at";
import type { LearningPoint } from "../lib/lab/src/charts/learning";
import { readVariants } from "../lib/lab/src/experiment/variants/variants";
import { openLab } from "../lib/lab/src/lab";
import { nearestExample } from "../lib/lab/src/learn/nearest";
import { trainStudent } from "../lib/lab/src/learn/student/train";

const root = join(__dirname, "..");
/** Demonstrated episodes, all tasks together. */
const SIZES = [50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const DEMONSTRATED = 100_000;
const HELD_OUT = { first: 1000, episodes: 100 };
/** Each training reads about so many episodes in all; the largest ones each of theirs eight times. */
const READ = 40_000;

type Answer = (messages: readonly ChatMessage[]) => string;

const variants = readVariants([join(root, "config", "tensorzero.toml")]);

/** By the templates of a variant. */
function promptOf(name: string) {
  const variant = variants.get(name);
  if (variant === undefined) throw new Error(`config/tensorzero.toml has no variant ${name}.`);
  return variant.prompt;
}

/** Plays held-out seeds with a variant's prompts, in process and without a gateway. Each learner answers the same prompt always alike. */
function evaluate(ask: Answer, variant = "student"): LearningPoint["tasks"] {
  const prompt = promptOf(variant);
  const answers = new Map<string, string>();
  const answer: Answer = (messages) => {
    const key = JSON.stringify(messages);
    const known = answers.get(key) ?? ask(messages);
    answers.set(key, known);
    return known;
  };
  return tasks.map((task) => {
    let solved = 0;
    for (let i = 0; i < HELD_OUT.episodes; i++) {
      const env = make(task);
      let { observation } = env.reset({ seed: HELD_OUT.first + i });
      const past: PastTurn[] = [];
      while (!env.terminated && !env.truncated) {
        const messages = prompt(actArguments(env.mission, observation.text, past, 8));
        const action = parseAnswer(answer(messages)).action ?? "go forward";
        past.push({ observation: observation.text, action });
        ({ observation } = env.step(action));
      }
      if (env.reward > 0) solved++;
    }
    return { solved, episodes: HELD_OUT.episodes };
  });
}

/** Trains on 50 to 10,000 demonstrated episodes and writes data/student/learning_curve.json. */
export async function run(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "learn-"));
  const begun = { at: performance.now(), cpu: process.cpuUsage() };
  const lab = await openLab({ project: root, gateway: "embedded", dataDir });
  try {
    const episodes = at(SIZES, SIZES.length - 1) / tasks.length;
    const made = await lab.demonstrate({ variant: "random", episodes, seed: DEMONSTRATED });
    // By seed: the first ones are of all tasks in equal numbers.
    const bySeed = async (render: string) => {
      const { train } = await lab.examples({ run: made.id, render });
      return train.sort((a, b) => a.seed - b.seed);
    };
    const train = await bySeed("student");
    // Without history, in which no two prompts are near each other.
    const short = await bySeed("rule_based");
    const points: LearningPoint[] = [];
    const chance = evaluate((messages) => JSON.stringify({ action: randomAction(messages) }));
    for (const size of SIZES) {
      const part = train.slice(0, size);
      const epochs = Math.max(8, Math.min(100, Math.round(READ / size)));
      const student = studentModel(await trainStudent(part, { epochs }));
      const asking = (model: ModelFunction) => (messages: readonly ChatMessage[]) =>
        model(messages, { signal: new AbortController().signal }) as string;
      const nearest = nearestExample(short.slice(0, size));
      points.push(
        { learner: "student", x: size, tasks: evaluate(asking(student)) },
        { learner: "nearest example", x: size, tasks: evaluate(asking(nearest), "rule_based") },
      );
      points.push({ learner: "random", x: size, tasks: chance });
      for (const { learner, tasks } of points.slice(-3))
        console.log(size, learner.padEnd(16), tasks.map(({ solved }) => solved).join(" "));
    }
    const { user, system } = process.cpuUsage(begun.cpu);
    const provenance = {
      command: "npm run bench -- learn",
      node: process.version,
      cores: availableParallelism(),
      seconds: Math.round((performance.now() - begun.at) / 1000),
      cpuSeconds: Math.round((user + system) / 1e6),
      demonstrations: `seeds ${DEMONSTRATED} to ${DEMONSTRATED + episodes - 1} of the five tasks`,
      evaluated: `seeds ${HELD_OUT.first} to ${HELD_OUT.first + HELD_OUT.episodes - 1} of the five tasks`,
    };
    const path = join(root, "data", "student", "learning_curve.json");
    const lines = points.map((point) => `    ${JSON.stringify(point)}`).join(",\n");
    writeFileSync(
      path,
      `{\n  "provenance": ${JSON.stringify(provenance)},\n  "points": [\n${lines}\n  ]\n}\n`,
    );
  } finally {
    await lab.close();
    rmSync(dataDir, { recursive: true });
  }
}
