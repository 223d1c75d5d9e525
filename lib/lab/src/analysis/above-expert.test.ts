import { make, solve, tasks } from "babyai";
import type { EpisodeRow } from "../queries/episodes";
import { aboveExpert, scoreAgainstExpert } from "./above-expert";
import { withExpertSteps } from "./simulator";
import { AnalysisError } from "./statistics/errors";

const [goto] = tasks as [string];

const episode = (variant: string, task: string, seed: number, steps: number, success = true) =>
  ({
    variant,
    task,
    seed,
    success,
    episode_return: 0,
    episode_length: steps,
    error: null,
  }) as EpisodeRow;

/** Fewest actions that lead to success: all sequences are tried, the shorter ones first. */
function shortest(task: string, seed: number): number {
  let sequences: number[][] = [[]];
  for (let length = 1; ; length++) {
    const longer: number[][] = [];
    for (const sequence of sequences) {
      for (const action of [0, 1, 2]) {
        const env = make(task);
        env.reset({ seed });
        for (const earlier of [...sequence, action]) env.step(earlier);
        if (env.reward > 0) return length;
        longer.push([...sequence, action]);
      }
    }
    sequences = longer;
  }
}

test("the steps of the expert are the fewest there are, as trying all shows", () => {
  const seeds = Array.from({ length: 60 }, (_, seed) => seed).filter(
    (seed) => solve(goto, seed)!.length <= 4,
  );
  expect(seeds.length).toBeGreaterThan(10);
  for (const seed of seeds) expect(solve(goto, seed)).toHaveLength(shortest(goto, seed));
});

test("an episode is scored by the expert's steps on its task and seed", () => {
  const best = solve(goto, 200)!.length;
  const scored = { variant: "a", task: goto, seed: 200, expert_steps: best };
  const rows = withExpertSteps([
    episode("a", goto, 200, best + 3),
    episode("a", goto, 200, 64, false),
  ]);
  expect(scoreAgainstExpert(rows)).toEqual([
    { ...scored, success: true, steps: best + 3, above: 3, path_efficiency: best / (best + 3) },
    { ...scored, success: false, steps: 64, above: null, path_efficiency: 0 },
  ]);
});

test("a variant's mean is over what it solved, its path-weighted success over all", () => {
  const [x, y, z] = [200, 201, 202].map((seed) => solve(goto, seed)!.length) as [
    number,
    number,
    number,
  ];
  const rows = [
    episode("rule_based", goto, 200, x),
    episode("rule_based", goto, 201, 2 * y),
    episode("rule_based", goto, 202, 64, false),
    episode("random", goto, 202, z + 10),
  ];
  const [random, ruleBased] = aboveExpert(withExpertSteps(rows));
  expect(random).toMatchObject({ variant: "random", episodes: 1, solved: 1, unscored: 0 });
  expect(random!.above.mean).toBe(10);
  expect(random!.spl.mean).toBeCloseTo(z / (z + 10), 12);
  expect(ruleBased).toMatchObject({ variant: "rule_based", episodes: 3, solved: 2, unscored: 0 });
  expect(ruleBased!.above).toMatchObject({ n: 2, mean: y / 2 });
  expect(ruleBased!.expert_steps.mean).toBe((x + y) / 2);
  expect(ruleBased!.spl).toMatchObject({ n: 3, mean: 0.5 });
});

test("episodes without an outcome leave a range; those that the expert cannot solve stay out", () => {
  const impossible = "BabyAI-GoToImpUnlock-v0";
  const failed = { ...episode("a", goto, 200, 5), success: null, error: "429" };
  const best = solve(goto, 201)!.length;
  expect(aboveExpert(withExpertSteps([failed, episode("a", goto, 201, best)]))).toMatchObject([
    {
      ...{ variant: "a", episodes: 1, solved: 1, unfinished: 1, above: { mean: null } },
      spl: { n: 1, mean: null, least: 0.5, most: 1 },
    },
  ]);
  expect(aboveExpert(withExpertSteps([episode("a", impossible, 6, 9, false)]))).toMatchObject([
    { variant: "a", episodes: 0, solved: 0, unscored: 1, above: { n: 0, mean: null } },
  ]);
});

test("rows without the expert's steps are refused", () => {
  const row = episode("a", goto, 200, 5);
  for (const score of [scoreAgainstExpert, aboveExpert]) {
    expect(() => score([row])).toThrow(AnalysisError);
    expect(() => score([row])).toThrow(
      `${goto}, seed 200, has no expert_steps: add them, withExpertSteps(rows).`,
    );
  }
});
