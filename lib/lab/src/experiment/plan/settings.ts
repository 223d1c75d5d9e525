import { randomBytes } from "node:crypto";
import { make, registeredEnvs, UnknownEnvError } from "babyai";
import { actFunctions } from "../../agents/prompt";
import { didYouMean, someOf } from "../../basics/did-you-mean";
import { taskIds, taskNames } from "../../basics/task-ids";
import type { World } from "../../queries/runs/run-state";
import { type Shard, SLOTS, WHOLE } from "../../queries/runs/shard";
import type { Progress } from "../progress/progress";
import type { PlayedVariant } from "../variants/played-variant";
import { type Worlds, worldsOf, worldsOfGrid } from "./worlds";

export interface EvaluateOptions {
  /** Names of variants of the function `act` in config/. */
  variants: readonly string[];
  /** Environments' ids, names of BALROG's tasks, such as "goto", or of a split: "train", BALROG's five, or "test". Default: "train". */
  tasks?: readonly string[];
  /** Episodes for each variant and task. Default 20. */
  episodes?: number;
  /** First seed; the others count up from it. Default 200. */
  seed?: number;
  /** The worlds to play, one by one, in place of `tasks`, `episodes` and `seed`: `publishedWorlds(entry)`, or a list of one's own. */
  worlds?: readonly World[];
  /** What to call the run in lists and charts, in a line. Its id stays what names it. Default: nothing. */
  name?: string;
  /** What it is for, or what came of it. Default: nothing. */
  note?: string;
  /** Of a run that only serves to show something, such as a gallery: `latestRun` passes over it. Default false. */
  helper?: boolean;
  /** Past turns in the prompt of variants with history; BALROG-like ones have 16. Default 8. */
  historyLength?: number;
  /**
   * The id that `lab.demonstrate` gave: a few_shot variant is shown one of those episodes, of the same task and another seed.
   * Default: the newest in the store.
   */
  demonstrations?: string;
  /**
   * Episodes played, and inferences of a model under way, at the same time, at most. A run begins with one inference of each
   * model and takes more as long as that brings more answers; see `Window`. Default 50.
   */
  concurrency?: number;
  /** Inferences begun in a minute, at most. Default: no limit. */
  maxCallsPerMinute?: number;
  /** Tokens, given and generated, in a minute, at most. Default: no limit. */
  maxTokensPerMinute?: number;
  /**
   * Stops the run when its inferences have cost this much, those before a resume included; "auto": 10 where the prices of
   * all models are known, else no limit. Default: no limit.
   */
  budgetUsd?: number | "auto";
  /**
   * Time limit of one inference, the gateway's retries included, from when the gateway gets it. A variant's own time-out in
   * config/, 110 s in the files shipped, should stand below it. Default 120.
   */
  inferenceSeconds?: number;
  /** Time limit of one episode: of its inferences together, without the time that they wait for their turn. Default 3600. */
  episodeSeconds?: number;
  /** Lets the episodes under way come to their end and begins no other. */
  drain?: AbortSignal;
  /** Stops the run at once; episodes under way are cut off. */
  signal?: AbortSignal;
  /** Called at the beginning, after the first answer and every episode, and at most every 100 ms in between. */
  onProgress?: (progress: Progress) => void;
}

/** How a run goes on that was stopped, had failures, or is to grow. What is left out is as it was. */
export interface ResumeOptions extends Partial<EvaluateOptions> {
  /**
   * The run's id. Only those of its episodes are played that have no stored outcome. It grows where `variants`, `tasks`,
   * `episodes` and `seed` hold more than it had, and by the `worlds` given here.
   */
  run: string;
  /**
   * Plays the i-th of n parts of the run, as "3/8", so that several processes, on whatever machines, play one run together.
   * Whoever comes first begins the run, with the `variants` that are given; who asks for other settings is refused, for more
   * lets it grow. "1/1" is the whole run, begun under this name if it is not there. Default: the whole run, which must be there.
   */
  shard?: string;
  /** Resumes although less is asked for, or models, templates or other settings differ from what the run was played with. Default false. */
  acceptChanges?: boolean;
}

/** What people know a run by. It changes nothing of how it is played. */
export interface RunLabel {
  name: string | null;
  note: string | null;
  /** It only serves to show something. */
  helper: boolean;
}

/** `EvaluateOptions`, checked and complete. */
export interface Settings {
  label: RunLabel;
  variants: readonly string[];
  worlds: Worlds;
  historyLength: number;
  /** Id of the demonstrations that few_shot variants are shown; null where none is played. */
  demonstrations: string | null;
  concurrency: number;
  maxCallsPerMinute: number | null;
  maxTokensPerMinute: number | null;
  budgetUsd: number | null;
  inferenceSeconds: number;
  episodeSeconds: number;
  /** The part of the episodes that this sitting plays. */
  shard: Shard;
}

