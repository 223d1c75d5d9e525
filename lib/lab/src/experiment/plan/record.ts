import { readJson, textsOf } from "../../basics/json";
import type { Settings } from "./settings";

/** What decides a run's outcomes, as it is stored with the run: a resumed run must have the same. */
export interface RunRecord {
  tasks: readonly string[];
  /** First seed, and how many count up from it. */
  seed: number;
  episodes: number;
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
  { variants, tasks, seeds, historyLength }: Settings,
  define: (variant: string) => Readonly<Record<string, string>>,
): RunRecord {
  return {
    tasks,
    seed: seeds[0] ?? 0,
    episodes: seeds.length,
    historyLength,
    variants: Object.fromEntries(variants.map((name) => [name, define(name)])),
  };
}

/**
 * A run's record as the store has it.
 *
 * @throws ResumeError it is none; the message names key, value and what is valid
 */
export function readRecord(text: string, run: string): RunRecord {
  return readJson(text, `The settings of run ${run} in the store`, ResumeError, (table) => ({
    tasks: table.strings("tasks") ?? table.missing("tasks"),
    seed: table.integer("seed") ?? table.missing("seed"),
    episodes: table.integer("episodes") ?? table.missing("episodes"),
    historyLength: table.integer("historyLength") ?? table.missing("historyLength"),
    variants: Object.fromEntries(
      [...table.tables("variants")].map(([name, variant]) => [name, textsOf(variant)]),
    ),
  }));
}

/** One line for each thing that differs, such as "historyLength was 8, is 4". */
export function differences(stored: RunRecord, asked: RunRecord): string[] {
  const { variants: before, ...settingsBefore } = stored;
  const { variants: after, ...settingsAfter } = asked;
  const names = (record: RunRecord) => Object.keys(record.variants).sort().join(", ");
  return [
    ...compare("", flat(settingsBefore), flat(settingsAfter)),
    ...compare("", { variants: names(stored) }, { variants: names(asked) }),
    ...Object.keys(before)
      .filter((name) => after[name] !== undefined)
      .flatMap((name) => compare(`${name}'s `, before[name] ?? {}, after[name] ?? {})),
  ];
}

function flat(settings: Omit<RunRecord, "variants">): Record<string, string> {
  const tasks = [...settings.tasks].sort();
  return Object.fromEntries(
    Object.entries({ ...settings, tasks }).map(([name, value]) => [name, String(value)]),
  );
}

type Texts = Readonly<Record<string, string>>;

function compare(owner: string, before: Texts, after: Texts): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => before[key] !== after[key])
    .map((key) => `${owner}${key} was ${before[key] ?? "not set"}, is ${after[key] ?? "not set"}`);
}
