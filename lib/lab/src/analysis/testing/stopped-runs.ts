import { make, Pcg64, tasks } from "babyai";
import type { EpisodeRow } from "../../queries/episodes";

/** A run that was stopped at a random moment, and the same one played to its end. */
export interface StoppedRun {
  /** As `lab.episodes` gives them after the stop: one for each planned episode. */
  stopped: EpisodeRow[];
  whole: EpisodeRow[];
  /** The policy's own chance of success and mean length and return, over all tasks. */
  truth: { success: number; episode_return: number; episode_length: number };
}

const SEEDS = 20;
const CONCURRENCY = 50;

/**
 * Draws policies and stops each one's run `stops` times. A policy has a chance of success on each of the five tasks and a
 * shape of the length that success takes, from early to late before the step limit of 64 or 128; without success it plays up
 * to the limit. Fifty episodes are played at a time, seed by seed, each at its own speed. At the stop what has ended is done,
 * what is under way is cut off, the rest is never begun. With `failures` an inference fails for good with a chance of up to 1 %.
 */
export function* stoppedRuns(options: {
  policies: number;
  stops: number;
  seed: number;
  failures?: boolean;
}): Generator<StoppedRun> {
  const random = new Pcg64(options.seed);
  const uniform = () => random.integers(0, 2 ** 32) / 2 ** 32;
  const worlds = Array.from({ length: SEEDS }, (_, i) => 200 + i).flatMap((seed) =>
    tasks.map((task) => ({ task, seed, limit: stepLimit(task, seed) })),
  );
  for (let policy = 0; policy < options.policies; policy++) {
    const skill = uniform();
    const shape = 0.5 + 3.5 * uniform();
    const hazard = options.failures ? 0.01 * uniform() : 0;
    const chance = new Map(tasks.map((task) => [task, clamp(skill + 0.4 * (uniform() - 0.5))]));
    const lengthOf = (u: number, limit: number) => 1 + Math.floor(limit * u ** shape);
    const meanLength = new Map(
      [...new Set(worlds.map(({ limit }) => limit))].map((limit) => {
        let total = 0;
        for (let i = 0; i < 1000; i++) total += lengthOf((i + 0.5) / 1000, limit);
        return [limit, total / 1000];
      }),
    );
    const truth = average(worlds, ({ task, limit }) => {
      const success = chance.get(task)!;
      const length = meanLength.get(limit)!;
      return {
        success,
        episode_return: success * (1 - (0.9 * length) / limit),
        episode_length: success * length + (1 - success) * limit,
      };
    });
    for (let stop = 0; stop < options.stops; stop++) {
      const free = Array.from({ length: CONCURRENCY }, () => 0);
      const played = worlds.map(({ task, seed, limit }) => {
        const success = uniform() < chance.get(task)!;
        const length = success ? lengthOf(uniform(), limit) : limit;
        const worker = free.indexOf(Math.min(...free));
        const begin = free[worker]!;
        const pace = 0.5 + 1.5 * uniform();
        const failsAt =
          hazard > 0 ? Math.floor(Math.log(1 - uniform()) / Math.log(1 - hazard)) : length;
        free[worker] = begin + pace * Math.min(length, failsAt);
        const row = finishedRow(task, seed, { success, length, limit });
        return { row, begin, pace, end: free[worker]!, length, failsAt };
      });
      const moment = uniform() * Math.max(...free);
      const stopped = played.map(({ row, begin, pace, end, length, failsAt }) => {
        const steps = Math.min(failsAt, Math.floor((moment - begin) / pace));
        if (end <= moment) return failsAt < length ? openRow(row, failsAt, "429") : row;
        return begin < moment ? openRow(row, steps) : { ...openRow(row, 0), episode_id: null };
      });
      yield { stopped, whole: played.map(({ row }) => row), truth };
    }
  }
}

function finishedRow(
  task: string,
  seed: number,
  { success, length, limit }: { success: boolean; length: number; limit: number },
): EpisodeRow {
  return {
    ...{ run: "run", variant: "policy", task, seed, episode_id: `${task} ${seed}` },
    ...{ success, progression: Number(success), episode_length: length, invalid_actions: 0 },
    episode_return: success ? 1 - (0.9 * length) / limit : 0,
    ...{ input_tokens: 100 * length, output_tokens: 10 * length, cached_input_tokens: 0 },
    ...{ inferences: length, error: null, step_limit: limit },
  };
}

function openRow(row: EpisodeRow, inferences: number, error: string | null = null): EpisodeRow {
  const outcome = { success: null, episode_return: null, progression: null, episode_length: null };
  const tokens = { input_tokens: 100 * inferences, output_tokens: 10 * inferences };
  return { ...row, ...outcome, ...tokens, invalid_actions: null, inferences, error };
}

function stepLimit(task: string, seed: number): number {
  const env = make(task);
  env.reset({ seed });
  return env.maxSteps;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function average<Item, Values extends Record<string, number>>(
  items: readonly Item[],
  of: (item: Item) => Values,
): Values {
  const values = items.map(of);
  const names = Object.keys(values[0]!);
  const meanOf = (name: string) =>
    values.reduce((sum, each) => sum + each[name]!, 0) / values.length;
  return Object.fromEntries(names.map((name) => [name, meanOf(name)])) as Values;
}