const AUTO_BUDGET_USD = 10;
const FREE = { model: null, price: { input: 0, output: 0, as_of: "", source: "" } };

/**
 * An option of an experiment is wrong; the message says what is valid.
 *
 * @example
 * try {
 *   await lab.evaluate({ variants: ["nobody"] });
 * } catch (error) {
 *   error instanceof SettingsError; // true
 * }
 */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Of each variant and task: a plan looks at every world. */
const MOST_EPISODES = 1_000_000;

/** More than any episode has. */
const MOST_TURNS = 100_000;

/** Each takes a connection, and memory for its prompt. */
const MOST_AT_ONCE = 10_000;

/**
 * @param played a variant's model and its price, if that is known. Default: all are free
 * @throws SettingsError
 */
export function checkSettings(
  options: EvaluateOptions,
  knownVariants: readonly string[],
  played: (variant: string) => Pick<PlayedVariant, "model" | "price"> = () => FREE,
): Settings {
  const { variants } = options;
  const { historyLength = 8, demonstrations = null, concurrency = 50 } = options;
  const { maxCallsPerMinute = null, maxTokensPerMinute = null } = options;
  const { inferenceSeconds = 120, episodeSeconds = 3600 } = options;
  const { name = null, note = null, helper = false } = options;
  checkVariants(variants, knownVariants);
  checkLine("name", name, LONGEST_NAME);
  checkText("note", note, LONGEST_NOTE);
  const worlds = checkWorlds(options);
  checkWhole("historyLength", historyLength, 0, MOST_TURNS);
  checkWhole("concurrency", concurrency, 1, MOST_AT_ONCE);
  const { budgetUsd: given = null } = options;
  const unpriced = variants.find((variant) => played(variant).price === undefined);
  const auto = unpriced === undefined ? AUTO_BUDGET_USD : null;
  const budgetUsd = given === "auto" ? auto : given;
  checkPositive("budgetUsd", budgetUsd, "no limit");
  if (budgetUsd !== null && unpriced !== undefined) {
    throw new SettingsError(unpricedText(unpriced, played(unpriced).model));
  }
  checkPositive("maxCallsPerMinute", maxCallsPerMinute, "no limit");
  checkPositive("maxTokensPerMinute", maxTokensPerMinute, "no limit");
  checkPositive("inferenceSeconds", inferenceSeconds, "120");
  checkPositive("episodeSeconds", episodeSeconds, "3600");
  return {
    label: { name, note, helper },
    variants,
    worlds,
    historyLength,
    demonstrations,
    concurrency,
    maxCallsPerMinute,
    maxTokensPerMinute,
    budgetUsd,
    inferenceSeconds,
    episodeSeconds,
    shard: WHOLE,
  };
}

/** @param text as "3/8" @throws SettingsError */
export function parseShard(text: string): Shard {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text.trim())?.map(Number) ?? [];
  if (index !== undefined && of !== undefined && index >= 1 && index <= of && of <= SLOTS)
    return { index, of };
  throw new SettingsError(
    `shard is ${JSON.stringify(text)}: give a part and the number of parts, from 1/8 to 8/8, of at most ${SLOTS.toLocaleString("en-US")}`,
  );
}

/** A name for a run. @throws SettingsError */
export function checkRunName(name: string): string {
  if (/^[\w.-]{1,100}$/.test(name)) return name;
  throw new SettingsError(
    `run is ${JSON.stringify(name)}: a name has up to 100 letters, digits, dots, dashes and underscores`,
  );
}

/** A name stands in a cell of a table and beside a bar. */
const LONGEST_NAME = 80;
const LONGEST_NOTE = 10_000;

function checkText(option: string, text: string | null, longest: number): void {
  if (text === null) return;
  const isText = typeof text === "string";
  if (isText && text.trim() !== "" && text.length <= longest) return;
  const given =
    isText && text.length > longest ? `${text.length} characters long` : JSON.stringify(text);
  throw new SettingsError(
    `${option} is ${given}: it must be a text of at most ${longest.toLocaleString("en-US")} characters, or left out`,
  );
}

function checkLine(option: string, text: string | null, longest: number): void {
  checkText(option, text, longest);
  if (text !== null && /[\p{Cc}\u2028\u2029]/u.test(text))
    throw new SettingsError(`${option} is ${JSON.stringify(text)}: it must be one line`);
}

/** Of the names that there are, where none is like what was given. */
const SHOWN = 8;

