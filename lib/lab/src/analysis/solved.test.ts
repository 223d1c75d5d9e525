import type { EpisodeRow } from "../queries/episodes";
import { solvedWithin } from "./solved";
import { proportion } from "./statistics/proportion";

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
  expect(solvedWithin(rows)).toMatchObject([
    { variant: "baseline", step: 0, ...proportion(0, 1) },
    { variant: "baseline", step: 128, ...proportion(0, 1) },
    { variant: "history", step: 0, ...proportion(0, 4) },
    { variant: "history", step: 5, ...proportion(2, 4) },
    { variant: "history", step: 9, ...proportion(3, 4) },
    { variant: "history", step: 128, ...proportion(3, 4) },
  ]);
});

test("an episode without an outcome may have been solved at any step from those it has played on", () => {
  const failed = { ...episode("history", 3, true), success: null, error: "429", inferences: 7 };
  const rows = [episode("history", 5, true), episode("history", 9, false), failed];
  const range = (least: number, most: number) => ({
    ...{ least: least / 3, most: most / 3, n: 2 },
    ...{ low: proportion(least, 3).low, high: proportion(most, 3).high },
  });
  expect(solvedWithin(rows)).toMatchObject([
    { step: 0, ...range(0, 0) },
    { step: 5, ...range(1, 1) },
    { step: 7, mean: null, ...range(1, 2) },
    { step: 9, mean: null, ...range(1, 2) },
  ]);
});
