import type { Table } from "embedded-gateway";
import { readJson, textsOf } from "../../basics/json";
import { TAGGED_RUN } from "../../queries/runs/done";
import type { RunLabel, Settings } from "./settings";
import { countOf, describeWorlds, gridOf, type Worlds, without, worldsOfGrid } from "./worlds";

/** What decides a run's outcomes, as it is stored with the run: a resumed run must have the same, or more. Its label may change. */
export interface RunRecord {
  label: RunLabel;
  worlds: Worlds;
  historyLength: number;
  /** By name, in the run's order: the model, parameters and hashes of templates. */
  variants: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * A run cannot be resumed: it is unknown, or was played with other settings.
 *
 * @example
 * try {
 *   await lab.evaluate({ run: "20260101-000000-none" });
 * } catch (error) {
 *   error instanceof ResumeError; // true
 * }
 */
export class ResumeError extends Error {
  override readonly name = "ResumeError";
}

/** @param define a variant's definition, by its name */
export function recordOf(
  { label, variants, worlds, historyLength }: Settings,
  define: (variant: string) => Readonly<Record<string, string>>,
): RunRecord {
  return {
    label,
    worlds,
    historyLength,
    variants: Object.fromEntries(variants.map((name) => [name, define(name)])),
  };
}

/** A run's record as it is stored. */
export function writeRecord({ worlds, label, ...record }: RunRecord): string {
  const plan = gridOf(worlds) ?? { worlds: Object.fromEntries(worlds) };
  const own = Object.entries(label).filter(([, value]) => value !== null && value !== false);
  return JSON.stringify({ ...plan, ...record, ...TAGGED_RUN, ...Object.fromEntries(own) });
}

/** Whether a stored record is of a time when each `success` has the tag by which a shard finds it. */
export function isTagged(text: string): boolean {
  return (JSON.parse(text) as Partial<typeof TAGGED_RUN>).done === TAGGED_RUN.done;
}

/**
 * A run's record as the store has it.
 *
 * @throws ResumeError it is none; the message names key, value and what is valid
 */
export function readRecord(text: string, run: string): RunRecord {
  return readJson(text, `The settings of run ${run} in the store`, ResumeError, (table) => ({
    label: {
      name: table.string("name") ?? null,
      note: table.string("note") ?? null,
      helper: table.boolean("helper") ?? false,
    },
    worlds: readWorlds(table),
    historyLength: table.integer("historyLength") ?? table.missing("historyLength"),
    variants: Object.fromEntries(
      [...table.tables("variants")].map(([name, variant]) => [name, textsOf(variant)]),
    ),
  }));
}

function readWorlds(table: Table): Worlds {
  const list = table.table("worlds");
  if (list === undefined) {
    return worldsOfGrid({
      tasks: table.strings("tasks") ?? table.missing("tasks"),
      seed: table.integer("seed") ?? table.missing("seed"),
      episodes: table.integer("episodes") ?? table.missing("episodes"),
    });
  }
  const seedsOf = (task: string) => {
    const seeds = list.raw(task);
    return Array.isArray(seeds) && seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)
      ? seeds
      : list.fail(task, `is ${JSON.stringify(seeds)}; it must be a list of seeds`);
  };
  return new Map(list.keys().map((task) => [task, seedsOf(task)]));
}

/** One line for each thing that was and is no more, such as "historyLength was 8, is 4". More variants and worlds are no difference. */
export function differences(stored: RunRecord, asked: RunRecord): string[] {
  const before = stored.variants;
  const after = asked.variants;
  const gone = Object.keys(before).filter((name) => after[name] === undefined);
  const lost = without(stored.worlds, asked.worlds);
  const lengthOf = ({ historyLength }: RunRecord) => ({ historyLength: String(historyLength) });
  return [
    ...(countOf(lost) > 0
      ? [`${describeWorlds(lost)} of its ${describeWorlds(stored.worlds)} left out`]
      : []),
    ...compare("", lengthOf(stored), lengthOf(asked)),
    ...(gone.length > 0 ? [`variants left out: ${gone.join(", ")}`] : []),
    ...Object.keys(before)
      .filter((name) => after[name] !== undefined)
      .flatMap((name) => compare(`${name}'s `, before[name] ?? {}, after[name] ?? {})),
  ];
}

type Texts = Readonly<Record<string, string>>;

function compare(owner: string, before: Texts, after: Texts): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => before[key] !== after[key])
    .map((key) => `${owner}${key} was ${before[key] ?? "not set"}, is ${after[key] ?? "not set"}`);
}
