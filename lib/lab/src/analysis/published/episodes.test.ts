import { make } from "babyai";
import { publishedEntries, publishedEpisodes } from "./episodes";

const episodes = publishedEntries().flatMap(publishedEpisodes);

test("every published BALROG episode ends here as it was published", () => {
  let steps = 0;
  const played = episodes.filter(({ actions }) => actions !== null);
  for (const { num_dists, task, seed, actions, ...published } of played) {
    const env = make(task, { numDists: num_dists });
    env.reset({ seed });
    let episodeReturn = 0;
    for (const action of actions ?? []) {
      if (env.terminated || env.truncated) break;
      episodeReturn += env.step(action ?? "go forward").reward;
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
