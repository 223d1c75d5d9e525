import { taskOrder } from "../analysis/order";
import { isFinished } from "../analysis/outcome";
import { type Summary, summarize } from "../analysis/summary";
import type { EpisodeRow } from "../queries/episodes";

/** Name of the expert in charts. */
export const EXPERT = "expert with full state (a planner, not an LLM)";

/** What was run: "BabyAI-MixedTrainLocal-v0: goto, open × seeds 200–219". */
export function scope(rows: readonly EpisodeRow[]): string {
  const tasks = taskOrder(rows);
  const seeds = [...new Set(rows.map((row) => row.seed))].sort((a, b) => a - b);
  return `${taskList(tasks)} × ${seedList(seeds)}`;
}

/**
 * "Unfinished: 24 of 100 episodes ended, 2 of them failed.", or where all have ended how many failed; null when every row
 * has an outcome. What the charts then show are bounds.
 */
export function unfinishedNote(rows: readonly EpisodeRow[]): string | null {
  const finished = rows.filter(isFinished).length;
  if (finished === rows.length) return null;
  const failed = rows.filter((row) => row.error !== null).length;
  const ended = finished + failed;
  const all = `${group(rows.length)} episodes`;
  if (ended === rows.length) return `${group(failed)} of ${all} failed.`;
  return `Unfinished: ${group(ended)} of ${all} ended${failed > 0 ? `, ${group(failed)} of them failed` : ""}.`;
}

/**
 * "82", and where tasks have unequal numbers of episodes "82, effective 35.7": as many in equal numbers tell as much. Where some
 * have no outcome "80, effective 35.7 of 82".
 */
export function sizeLabel(n: number, sizes: Sizes): string {
  if (!isUneven(sizes)) return group(n);
  const { episodes, effective_episodes } = sizes;
  return n < episodes
    ? `${group(n)}, ${effective(sizes)}`
    : `${group(n)}, effective ${group(effective_episodes, 1)}`;
}

/** "Tasks have unequal numbers of episodes: history effective 35.7 of 82."; null where they have not. */
export function unevenNote(rows: readonly EpisodeRow[]): string | null {
  const uneven = summarize(rows).filter(isUneven);
  if (uneven.length === 0) return null;
  const sizes = uneven.map((summary) => `${summary.variant} ${effective(summary)}`);
  return `Tasks have unequal numbers of episodes: ${sizes.join(", ")}.`;
}

type Sizes = Pick<Summary, "episodes" | "effective_episodes">;

function isUneven({ episodes, effective_episodes }: Sizes): boolean {
  return effective_episodes < episodes;
}

function effective({ episodes, effective_episodes }: Sizes): string {
  return `effective ${group(effective_episodes, 1)} of ${group(episodes)}`;
}

/** What an estimate without a mean shows in its place: "12.0–90.0 %", "at least 2,345", or null when nothing bounds it. */
export function rangeLabel(
  { least, most }: { least: number | null; most: number | null },
  format: (value: number) => string,
  unit = "",
): string | null {
  if (least === null) return null;
  return most === null
    ? `at least ${format(least)}${unit}`
    : `${format(least)}–${format(most)}${unit}`;
}

/** "goto" of "BabyAI-MixedTrainLocal-v0/goto". */
export function shortTask(task: string): string {
  return task.slice(task.indexOf("/") + 1);
}

/** 21100 as "21,100"; not toLocaleString, which differs between machines. */
export function group(value: number, digits = 0): string {
  const rounded = value.toFixed(digits);
  const sign = Number(rounded) < 0 ? "−" : "";
  const [whole, fraction] = rounded.replace("-", "").split(".");
  const grouped = sign + whole!.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function taskList(tasks: readonly string[]): string {
  const environments = new Set(tasks.map((task) => task.slice(0, Math.max(0, task.indexOf("/")))));
  const [environment] = environments;
  if (environments.size > 1 || tasks.length > 6) return `${tasks.length} tasks`;
  const names = tasks.map(shortTask).join(", ");
  return environment ? `${environment}: ${names}` : names;
}

function seedList(seeds: readonly number[]): string {
  const first = seeds[0]!;
  const last = seeds.at(-1)!;
  if (seeds.length === 1) return `seed ${first}`;
  return last - first === seeds.length - 1
    ? `seeds ${first}–${last}`
    : `${group(seeds.length)} seeds between ${first} and ${last}`;
}
