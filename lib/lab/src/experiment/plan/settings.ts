import { randomBytes } from "node:crypto";
import { tasks as balrogTasks, make, nearest, registeredEnvs } from "babyai";
import type { Progress } from "../progress/progress";
import type { PlayedVariant } from "../variants/played-variant";

export interface EvaluateOptions {
  /** Names of variants of the function `act` in config/. */
  variants: readonly string[];
  /** Environment ids. Default: the five BALROG tasks. */
  tasks?: readonly string[];
  /** Episodes for each variant and task. Default 20. */
  episodes?: number;
  /** First seed; the others count up from it. Default 200. */
  seed?: number;
  /** Past turns in the prompt of variants with history. Default 8. */
  historyLength?: number;
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

/** How a run goes on that was stopped, or had failures. What is left out is as it was. */
export interface ResumeOptions extends Partial<EvaluateOptions> {
  /** The run's id. Only those of its episodes are played that have no stored outcome. */
  run: string;
  /** Resumes although settings, models or templates differ from what the run was played with. Default false. */
  acceptChanges?: boolean;
}

/** `EvaluateOptions`, checked and complete. */
export interface Settings {
  variants: readonly string[];
  tasks: readonly string[];
  seeds: readonly number[];
  historyLength: number;
  concurrency: number;
  maxCallsPerMinute: number | null;
  maxTokensPerMinute: number | null;
  budgetUsd: number | null;
  inferenceSeconds: number;
  episodeSeconds: number;
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
  const { variants, tasks = balrogTasks, episodes = 20, seed = 200 } = options;
  const { historyLength = 8, concurrency = 50 } = options;
  const { maxCallsPerMinute = null, maxTokensPerMinute = null } = options;
  const { inferenceSeconds = 120, episodeSeconds = 3600 } = options;
  const list = (name: string, values: readonly string[]) => {
    if (!Array.isArray(values) || values.length === 0) {
      throw new SettingsError(`${name} is ${JSON.stringify(values)}: name at least one`);
    }
    const twice = values.find((value, i) => values.indexOf(value) !== i);
    if (twice !== undefined)
      throw new SettingsError(`${name} names ${JSON.stringify(twice)} twice`);
  };
  const whole = (name: string, value: number, least: number, most: number) => {
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new SettingsError(
        `${name} is ${value}: it must be a whole number from ${least} to ${most.toLocaleString("en-US")}`,
      );
    }
  };
  const positive = (name: string, value: number | null, otherwise: string) => {
    if (value === null || (value > 0 && value < Number.POSITIVE_INFINITY)) return;
    throw new SettingsError(
      `${name} is ${value}: it must be above 0, or left out for ${otherwise}`,
    );
  };
  list("variants", variants);
  list("tasks", tasks);
  for (const variant of variants) {
    if (!knownVariants.includes(variant)) {
      const meant = nearest(variant, knownVariants, 3, 1 / 3).map((name) => JSON.stringify(name));
      const hint = meant.length > 0 ? ` Did you mean ${meant.join(", ")}?` : "";
      const known =
        knownVariants.length > 0
          ? `has: ${knownVariants.join(", ")}`
          : "has no variants of the functions act and act_with_reasoning";
      throw new SettingsError(
        `Unknown variant ${JSON.stringify(variant)}.${hint} config/ ${known}`,
      );
    }
  }
  for (const task of tasks) {
    if (make(task).id === task) continue;
    const ids = registeredEnvs().map(({ id }) => id);
    throw new SettingsError(
      `tasks names ${task}, which draws its task when it is made, so that a seed does not settle its episodes. Name those that it draws from: ${ids.filter((id) => id.startsWith(`${task}/`)).join(", ")}`,
    );
  }
  whole("episodes", episodes, 1, MOST_EPISODES);
  whole("seed", seed, 0, Number.MAX_SAFE_INTEGER - episodes + 1);
  whole("historyLength", historyLength, 0, MOST_TURNS);
  whole("concurrency", concurrency, 1, MOST_AT_ONCE);
  const { budgetUsd: given = null } = options;
  const unpriced = variants.find((variant) => played(variant).price === undefined);
  const auto = unpriced === undefined ? AUTO_BUDGET_USD : null;
  const budgetUsd = given === "auto" ? auto : given;
  positive("budgetUsd", budgetUsd, "no limit");
  if (budgetUsd !== null && unpriced !== undefined) {
    throw new SettingsError(unpricedText(unpriced, played(unpriced).model));
  }
  positive("maxCallsPerMinute", maxCallsPerMinute, "no limit");
  positive("maxTokensPerMinute", maxTokensPerMinute, "no limit");
  positive("inferenceSeconds", inferenceSeconds, "120");
  positive("episodeSeconds", episodeSeconds, "3600");
  const seeds = Array.from({ length: episodes }, (_, i) => seed + i);
  return {
    variants,
    tasks,
    seeds,
    historyLength,
    concurrency,
    maxCallsPerMinute,
    maxTokensPerMinute,
    budgetUsd,
    inferenceSeconds,
    episodeSeconds,
  };
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
