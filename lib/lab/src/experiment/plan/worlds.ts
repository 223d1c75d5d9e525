import { plural } from "embedded-gateway";
import { groupBy } from "../../basics/group-by";
import type { World } from "../../queries/runs/run-state";

/** A run's worlds: the seeds of each task. */
export type Worlds = ReadonlyMap<string, readonly number[]>;

/** The same seeds, counting up, on each task. */
export interface Grid {
  tasks: readonly string[];
  /** The first. */
  seed: number;
  /** How many a task. */
  episodes: number;
}

export function worldsOfGrid({ tasks, seed, episodes }: Grid): Worlds {
  const seeds = Array.from({ length: episodes }, (_, i) => seed + i);
  return new Map(tasks.map((task) => [task, seeds]));
}

/** @param list none of it twice */
export function worldsOf(list: Iterable<World>): Worlds {
  const byTask = groupBy(list, ({ task }) => task);
  return new Map([...byTask].map(([task, own]) => [task, own.map(({ seed }) => seed)]));
}

/** All of `before`, and after them those of `more` that are not among them. */
export function together(before: Worlds, more: Worlds): Worlds {
  const tasks = [...new Set([...before.keys(), ...more.keys()])];
  const seedsOf = (task: string) => [...(before.get(task) ?? []), ...(more.get(task) ?? [])];
  return new Map(tasks.map((task) => [task, [...new Set(seedsOf(task))]]));
}

/** Those of `worlds` that `others` has not. */
export function without(worlds: Worlds, others: Worlds): Worlds {
  const rest = [...worlds].map(([task, seeds]) => {
    const had = new Set(others.get(task));
    return [task, seeds.filter((seed) => !had.has(seed))] as const;
  });
  return new Map(rest.filter(([, seeds]) => seeds.length > 0));
}

export function countOf(worlds: Worlds): number {
  return [...worlds.values()].reduce((sum, seeds) => sum + seeds.length, 0);
}

/** The tasks in turn: the first seed of each, then the second of each, and so on. */
export function* inTurn(worlds: Worlds): Generator<World> {
  const most = Math.max(0, ...[...worlds.values()].map((seeds) => seeds.length));
  for (let i = 0; i < most; i++) {
    for (const [task, seeds] of worlds) {
      const seed = seeds[i];
      if (seed !== undefined) yield { task, seed };
    }
  }
}

/** Null: the worlds are a list of another kind. */
export function gridOf(worlds: Worlds): Grid | null {
  const [first = []] = worlds.values();
  const grid = { tasks: [...worlds.keys()], seed: first[0] ?? 0, episodes: first.length };
  const isOne = [...worlds.values()].every(
    (seeds) => seeds.length === grid.episodes && seeds.every((seed, i) => seed === grid.seed + i),
  );
  return isOne ? grid : null;
}

/** As "5 tasks × seeds 200 to 219", or "50 worlds of 5 tasks". */
export function describeWorlds(worlds: Worlds): string {
  const tasks = plural(worlds.size, "task");
  const grid = gridOf(worlds);
  if (grid === null) return `${plural(countOf(worlds), "world")} of ${tasks}`;
  const { seed, episodes } = grid;
  return `${tasks} × ${episodes === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + episodes - 1}`}`;
}
