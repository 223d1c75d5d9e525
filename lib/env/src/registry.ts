import { Env, stepsPerNavigation } from "./env";
import { goToLevels } from "./levels/goto";
import {
  type Competence,
  checkMaxSteps,
  type EnvOptions,
  type Level,
  type LevelOptions,
  type Registration,
  registration,
} from "./levels/level";
import { MIXED_TASKS, MIXED_TEST_ID, MIXED_TRAIN_ID, mixedLevels } from "./levels/mixed";
import { openLevels } from "./levels/open";
import { otherLevels } from "./levels/other";
import { pickupLevels } from "./levels/pickup";
import { putNextLevels } from "./levels/putnext";
import { synthLevels } from "./levels/synth";
import { unlockLevels } from "./levels/unlock";
import { InvalidIdError, UnknownEnvError } from "./world/errors";
import { nearest } from "./world/nearest";
import { entropySeed, Pcg64 } from "./world/random";

/**
 * The five BALROG tasks.
 *
 * @example
 * tasks.length; // 5
 * for (const id of tasks) console.log(make(id).reset({ seed: 200 }).observation.mission);
 */
export const tasks: readonly string[] = MIXED_TASKS.map((task) => `${MIXED_TRAIN_ID}/${task}`);
/**
 * Their twins, in the same order: the same kinds of mission with objects that those never name (yellow boxes, red keys, green
 * balls, red and grey doors), as BabyAI-Text tests generalization (Carta et al., "Grounding Large Language Models
 * in Interactive Environments with Online Reinforcement Learning", ICML 2023).
 *
 * @example
 * testTasks[0]; // "BabyAI-MixedTestLocal-v0/goto"
 */
export const testTasks: readonly string[] = MIXED_TASKS.map((task) => `${MIXED_TEST_ID}/${task}`);

const REGISTRATIONS = new Map<string, Registration>(
  [
    ...mixedLevels,
    ...goToLevels,
    ...openLevels,
    ...pickupLevels,
    ...putNextLevels,
    ...unlockLevels,
    ...otherLevels,
    ...synthLevels,
  ].map((registration) => [registration.id, registration]),
);
/** Ids of which `make()` draws the task, as `gym.make` does. */
const MIXED_IDS: readonly string[] = [MIXED_TRAIN_ID, MIXED_TEST_ID];
/** Their default; BALROG sets 0. */
const GYM_NUM_DISTS = 8;

/** The ids that every thread knows, because this module registers them. */
const BUILT_IN: ReadonlySet<string> = new Set([...REGISTRATIONS.keys(), ...MIXED_IDS]);

/** An id of Gymnasium's kind, perhaps with a task. */
const ID = /^([A-Za-z][\w.-]*)-v(0|[1-9]\d{0,5})(\/[\w-]+)?$/;

/**
 * Gives a level an id: `make(id)` then makes it, in this process. An id keeps its level for as long as the process lives, so
 * that stored episodes stay what was played.
 *
 * @example
 * const level = defineLevel({
 *   summary: "Pick up the ball.",
 *   competences: ["Room", "PickUp"],
 *   options: { roomSize: 6 },
 *   shape: ({ roomSize }) => oneRoom(roomSize),
 *   navigations: () => 1,
 *   generate(world) {
 *     const ball = world.addObject(0, 0, { type: BALL });
 *     world.placeAgent();
 *     return new PickUp(like(world, ball));
 *   },
 * });
 * register("My-PickUp-v0", level);
 * register("My-PickUp-v0/large", level, { roomSize: 12 });
 * make("My-PickUp-v0/large").width; // 12
 * @param id such as "My-Level-v0"; "My-Level-v0/easy" names one of several tasks
 * @param options those of the level's that are to have other defaults
 * @throws InvalidIdError the id is taken, or does not end in a version
 * @throws InvalidOptionError
 */
export function register(id: string, level: Level, options: LevelOptions = {}): void {
  const [, name, version, task = ""] = ID.exec(id) ?? [];
  if (name === undefined) {
    throw new InvalidIdError(id, 'is no id. It takes a name and a version, such as "My-Level-v0".');
  }
  const isTaken = (v: number) =>
    REGISTRATIONS.has(`${name}-v${v}${task}`) || MIXED_IDS.includes(`${name}-v${v}`);
  let free = Number(version);
  while (isTaken(free)) free++;
  if (free !== Number(version)) {
    throw new InvalidIdError(
      id,
      `is taken. A level that has changed gets the next version: "${name}-v${free}${task}" is free.`,
    );
  }
  level.configure(options);
  REGISTRATIONS.set(id, registration(id, level, options));
}