function checkVariants(variants: readonly string[], known: readonly string[]): void {
  checkList("variants", variants);
  for (const variant of variants) {
    if (known.includes(variant)) continue;
    const hint = didYouMean(variant, known);
    const has =
      known.length > 0
        ? `${hint ? "" : ` There are: ${someOf(known, SHOWN)}.`} npm run model -- list lists those of config/.`
        : ` config/ has no variants of the functions ${actFunctions.join(", ")}.`;
    throw new SettingsError(`Unknown variant ${JSON.stringify(variant)}.${hint}${has}`);
  }
}

function checkWorlds({ worlds, ...grid }: EvaluateOptions): Worlds {
  if (worlds !== undefined) {
    const both = (["tasks", "episodes", "seed"] as const).find((name) => grid[name] !== undefined);
    if (both)
      throw new SettingsError(
        `${both} is given beside a list of worlds, which has its own: leave it out`,
      );
    return checkListed(worlds);
  }
  const { tasks: named = ["train"], episodes = 20, seed = 200 } = grid;
  checkList("tasks", named);
  const tasks = taskIds(named);
  checkList("tasks", tasks);
  for (const task of tasks) checkTask("tasks", task);
  checkWhole("episodes", episodes, 1, MOST_EPISODES);
  checkWhole("seed", seed, 0, Number.MAX_SAFE_INTEGER - episodes + 1);
  return worldsOfGrid({ tasks, seed, episodes });
}

function checkListed(list: readonly World[]): Worlds {
  checkList("worlds", list);
  for (const { task, seed } of list)
    checkWhole(`the seed of a world of ${task}`, seed, 0, Number.MAX_SAFE_INTEGER);
  const worlds = worldsOf(
    list.flatMap(({ task: name, seed }) => taskIds([name]).map((task) => ({ task, seed }))),
  );
  for (const [task, seeds] of worlds) {
    checkTask("worlds", task);
    checkWhole(`worlds of ${task}`, seeds.length, 1, MOST_EPISODES);
    if (new Set(seeds).size === seeds.length) continue;
    const twice = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
    throw new SettingsError(`worlds names ${JSON.stringify({ task, seed: twice })} twice`);
  }
  return worlds;
}

function checkTask(option: string, task: string): void {
  try {
    if (make(task).id === task) return;
  } catch (error) {
    const hint = error instanceof UnknownEnvError ? didYouMean(String(task), taskNames) : "";
    if (hint === "") throw error;
    throw new SettingsError(`${option} names ${JSON.stringify(task)}, which is no task.${hint}`);
  }
  const ids = registeredEnvs().map(({ id }) => id);
  throw new SettingsError(
    `${option} names ${task}, which draws its task when it is made, so that a seed does not settle its episodes. Name those that it draws from: ${ids.filter((id) => id.startsWith(`${task}/`)).join(", ")}`,
  );
}

function checkList(name: string, values: readonly unknown[]): void {
  if (!Array.isArray(values) || values.length === 0)
    throw new SettingsError(`${name} is ${JSON.stringify(values)}: name at least one`);
  if (new Set(values).size === values.length) return;
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  throw new SettingsError(`${name} names ${JSON.stringify(twice)} twice`);
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new SettingsError(
    `${name} is ${value}: it must be a whole number from ${least} to ${most.toLocaleString("en-US")}`,
  );
}

function checkPositive(name: string, value: number | null, otherwise: string): void {
  if (value === null || (value > 0 && value < Number.POSITIVE_INFINITY)) return;
  throw new SettingsError(`${name} is ${value}: it must be above 0, or left out for ${otherwise}`);
}

function unpricedText(variant: string, model: string | null): string {
  const without = "or leave budgetUsd out: the run's cost is then not known";
  return model === null
    ? `budgetUsd is given, but ${variant} is made of other variants, whose cost is not known: play those, ${without}.`
    : `budgetUsd is given, but the price of ${model}, which plays ${variant}, is not known. Add it to config/prices.toml, in US dollars per million tokens, ${without}:\n` +
        `[${JSON.stringify(model)}]\ninput = …\noutput = …\nas_of = "…"\nsource = "…"`;
}

/** A run's name: when it started, in UTC, and four random letters, e.g. `20261122-143005-k3f9`. */
export function newRunId(now = new Date()): string {
  const [date, time] = now.toISOString().replace(/[-:]/g, "").split(/[T.]/);
  const letters = "abcdefghijkmnpqrstuvwxyz23456789";
  const suffix = Array.from(randomBytes(4), (byte) => letters[byte % letters.length]).join("");
  return `${date}-${time}-${suffix}`;
}

/** When a run started, by its name, in UTC: "2026-11-22T14:30:05"; null of one that `newRunId` has not named. */
export function startOfRun(id: string): string | null {
  const [, date, time] = /^(\d{8})-(\d{6})/.exec(id) ?? [];
  if (date === undefined || time === undefined) return null;
  return `${date.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}`;
}
