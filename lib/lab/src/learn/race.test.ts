import { tasks } from "babyai";
import { compareVariants } from "../analysis/compare";
import { AnalysisError } from "../analysis/statistics/errors";
import type { EpisodeRow } from "../queries/episodes";
import { type RaceOptions, type RaceRow, race } from "./race";
import { randomNumbers } from "./student/plan";

/** Outcomes of prompts that solve a world with a known chance; in half of the worlds the same luck meets all. */
function simulator(chances: Readonly<Record<string, number>>, trial: number): RaceOptions["play"] {
  return async (candidates, worlds) =>
    worlds.flatMap(({ task, seed }) => {
      const draw = randomNumbers(trial * 7919 + seed * 31);
      const [isShared, shared] = [draw() < 0.5, draw()];
      const luck = Object.keys(chances).map(() => (isShared ? shared : draw()));
      return candidates.map((variant): RaceRow => {
        const i = Object.keys(chances).indexOf(variant);
        const chance = (chances[variant] ?? 0) + 0.1 * (2 - tasks.indexOf(task)); // tasks differ
        return { variant, task, seed, success: (luck[i] ?? 0) < chance };
      });
    });
}

const episode = (row: RaceRow): EpisodeRow => ({
  ...{ ...row, run: "run", episode_id: `${row.variant}-${row.task}-${row.seed}`, error: null },
  ...{
    episode_return: Number(row.success),
    progression: null,
    episode_length: 1,
    invalid_actions: 0,
  },
  ...{ input_tokens: 0, output_tokens: 0, cached_input_tokens: 0, inferences: 1 },
});

const chances = { baseline: 0.4, a: 0.3, b: 0.4, c: 0.45, best: 0.65, d: 0.35 };
const candidates = Object.keys(chances);
const given = { candidates, tasks, seed: 300_000, episodes: 40 };

test("a planted best prompt is found in at least 19 of 20 searches, most of which end early", async () => {
  const found = [];
  for (let trial = 0; trial < 20; trial++)
    found.push(await race({ ...given, play: simulator(chances, trial) }));
  expect(found.filter(({ winner }) => winner === "best").length).toBeGreaterThanOrEqual(19);
  expect(found.filter(({ episodes }) => episodes < 40).length).toBeGreaterThanOrEqual(12);
  for (const { left, dropped, winner, points, episodes, nextSeed } of found) {
    const all = [...left, ...dropped.map(({ candidate }) => candidate)];
    expect(all.sort()).toEqual([...candidates].sort());
    expect([left[0], nextSeed]).toEqual([winner, 300_000 + 5 * episodes]);
    const last = points.findLast(({ learner }) => learner === winner);
    expect(last?.x).toBe(episodes);
    expect(last?.tasks.map((task) => task.episodes)).toEqual(tasks.map(() => episodes));
  }
});

test("the best is dropped in at most 5 % of 200 races", async () => {
  let dropped = 0;
  const close = { a: 0.42, b: 0.4, best: 0.43 };
  for (let trial = 0; trial < 200; trial++) {
    const play = simulator(close, 1000 + trial);
    const options = { ...given, candidates: Object.keys(close), episodes: 20, block: 2 };
    const { left } = await race({ ...options, play });
    if (!left.includes("best")) dropped++;
  }
  expect(dropped).toBeLessThanOrEqual(10);
});

test("measured on fresh seeds, the winner's gain lies in its interval in at least 95 % of 200 searches; on those of the race it is flattered", async () => {
  let holds = 0;
  const flattery: number[] = [];
  const alike = { a: 0.42, baseline: 0.4, b: 0.44, c: 0.43, d: 0.41, e: 0.42 };
  const gainIn = (rows: readonly RaceRow[], winner: string) => {
    const [found] = compareVariants(
      rows.filter(({ variant }) => variant === "baseline" || variant === winner).map(episode),
      "success",
    );
    const { mean, low, high } = found!.difference;
    return found!.b === winner ? [mean!, low!, high!] : [-mean!, -high!, -low!];
  };
  for (let trial = 0; flattery.length < 200; trial++) {
    const play = simulator(alike, 5000 + trial);
    const raced: RaceRow[] = [];
    const { winner, nextSeed } = await race({
      ...{ ...given, candidates: Object.keys(alike), episodes: 10 },
      play: async (...asked) => {
        const rows = await play(...asked);
        raced.push(...rows);
        return rows;
      },
    });
    if (winner === "baseline") continue; // there is no gain to report
    const truth = alike[winner as keyof typeof alike] - alike.baseline;
    const worlds = tasks.flatMap((task, i) =>
      Array.from({ length: 20 }, (_, j) => ({ task, seed: nextSeed + 20 * i + j })),
    );
    const [, low = 0, high = 0] = gainIn(await play(["baseline", winner], worlds), winner);
    if (low <= truth && truth <= high) holds++;
    expect(high - low).toBeLessThan(0.5);
    flattery.push(gainIn(raced, winner)[0]! - truth);
  }
  expect(holds).toBeGreaterThanOrEqual(190);
  expect(flattery.reduce((a, b) => a + b) / flattery.length).toBeGreaterThan(0.03);
});

test("one candidate has won; of equal ones the first does", async () => {
  const play: RaceOptions["play"] = async (names, worlds) =>
    names.flatMap((variant) => worlds.map((world) => ({ ...world, variant, success: true })));
  const alone = await race({ ...given, candidates: ["a"], play });
  expect(alone).toMatchObject({ winner: "a", episodes: 0, nextSeed: 300_000 });
  const two = { ...given, candidates: ["b", "a"], episodes: 3, block: 2, play };
  expect(await race(two)).toMatchObject({
    ...{ winner: "b", left: ["b", "a"], dropped: [], episodes: 3, nextSeed: 300_015 },
    points: [{ x: 2 }, { x: 2 }, { x: 3 }, { x: 3 }],
  });
});

test("tasks go by their names, and what is none is left to who plays", async () => {
  const asked = new Set<string>();
  const play: RaceOptions["play"] = async (names, worlds) => {
    for (const { task } of worlds) asked.add(task);
    return names.flatMap((variant) =>
      worlds.map((world) => ({ ...world, variant, success: true })),
    );
  };
  await race({ ...given, tasks: ["pickup", "gotoo"], episodes: 1, play });
  expect([...asked]).toEqual([tasks[1], "gotoo"]);
});

test("what is wrong is refused", async () => {
  const refused = async (more: Partial<RaceOptions>) => {
    const play = simulator(chances, 1);
    const error = await race({ ...given, play, ...more }).catch((error) => error);
    expect(error).toBeInstanceOf(AnalysisError);
    return (error as Error).message;
  };
  expect(await refused({ candidates: ["a", "a"] })).toContain("candidates is");
  expect(await refused({ tasks: [] })).toContain("tasks is []: name some, each once");
  expect(await refused({ episodes: 0 })).toContain("episodes is 0: it must be a whole number");
  expect(await refused({ error: 1 })).toContain("error is 1");
  expect(await refused({ block: 0.5 })).toContain("block is 0.5");
  const lost = simulator(chances, 1);
  const play: RaceOptions["play"] = async (...asked) => (await lost(...asked)).slice(1);
  expect(await refused({ play })).toContain(`baseline has no outcome of ${tasks[0]}, seed 300000`);
});
