import { taskOrder } from "../analysis/order";
import { isFinished } from "../analysis/outcome";
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
