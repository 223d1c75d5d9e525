import { withExpertSteps } from "../analysis/simulator";
import { isTaskOf } from "../basics/task-ids";
import type { Trajectory } from "../queries/trajectories";
import { ExamplesError, refuseUnknown } from "./examples-error";

/**
 * Which episodes are examples; what is left out does not matter. Demonstrations have no outcome, and their actions are the
 * expert's whatever was played: `success`, `minReturn`, `noInvalidAnswers` and `stepsAboveExpert` let them pass.
 */
export interface ExamplesWhere {
  success?: boolean;
  /** 0 to 1. */
  minReturn?: number;
  /** Only episodes in which each answer was a valid action. */
  noInvalidAnswers?: true;
  /** Solved in at most this many steps more than the expert takes. */
  stepsAboveExpert?: number;
  /** true: demonstrations alone; false: none of them. */
  demonstrations?: boolean;
  /** The one that played, or was asked where the expert played; or several. */
  variant?: string | readonly string[];
  /** As in `evaluate`: an id, "goto", "test". */
  task?: string | readonly string[];
}

type Test = (episode: Trajectory) => boolean;

type Tests = { [K in keyof ExamplesWhere]-?: (wanted: NonNullable<ExamplesWhere[K]>) => Test };

const TESTS: Tests = {
  success: (wanted) => ofPlayed((episode) => episode.success === wanted),
  minReturn: (least) => ofPlayed(({ episode_return }) => (episode_return ?? 0) >= least),
  noInvalidAnswers: () => ofPlayed(({ invalid_actions }) => invalid_actions === 0),
  stepsAboveExpert: (most) =>
    ofPlayed((episode) => episode.success === true && stepsAbove(episode) <= most),
  demonstrations: (wanted) => (episode) => episode.isDemonstration === wanted,
  variant: (names) => (episode) => [names].flat().includes(episode.variant),
  task: (names) => {
    const isWanted = isTaskOf([names].flat());
    return ({ task }) => isWanted(task);
  },
};

function ofPlayed(test: Test): Test {
  return (episode) => episode.isDemonstration || test(episode);
}

function stepsAbove({ task, seed, steps }: Trajectory): number {
  const [row] = withExpertSteps([{ task, seed }]);
  if (row?.expert_steps === undefined)
    throw new ExamplesError(
      `where.stepsAboveExpert is given, but ${task} is not registered, or draws its kind when it is made: there is no expert's play of it. Leave it out, or name other tasks in where.task`,
    );
  return row.expert_steps === null ? Number.POSITIVE_INFINITY : steps.length - row.expert_steps;
}

const isFlag = (value: unknown) => typeof value === "boolean";
const isNames = (value: unknown) =>
  [value].flat().length > 0 && [value].flat().every((name) => typeof name === "string");

const VALID: Record<keyof Tests, readonly [(value: never) => boolean, string]> = {
  success: [isFlag, "true or false"],
  minReturn: [(value: number) => value >= 0 && value <= 1, "a number from 0 to 1"],
  noInvalidAnswers: [(value: unknown) => value === true, "true, or left out"],
  stepsAboveExpert: [
    (value: number) => Number.isSafeInteger(value) && value >= 0,
    "a whole number, 0 or more",
  ],
  demonstrations: [isFlag, "true or false"],
  variant: [isNames, "a name or a list of names"],
  task: [isNames, "the name of a task or a list of names"],
};

/** Reads `where`. @throws ExamplesError a key is unknown, or has a value that it cannot have */
export function testsOf(where: ExamplesWhere): [name: string, test: Test][] {
  if (typeof where !== "object" || where === null || Array.isArray(where))
    throw new ExamplesError(
      `where is ${JSON.stringify(where)}: it must be an object of conditions`,
    );
  return Object.entries(where).flatMap(([key, wanted]): [string, Test][] => {
    refuseUnknown("condition in where:", key, Object.keys(TESTS));
    if (wanted === undefined) return [];
    const name = key as keyof Tests;
    const [isValid, valid] = VALID[name];
    if (!isValid(wanted as never))
      throw new ExamplesError(`where.${name} is ${JSON.stringify(wanted)}: it must be ${valid}`);
    return [[name, TESTS[name](wanted as never)]];
  });
}
