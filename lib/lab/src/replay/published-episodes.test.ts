import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { make } from "babyai";
import { root } from "../project/root";

/** A line of data/published/balrog-episodes.jsonl.gz; see the README there. */
interface Line {
  entry: string;
  num_dists: number;
  task: string;
  seed: number;
  success: boolean;
  steps: number;
  episode_return: number;
  actions: string | null;
}

const path = join(root, "data", "published", "balrog-episodes.jsonl.gz");
const lines = gunzipSync(readFileSync(path)).toString().trim().split("\n");
const episodes = lines.map((line) => JSON.parse(line) as Line);

test("every published BALROG episode ends here as it was published", () => {
  let steps = 0;
  const played = episodes.filter(({ actions }) => actions !== null);
  for (const { num_dists, task, seed, actions, ...published } of played) {
    const env = make(`BabyAI-MixedTrainLocal-v0/${task}`, { numDists: num_dists });
    env.reset({ seed });
    let episodeReturn = 0;
    for (const action of actions ?? "") {
      if (env.terminated || env.truncated) break;
      episodeReturn += env.step(action === "x" ? "go forward" : Number(action)).reward;
    }
    const outcome = {
      success: episodeReturn > 0,
      steps: env.stepCount,
      episode_return: episodeReturn,
    };
    expect({ ...published, ...outcome, task, seed }).toEqual({ ...published, task, seed });
    expect(env.terminated || env.truncated).toBe(true);
    steps += env.stepCount;
  }
  expect([played.length, steps]).toEqual([1250, 68_007]);
});
