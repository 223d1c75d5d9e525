import type { ActionInstruction, ActionName, AnyInstruction, Env } from "babyai";
import { actions, DOOR, LOCKED, make, OPEN, stateOf, typeOf } from "babyai";
import { DEFAULT_ACTION } from "../agents/parse";

/** See {@link Pattern}. */
export const patterns = [
  "invalid answer",
  "walked into something",
  "picked up nothing",
  "dropped nothing",
  "toggled nothing",
  "locked door without its key",
  "wrong object",
  "loop",
  "gave up on the door",
] as const;
/**
 * What can go wrong, and what exactly is counted:
 *
 * - invalid answer: no valid action; played as "go forward", and counted here only
 * - walked into something: "go forward" against a wall, a closed door or an object
 * - picked up nothing, dropped nothing, toggled nothing: the action changed nothing
 * - locked door without its key: toggled a locked door without its key in hand (and not under "toggled nothing")
 * - wrong object: took an object that the mission does not ask to take, except the key to a door that is still locked
 * - loop: came, from another state, for at least the third time into the same one (place, heading, hand, and all that
 *   lies about)
 * - gave up on the door: stood before a door that the mission asks to open, turned away for good, and never opened it;
 *   at the step that turned away, at most once an episode
 */
export type Pattern = (typeof patterns)[number];

/** A pattern at a step of an episode, counted from 0. */
export interface Finding {
  pattern: Pattern;
  step: number;
}

export interface Diagnosis {
  /** By step. */
  findings: Finding[];
  /** Whether the mission was fulfilled in the replay. */
  success: boolean;
  /** Whether the environment had ended when the actions had, neither before nor not yet. */
  complete: boolean;
}

/**
 * Plays the actions again, by seed, and tells what went wrong on the way.
 *
 * @param played each step's index in `actions`; -1 for an answer that was no valid action
 * @throws UnknownEnvError, InvalidSeedError
 */
export function diagnose(task: string, seed: number, played: readonly number[]): Diagnosis {
  const env = make(task);
  env.restart(seed);
  const doors = doorsToOpen(env.instruction);
  const findings: Finding[] = [];
  const visits = new Map<string, number>();
  let surroundings = env.encode().toString();
  const state = () => {
    const { agentCell, agentDir, carrying } = env.world;
    return `${agentCell} ${agentDir} ${carrying} ${surroundings}`;
  };
  let now = state();
  visits.set(now, 1);
  let lastBeforeDoor: number | null = null;
  for (const answer of played) {
    if (env.terminated || env.truncated) break;
    const step = env.stepCount;
    const find = (pattern: Pattern) => findings.push({ pattern, step });
    const { world } = env;
    const { grid, frontCell } = world;
    const isValid = answer !== -1;
    const index = isValid ? answer : actions.indexOf(DEFAULT_ACTION);
    const front = grid.codeOf(grid.idAt(frontCell));
    if (doors.has(grid.idAt(frontCell)) && stateOf(front) !== OPEN) lastBeforeDoor = step;

    env.advance(index);
    const action = actions[index] ?? DEFAULT_ACTION;
    if (action === "pick up" || action === "drop" || action === "toggle") {
      surroundings = env.encode().toString();
    }
    const before = now;
    now = state();

    const effectless = EFFECTLESS[action];
    if (!isValid) find("invalid answer");
    else if (now === before && effectless !== undefined) {
      const isLocked = action === "toggle" && typeOf(front) === DOOR && stateOf(front) === LOCKED;
      find(isLocked ? "locked door without its key" : effectless);
    }
    if (action === "pick up" && now !== before && isWrong(env)) find("wrong object");
    if (now === before) continue;
    const visit = (visits.get(now) ?? 0) + 1;
    visits.set(now, visit);
    if (visit >= 3) find("loop");
  }
  const success = env.reward > 0;
  if (lastBeforeDoor !== null && !success && lastBeforeDoor < env.stepCount - 1) {
    findings.push({ pattern: "gave up on the door", step: lastBeforeDoor });
    findings.sort((a, b) => a.step - b.step);
  }
  return {
    findings,
    success,
    complete: env.stepCount === played.length && (env.terminated || env.truncated),
  };
}

/** By action: what it is called when it changes nothing. */
const EFFECTLESS: Readonly<Partial<Record<ActionName, Pattern>>> = {
  "go forward": "walked into something",
  "pick up": "picked up nothing",
  drop: "dropped nothing",
  toggle: "toggled nothing",
};

/** Whether the object just taken serves no part of the mission. */
function isWrong(env: Env): boolean {
  const { world } = env;
  const { grid } = world;
  const wanted = clauses(env.instruction).some(
    (clause) =>
      (clause.kind === "PickUp" && clause.target.objects.includes(world.carrying)) ||
      (clause.kind === "PutNext" && clause.move.objects.includes(world.carrying)),
  );
  if (wanted) return false;
  // subtle: id 0 is nothing and 1 the walls.
  for (let id = 2; id < grid.end; id++) {
    const isLocked = typeOf(grid.codeOf(id)) === DOOR && stateOf(grid.codeOf(id)) === LOCKED;
    if (isLocked && world.holdsKeyTo(grid.codeOf(id))) return false;
  }
  return true;
}

/** Ids of the doors that the mission asks to open. */
function doorsToOpen(mission: AnyInstruction): Set<number> {
  return new Set(
    clauses(mission).flatMap((clause) => (clause.kind === "Open" ? clause.target.objects : [])),
  );
}

function clauses(instruction: AnyInstruction): ActionInstruction[] {
  return "a" in instruction
    ? [...clauses(instruction.a), ...clauses(instruction.b)]
    : [instruction];
}
