import type { EpisodeRow } from "../store/episodes";
import { solvedWithin } from "./solved";
import { proportion } from "./statistics";

const episode = (variant: string, length: number, success: boolean) =>
  ({
    variant,
    episode_length: length,
    success,
    episode_return: 0,
    error: null,
  }) as EpisodeRow;

test("the share solved within k steps rises where an episode was solved, and ends at the longest episode", () => {
  const rows = [
    episode("history", 5, true),
    episode("history", 5, true),
    episode("history", 9, true),
    episode("history", 64, false),
    episode("baseline", 128, false),
  ];
  expect(solvedWithin(rows)).toEqual([
    { variant: "baseline", step: 0, ...proportion(0, 1) },
    { variant: "baseline", step: 128, ...proportion(0, 1) },
    { variant: "history", step: 0, ...proportion(0, 4) },
    { variant: "history", step: 5, ...proportion(2, 4) },
    { variant: "history", step: 9, ...proportion(3, 4) },
    { variant: "history", step: 128, ...proportion(3, 4) },
  ]);
});

test("a failed episode is no unsolved one", () => {
  const failed = { ...episode("history", 3, true), success: null, error: "429" };
  expect(solvedWithin([failed])).toEqual([]);
});