/** Whether each thread of a program knows the id. */
export function isBuiltIn(id: string): boolean {
  return BUILT_IN.has(id);
}

/** What there is to know about an id before making it. */
export interface EnvSummary {
  id: string;
  /** One sentence on what the agent has to do. */
  summary: string;
  /** The skills asked for, in the BabyAI paper's words. */
  competences: readonly Competence[];
  /** Cells across and down the grid, outer walls included; the most where the task is drawn. */
  width: number;
  height: number;
  /** The longest step limit that an episode can have with the default options. */
  maxSteps: number;
  /** The options that it takes besides maxSteps, with their defaults. */
  options: LevelOptions;
}

/**
 * Makes an environment.
 *
 * @example
 * make("BabyAI-MixedTrainLocal-v0/goto").reset({ seed: 200 }).observation.mission; // "go to the blue ball"
 * make("BabyAI-GoToLocal-v0", { numDists: 3, maxSteps: 20 }); // with options of its own
 * @param id one of `registeredEnvs()`: a BALROG task such as "BabyAI-MixedTrainLocal-v0/goto" (numDists is 0 by
 *   default, as BALROG plays it) or a Gymnasium id such as "BabyAI-GoToLocal-v0". The two Mixed*Local ids
 *   without a task draw one of the five when made (numDists is 8 by default); `env.id` says which.
 * @throws UnknownEnvError, InvalidOptionError
 */
export function make(id: string, options: EnvOptions = {}): Env {
  const { maxSteps, ...given } = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as EnvOptions;
  if (maxSteps !== undefined) checkMaxSteps(maxSteps);
  if (MIXED_IDS.includes(id)) {
    const task = new Pcg64(entropySeed()).choice(MIXED_TASKS);
    return make(`${id}/${task}`, { numDists: GYM_NUM_DISTS, maxSteps, ...given });
  }
  const registration = REGISTRATIONS.get(id);
  if (registration === undefined) throw new UnknownEnvError(id, suggest(id));
  const level = registration.level.configure({ ...registration.options, ...given });
  return new Env(id, level, maxSteps ?? level.maxSteps);
}

/**
 * Every id that `make()` takes, with what it asks of the agent.
 *
 * @example
 * const withKeys = registeredEnvs().filter(({ competences }) => competences.includes("Unlock"));
 * console.log(withKeys.map(({ id, summary }) => `${id}: ${summary}`).join("\n"));
 */
export function registeredEnvs(): EnvSummary[] {
  const withTask = [...REGISTRATIONS.values()].map(summarize);
  const withoutTask = MIXED_IDS.map((id) =>
    summarizeDrawn(
      id,
      withTask.filter((summary) => summary.id.startsWith(`${id}/`)),
    ),
  );
  return [...withTask, ...withoutTask];
}

function summarize({ id, level, options }: Registration): EnvSummary {
  const configured = level.configure(options);
  const { roomSize, numRows, numCols } = configured.shape;
  return {
    id,
    summary: level.summary,
    competences: level.competences,
    width: (roomSize - 1) * numCols + 1,
    height: (roomSize - 1) * numRows + 1,
    maxSteps: configured.maxSteps ?? configured.navigations * stepsPerNavigation(configured),
    options: configured.options,
  };
}

function summarizeDrawn(id: string, taskSummaries: readonly EnvSummary[]): EnvSummary {
  return {
    id,
    summary: "One of its five tasks, drawn when made.",
    competences: [...new Set(taskSummaries.flatMap(({ competences }) => competences))],
    width: Math.max(...taskSummaries.map(({ width }) => width)),
    height: Math.max(...taskSummaries.map(({ height }) => height)),
    maxSteps: Math.max(...taskSummaries.map(({ maxSteps }) => maxSteps)),
    options: { ...taskSummaries.at(0)?.options, numDists: GYM_NUM_DISTS },
  };
}

function suggest(id: unknown): string[] {
  if (typeof id !== "string") return [];
  const wanted = wordsOf(id);
  if (wanted.length < 3) return [];
  const known = new Map([...REGISTRATIONS.keys()].map((other) => [wordsOf(other), other]));
  return nearest(wanted, [...known.keys()], 3, 1 / 3).map((words) => known.get(words) ?? words);
}

/** What tells ids apart. */
function wordsOf(id: string): string {
  return id
    .toLowerCase()
    .replace(/^babyai-?/, "")
    .replace(/-v\d+/, "");
}
