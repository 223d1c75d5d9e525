import { AnalysisError } from "../analysis/statistics/errors";
import { evidenceAbove } from "../analysis/statistics/sequential";
import { at } from "../basics/at";
import { groupBy } from "../basics/group-by";
import { taskIds } from "../basics/task-ids";
import type { EpisodeRow } from "../queries/episodes";
import type { World } from "../queries/runs/run-state";

/** What a race looks at of an episode. */
export type RaceRow = Pick<EpisodeRow, "variant" | "task" | "seed" | "success">;

export interface RaceOptions {
  /** Variants. Of those that end equal, the first wins. */
  candidates: readonly string[];
  /** As in `evaluate`. They weigh the same. */
  tasks: readonly string[];
  /** The first seed. Each world has one of its own, since worlds of one seed may be alike. */
  seed: number;
  /** The most episodes of each task. */
  episodes: number;
  /** Has these candidates play these worlds, and gives the episodes. */
  play(candidates: readonly string[], worlds: readonly World[]): Promise<readonly RaceRow[]>;
  /** Episodes of each task between two looks. Default 5. */
  block?: number;
  /** The probability, at most, that the best is dropped. Default 0.05. */
  error?: number;
}

export interface Race {
  winner: string;
  /** Those that were not dropped, the winner first. */
  left: string[];
  dropped: { candidate: string; by: string; episodes: number }[];
  /** Of each task, that were played. */
  episodes: number;
  /** Of all worlds, one behind the last that was played. */
  nextSeed: number;
  /** Success so far, at each look: for `learningChart`. */
  points: { learner: string; x: number; tasks: { solved: number; episodes: number }[] }[];
}

/**
 * Finds the candidate that solves the most, tasks weighted equally. All play the same worlds, some at a time; who is beaten is
 * dropped, and the race ends when one is left or all worlds have been played. How often the winner solved them is no estimate of how
 * good it is, since that decided who wins: measure it on other seeds.
 *
 * One beats another when the evidence of their differences, world by world, reaches (candidates − 1) / error: `evidenceAbove`, which
 * holds however often it is looked at. So the best of the candidates is dropped with a probability of at most `error`, worlds being
 * independent.
 *
 * @example
 * const play = async (variants: readonly string[], worlds: readonly { task: string; seed: number }[]) => {
 *   const { id } = await lab.evaluate({ variants, worlds });
 *   return lab.episodes({ run: id });
 * };
 * const tasks = ["BabyAI-GoToObj-v0"];
 * const { winner } = await race({ candidates: ["rule_based", "random"], tasks, seed: 1, episodes: 2, play });
 * @throws AnalysisError an option is wrong, or an episode has no outcome
 */
export async function race(options: RaceOptions): Promise<Race> {
  const { candidates, seed, episodes, play, block = 5, error = 0.05 } = options;
  const tasks = taskIds(options.tasks);
  checkOptions({ ...options, tasks, block, error });
  const race: Race = {
    ...{ winner: at(candidates, 0), left: [...candidates], dropped: [] },
    ...{ episodes: 0, nextSeed: seed, points: [] },
  };
  const worlds: World[] = [];
  const rows: RaceRow[] = [];
  while (race.left.length > 1 && race.episodes < episodes) {
    const more = Math.min(block, episodes - race.episodes);
    const next = tasks.flatMap((task) =>
      Array.from({ length: more }, () => ({ task, seed: race.nextSeed++ })),
    );
    rows.push(...(await play(race.left, next)));
    worlds.push(...next);
    race.episodes += more;
    const solved = new Map(race.left.map((name) => [name, solvedBy(name, rows, worlds)]));
    for (const [learner, own] of solved)
      race.points.push({ learner, x: race.episodes, tasks: countsOf(own, worlds) });
    const beats = ([, mine]: Solved, [, others]: Solved) => {
      const differences = mine.map((isSolved, i) => Number(isSolved) - Number(others[i]));
      return evidenceAbove(differences) >= (candidates.length - 1) / error;
    };
    for (const other of solved) {
      const by = [...solved].find((one) => one !== other && beats(one, other))?.[0];
      if (by !== undefined) race.dropped.push({ candidate: other[0], by, episodes: race.episodes });
    }
    const total = (name: string) => solved.get(name)?.filter(Boolean).length ?? 0;
    const isDropped = (name: string) => race.dropped.some(({ candidate }) => candidate === name);
    race.left = candidates.filter((name) => !isDropped(name)).sort((a, b) => total(b) - total(a));
    race.winner = at(race.left, 0);
  }
  return race;
}

/** A candidate, and of each world whether it solved it. */
type Solved = [name: string, worlds: boolean[]];

/** @throws AnalysisError an outcome is missing */
function solvedBy(name: string, rows: readonly RaceRow[], worlds: readonly World[]): boolean[] {
  const keyOf = ({ task, seed }: World) => `${seed} ${task}`;
  const own = rows.filter(({ variant }) => variant === name);
  const outcomes = new Map(own.map((row) => [keyOf(row), row.success]));
  return worlds.map((world) => {
    const success = outcomes.get(keyOf(world)) ?? null;
    if (success !== null) return success;
    throw new AnalysisError(
      `${name} has no outcome of ${world.task}, seed ${world.seed}, so it cannot be compared: have the run resumed that lacks it.`,
    );
  });
}

function countsOf(solved: readonly boolean[], worlds: readonly World[]) {
  const byTask = groupBy(worlds.keys(), (i) => at(worlds, i).task);
  return [...byTask.values()].map((own) => ({
    solved: own.filter((i) => solved[i]).length,
    episodes: own.length,
  }));
}

function checkOptions({ candidates, tasks, seed, episodes, block, error }: Required<RaceOptions>) {
  for (const [name, list] of Object.entries({ candidates, tasks }))
    if (list.length === 0 || new Set(list).size < list.length)
      throw new AnalysisError(`${name} is ${JSON.stringify(list)}: name some, each once.`);
  for (const [name, value, least] of [
    ["seed", seed, 0],
    ["episodes", episodes, 1],
    ["block", block, 1],
  ] as const)
    if (!Number.isSafeInteger(value) || value < least)
      throw new AnalysisError(`${name} is ${value}: it must be a whole number from ${least}.`);
  if (!(error > 0 && error < 1))
    throw new AnalysisError(`error is ${error}: it must be above 0 and below 1.`);
}
