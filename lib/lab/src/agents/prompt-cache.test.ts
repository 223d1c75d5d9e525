import { join } from "node:path";
import { actions, make, tasks } from "babyai";
import { readVariants } from "../experiment/variants/variants";
import type { ChatMessage } from "./local/reading/prompt";
import { countUsage, tokenize } from "./local/tokens";
import { actArguments, type PastTurn } from "./prompt";

const config = join(__dirname, "../../../../config");
const variants = readVariants(
  ["tensorzero.toml", "models/gpt-4o-mini.toml", "examples/ollama.toml"].map((file) =>
    join(config, file),
  ),
);
const names = ["baseline", "reasoning", "history", "history_and_reasoning"] as const;

/** The chat messages of each turn of an episode of 48 steps, at which a model's episodes are long. */
function* episode(variant: string, task: string, seed: number): Generator<readonly ChatMessage[]> {
  const env = make(task);
  let { observation } = env.reset({ seed });
  const turns: PastTurn[] = [];
  for (let step = 0; step < 48; step++) {
    yield variants
      .get(variant)!
      .prompt(actArguments(observation.mission, observation.text, turns, 8));
    const action = actions[(step * step + seed) % 3]!; // turns and walks
    turns.push({ observation: observation.text, action });
    const next = env.step(action);
    observation = next.observation;
    if (next.terminated || next.truncated) return;
  }
}

const worlds = tasks.flatMap((task) => [200, 201, 202, 203].map((seed) => ({ task, seed })));

/** Share of the second prompt's tokens that a server which has just read the first need not read again. */
function share(pairs: Iterable<readonly [number[], number[]]>): number {
  let same = 0;
  let all = 0;
  for (const [before, after] of pairs) {
    const differing = after.findIndex((token, i) => token !== before[i]);
    same += differing < 0 ? after.length : differing;
    all += after.length;
  }
  return same / all;
}

async function tokensOf(messages: readonly ChatMessage[]): Promise<number[]> {
  const encode = await tokenize();
  return messages.flatMap(({ role, content }) => [-1, ...encode(role), -2, ...encode(content)]);
}

test.each(names)("%s: prompts begin alike, so that servers can cache them", async (variant) => {
  const turns: [number[], number[]][] = [];
  const episodes: [number[], number[]][] = [];
  let previous: number[] | undefined;
  for (const { task, seed } of worlds) {
    let before: number[] | undefined;
    for (const messages of episode(variant, task, seed)) {
      const tokens = await tokensOf(messages);
      if (before) turns.push([before, tokens]);
      else if (previous) episodes.push([previous, tokens]);
      if (!before) previous = tokens;
      before = tokens;
    }
  }
  expect(share(turns)).toBeGreaterThanOrEqual(0.85);
  expect(share(episodes)).toBeGreaterThanOrEqual(0.8);
});

test("compact shows the mission, the last action and the observation", () => {
  const { prompt } = variants.get("my-model_compact")!;
  const past = [
    { observation: "a red ball 1 step right", action: "turn left" },
    { observation: "", action: "turn right" },
  ];
  const said = (observation: string, turns: readonly PastTurn[]) =>
    prompt(actArguments("go to the red ball", observation, turns, 8)).map(({ content }) => content);
  const system =
    "Actions: turn left, turn right, go forward, pick up, drop, toggle. Mission: go to the red ball.";
  const seen = "a wall 1 step left\na red ball 3 steps forward";
  expect(said(seen, past)).toEqual([system, `You did: turn right\n${seen}`]);
  expect(said(seen, [])).toEqual([system, seen]);
  expect(said("", past.slice(0, 1))).toEqual([system, "You did: turn left\nnothing"]);
});

test("compact takes at most 66 tokens a turn on average, frame of the chat included", async () => {
  let sum = 0;
  let count = 0;
  for (const { task, seed } of worlds) {
    for (const messages of episode("my-model_compact", task, seed)) {
      sum += (await countUsage(messages, "")).prompt_tokens;
      count++;
    }
  }
  expect(sum / count).toBeLessThanOrEqual(66);
});
