import { make } from "babyai";
import { playerHtml } from "../../replay/player";
import { replayPublished } from "../../replay/replay";
import { aboveExpert } from "../above-expert";
import { compareVariants } from "../compare";
import { withExpertSteps } from "../simulator";
import { PublishedEntryError, publishedEntries, publishedEpisodes } from "./episodes";

const episodes = publishedEntries().flatMap(publishedEpisodes);

test("every published BALROG episode ends here as it was published", () => {
  let steps = 0;
  const played = episodes.filter(({ actions }) => actions !== null);
  for (const { num_dists, task, seed, actions, success, episode_length, ...row } of played) {
    const env = make(task.split(" ")[0]!, { numDists: num_dists });
    env.reset({ seed });
    let episodeReturn = 0;
    for (const action of actions ?? []) {
      if (env.terminated || env.truncated) break;
      episodeReturn += env.step(action ?? "go forward").reward;
    }
    expect([row.run, task, seed, episodeReturn > 0, env.stepCount, episodeReturn]).toEqual([
      ...[row.run, task, seed, success, episode_length, row.episode_return],
    ]);
    expect(env.terminated || env.truncated).toBe(true);
    steps += env.stepCount;
  }
  expect([played.length, steps]).toEqual([1250, 68_007]);
});

test("beside the expert on the same worlds, as the leaderboard's best: 11.94 steps to 8.44", () => {
  const best = publishedEpisodes("LLM/20260221_naive_gemini-3.1-pro");
  const { above, expert_steps, solved } = aboveExpert(best)[0]!;
  expect(solved).toBe(50);
  expect(above.mean).toBeCloseTo(3.5, 9);
  expect(expert_steps.mean).toBeCloseTo(8.44, 9);
});

test("episodes with 8 distractors say so, and make no pair with others on the same seeds", () => {
  const distracted = publishedEpisodes("LLM/20241115_naive-Qwen2.5-7B-it");
  expect(distracted[0]).toMatchObject({
    variant: "naive-Qwen2.5-7B-it (8 distractors)",
    task: "BabyAI-MixedTrainLocal-v0/goto (8 distractors)",
    num_dists: 8,
  });
  const own = distracted.map((row) => ({ ...row, variant: "own", task: row.task.split(" ")[0]! }));
  expect(compareVariants([...distracted, ...own], "success")).toMatchObject([{ unpaired: 100 }]);
  expect(withExpertSteps(distracted).map(({ expert_steps }) => expert_steps)).toEqual(
    distracted.map(({ expert_steps }) => expert_steps),
  );
  expect(() => replayPublished(distracted[0]!)).toThrow(PublishedEntryError);
});

test("a published episode replays in the player, its invalid answers marked", () => {
  const episode = episodes.find(({ invalid_actions, actions }) => actions && invalid_actions)!;
  const replay = replayPublished(episode);
  expect(replay.frames).toHaveLength(episode.episode_length! + 1);
  expect(replay.mismatches).toEqual([]);
  const invalid = replay.frames.filter(({ patterns }) => patterns.includes("invalid answer"));
  expect(invalid).toHaveLength(episode.invalid_actions!);
  expect(playerHtml([replay])).toContain(`run ${episode.run}"`);
});
