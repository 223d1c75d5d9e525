import {
  MIXED_TASKS,
  MIXED_TEST_ID,
  MIXED_TRAIN_ID,
  mixedMissions,
  type Split,
} from "./levels/mixed";
import type { AnyInstruction } from "./missions/instructions";
import { make } from "./registry";
import { EnvError } from "./world/errors";
import { type ActionName, actions, DROP } from "./world/scene";

/** A mission that an episode's actions fulfill. */
export interface Fulfilled {
  /** For `env.reset({ seed, mission })`, in one environment at a time. */
  mission: AnyInstruction;
  /** Which of the actions suffice, by their place: the last of them fulfills it. */
  kept: number[];
}

/**
 * The missions that an episode's actions fulfill, whichever was given: all that the five tasks could give in its world (the test tasks
 * with their words), but for those that are fulfilled before a step is taken. For each the actions are tried again in the same world
 * with fewer and fewer of them, until all that are left are needed. So a walk that led anywhere becomes a demonstration of how to get
 * there, and nobody has to know the way: only the environment's rules of success are asked.
 *
 * The missions are those of hindsight experience replay (Andrychowicz et al. 2017, https://arxiv.org/abs/1707.01495). Leaving actions
 * out is delta debugging (Zeller & Hildebrandt 2002, "Simplifying and Isolating Failure-Inducing Input").
 *
 * @example
 * const task = "BabyAI-MixedTrainLocal-v0/pickup";
 * const walk = solve(task, 200) ?? [];
 * const fulfilled = hindsight(task, 200, ["turn left", "turn right", ...walk]);
 * fulfilled.map(({ mission, kept }) => [mission.surface(), kept.length]); // [["go to the blue ball", 6], ["pick up the blue ball", 7]]
 * @param id one of `tasks` or `testTasks`, as `make(id)` makes it
 * @throws EnvError it is none of these
 * @throws InvalidSeedError, InvalidActionError
 */
export function hindsight(
  id: string,
  seed: number | bigint,
  played: readonly ActionName[],
): Fulfilled[] {
  const split = SPLITS.get(id);
  if (split === undefined)
    throw new EnvError(
      `${id} is none of the five tasks or test tasks: ${[...SPLITS.keys()].join(", ")}.`,
    );
  const env = make(id);
  /** The kept actions up to the one that fulfills the mission; null: none does. */
  const fulfill = (mission: AnyInstruction, kept: readonly number[]): number[] | null => {
    env.restart(seed, mission);
    for (const [i, place] of kept.entries()) {
      const action = played[place] as ActionName;
      env.advance(actions.indexOf(action), action);
      if (env.terminated) return kept.slice(0, i + 1);
    }
    return null;
  };
  env.restart(seed);
  return mixedMissions(env.world, split).flatMap((mission) => {
    env.restart(seed, mission);
    env.advance(DROP); // nothing, with an empty hand
    const first = env.terminated ? null : fulfill(mission, [...played.keys()]);
    if (first === null) return [];
    const kept = shortened(first, (fewer) => fulfill(mission, fewer));
    return kept.length <= env.maxSteps ? [{ mission, kept }] : [];
  });
}

const SPLITS = new Map(
  MIXED_TASKS.flatMap((task) => [
    [`${MIXED_TRAIN_ID}/${task}`, "train"],
    [`${MIXED_TEST_ID}/${task}`, "test"],
  ]) as [string, Split][],
);

/** Leaves out runs of the list, half of it down to one, and then any two, for as long as `attempt` gives what is still enough. */
function shortened(list: number[], attempt: (fewer: number[]) => number[] | null): number[] {
  let kept = list;
  const leaveOut = (test: (i: number) => boolean) => {
    kept = attempt(kept.filter((_, i) => !test(i))) ?? kept;
  };
  for (let before = Infinity; kept.length < before; ) {
    before = kept.length;
    for (let size = kept.length >> 1; size >= 1; size >>= 1)
      for (let at = kept.length - size; at >= 0; at--) leaveOut((i) => i >= at && i < at + size);
    for (let a = kept.length - 1; a > 0; a--)
      for (let b = a - 1; b >= 0; b--) leaveOut((i) => i === a || i === b);
  }
  return kept;
}
