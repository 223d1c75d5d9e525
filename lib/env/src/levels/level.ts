import { After, And, type AnyInstruction, Before, PutNext } from "../missions/instructions";
import { GenerationError, InvalidOptionError } from "../world/errors";
import {
  COLORS,
  type Color,
  colorOf,
  KEY,
  LOCKED,
  type PortableType,
  stateOf,
} from "../world/objects";
import type { RoomGrid } from "../world/room-grid";
import { REJECTED, type Shape } from "../world/rooms";

/**
 * What can be chosen about a level, as the reference's keyword arguments. Each level takes some of these:
 * `registeredEnvs()` lists an id's options with their defaults.
 */
export interface LevelOptions {
  /** Cells along a room's side, both walls included; at least 3. */
  roomSize?: number;
  numRows?: number;
  numCols?: number;
  /** Objects besides those of the mission; all objects, where the mission names some of them. */
  numDists?: number;
  /** Objects in the room. */
  numObjs?: number;
  objsPerRoom?: number;
  numDoors?: number;
  /** All doors are open at the start. */
  doorsOpen?: boolean;
  /** Adds objects that may distract. */
  distractors?: boolean;
  /** The mission's object starts in the agent's hand. */
  startCarrying?: boolean;
  /** A wrong object ends the episode without reward. */
  debug?: boolean;
  /** A wrong first door ends the episode without reward. */
  strict?: boolean;
  /** How the mission names the door; null draws one. */
  selectBy?: "color" | "loc" | null;
  /** Color of each door; null draws one. */
  firstColor?: Color | null;
  secondColor?: Color | null;
  objType?: PortableType;
  /** Probability of a locked room. */
  lockedRoomProb?: number;
  /** Missions may say where an object is ("on your left"). */
  locations?: boolean;
  /** Objects may have to be moved out of the way. */
  unblocking?: boolean;
  /** The mission's objects may all lie in the locked room. */
  implicitUnlock?: boolean;
  actionKinds?: readonly ActionKind[];
  instrKinds?: readonly InstructionKind[];
}

export type ActionKind = "goto" | "pickup" | "open" | "putnext";
export type InstructionKind = "action" | "and" | "seq";

/** What `make()` takes besides the id. */
export interface EnvOptions extends LevelOptions {
  /** Step limit of every episode; by default it follows from the rooms and the mission. */
  maxSteps?: number;
}

/** The skills that a level asks for (Chevalier-Boisvert et al., "BabyAI", ICLR 2019, table 1). */
export type Competence =
  | "Room"
  | "Distractor"
  | "Maze"
  | "Unblock"
  | "Unlock"
  | "ImpUnlock"
  | "GoTo"
  | "Open"
  | "PickUp"
  | "PutNext"
  | "Loc"
  | "Seq";

/** What makes a level; see {@link defineLevel}. */
export interface LevelSpec<O extends LevelOptions> {
  /** One sentence on what the agent has to do. */
  summary: string;
  competences: readonly Competence[];
  /** The options that the level takes, of those that there are, with their defaults. */
  options: O;
  /** The size of its rooms, and how many there are. */
  shape(options: O): Shape;
  /** Whether objects may have to be moved; missions then leave keys of locked doors alone. */
  unblocking?(options: O): boolean;
  /** Step limit, where it does not follow from rooms and mission. */
  maxSteps?(options: O): number;
  /** The most walks that a mission can ask for (see `Instruction.navigations`). */
  navigations(options: O): number;
  /**
   * Furnishes a cleared world and says what to do in it. What is random is drawn by the
   * world's methods (`int`, `flip`, `pick`, and all that place something), so that a seed settles the episode.
   *
   * @throws REJECTED to start again
   */
  generate(world: RoomGrid, options: O): AnyInstruction;
}

/** A level with all its options settled. */
export interface ConfiguredLevel {
  options: LevelOptions;
  shape: Shape;
  unblocking: boolean;
  /** null if the limit follows from rooms and mission. */
  maxSteps: number | null;
  navigations: number;
  generate(world: RoomGrid): AnyInstruction;
}

/** What `register` takes; made by {@link defineLevel}. */
export interface Level {
  summary: string;
  competences: readonly Competence[];
  options: LevelOptions;
  /**
   * Settles the options.
   *
   * @throws InvalidOptionError
   */
  configure(given: LevelOptions): ConfiguredLevel;
}

/**
 * Defines a level: rooms, what lies in them, and a mission. The expert, pictures and texts work for it as for any other.
 *
 * @example
 * const level = defineLevel({
 *   summary: "Go to the red ball.",
 *   competences: ["Room", "GoTo"],
 *   options: { roomSize: 6 },
 *   shape: ({ roomSize }) => oneRoom(roomSize),
 *   navigations: () => 1,
 *   generate(world) {
 *     const ball = world.addObject(0, 0, { type: BALL, color: COLOR_INDEX.red });
 *     world.placeAgent();
 *     return new GoTo(like(world, ball));
 *   },
 * });
 * register("My-Level-v0", level);
 * @throws InvalidOptionError an option is none that there is, or its default none of its values
 */
export function defineLevel<O extends LevelOptions>(spec: LevelSpec<O>): Level {
  checkOptions(spec.options, spec.options);
  return {
    summary: spec.summary,
    competences: spec.competences,
    options: spec.options,
    configure(given) {
      checkOptions(given, spec.options);
      const options = { ...spec.options, ...given };
      return {
        options,
        shape: spec.shape(options),
        unblocking: spec.unblocking?.(options) ?? false,
        maxSteps: spec.maxSteps?.(options) ?? null,
        navigations: spec.navigations(options),
        generate: (world) => spec.generate(world, options),
      };
    },
  };
}

/** An id under which a level, with some of its options set, can be made. */
export interface Registration {
  id: string;
  level: Level;
  options: LevelOptions;
}

export function registration(id: string, level: Level, options: LevelOptions = {}): Registration {
  return { id, level, options };
}

/**
 * The shape of a single room of `roomSize` cells a side, walls included.
 *
 * @example
 * oneRoom(8); // { roomSize: 8, numRows: 1, numCols: 1 }
 */
export function oneRoom(roomSize: number): Shape {
  return { roomSize, numRows: 1, numCols: 1 };
}

/** The default maze. */
export const NINE_ROOMS = { roomSize: 8, numRows: 3, numCols: 3 };

/**
 * A shape that holds the rooms that a level names.
 *
 * @throws InvalidOptionError it has too few
 */
export function atLeast(rows: number, columns: number, shape: Shape): Shape {
  const { numRows, numCols } = shape;
  if (numRows < rows)
    throw new InvalidOptionError("numRows", numRows, `This level needs ${rows} or more.`);
  if (numCols < columns)
    throw new InvalidOptionError("numCols", numCols, `This level needs ${columns} or more.`);
  return shape;
}

const MAX_ATTEMPTS = 100_000;

/** Furnishes the world for a new episode, again and again until nothing speaks against the result. */
export function generateMission(world: RoomGrid, level: ConfiguredLevel): AnyInstruction {
  world.beginEpisode();
  return retry(() => {
    try {
      world.clear();
      const instruction = level.generate(world);
      instruction.bind(world);
      return isValid(instruction, world, level.unblocking) ? instruction : null;
    } catch (error) {
      if (error === REJECTED) return null;
      throw error;
    }
  });
}

/** The first result that is not null; gives up where the reference would try for ever. */
export function retry<T>(attempt: () => T | null): T {
  for (let i = 0; i < MAX_ATTEMPTS; i++) {
    const result = attempt();
    if (result !== null) return result;
  }
  throw new GenerationError(
    `No valid level came out of ${MAX_ATTEMPTS} attempts. Ask for fewer objects or larger rooms.`,
  );
}

/** Whether a level may give the mission, which is bound. */
export function isValid(
  instruction: AnyInstruction,
  world: RoomGrid,
  unblocking: boolean,
): boolean {
  if (instruction instanceof Before || instruction instanceof After || instruction instanceof And) {
    return isValid(instruction.a, world, unblocking) && isValid(instruction.b, world, unblocking);
  }
  if (instruction instanceof PutNext) {
    const { move, fixed } = instruction;
    if (move.objects.some((id) => fixed.objects.includes(id)) || instruction.isDone(world))
      return false;
  }
  return !unblocking || !namesKeyOfLockedDoor(instruction, world);
}

function namesKeyOfLockedDoor(instruction: AnyInstruction, world: RoomGrid): boolean {
  const lockedColors = world
    .allDoors()
    .map((door) => world.grid.codeOf(door))
    .filter((code) => stateOf(code) === LOCKED)
    .map(colorOf);
  return instruction
    .descriptions()
    .some(({ type, color }) => type === KEY && color !== null && lockedColors.includes(color));
}

interface Check {
  expected: string;
  accepts(value: unknown): boolean;
}

const wholeNumber = (least: number): Check => ({
  expected: `It takes a whole number ≥ ${least}.`,
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});
const oneOf = (...values: unknown[]): Check => ({
  expected: `It takes ${values.map((value) => JSON.stringify(value)).join(", ")}.`,
  accepts: (value) => values.includes(value),
});
const listOf = (...values: string[]): Check => ({
  expected: `It takes a list of ${values.map((value) => JSON.stringify(value)).join(", ")}.`,
  accepts: (value) =>
    Array.isArray(value) && value.length > 0 && value.every((item) => values.includes(item)),
});
const flag = oneOf(true, false);

const CHECKS: Record<keyof LevelOptions, Check> = {
  roomSize: wholeNumber(3),
  numRows: wholeNumber(1),
  numCols: wholeNumber(1),
  numDists: wholeNumber(0),
  numObjs: wholeNumber(2),
  objsPerRoom: wholeNumber(1),
  numDoors: oneOf(2, 3, 4),
  doorsOpen: flag,
  distractors: flag,
  startCarrying: flag,
  debug: flag,
  strict: flag,
  selectBy: oneOf("color", "loc", null),
  firstColor: oneOf(...COLORS, null),
  secondColor: oneOf(...COLORS, null),
  objType: oneOf("key", "ball", "box"),
  lockedRoomProb: {
    expected: "It takes a probability from 0 to 1.",
    accepts: (value) => typeof value === "number" && value >= 0 && value <= 1,
  },
  locations: flag,
  unblocking: flag,
  implicitUnlock: flag,
  actionKinds: listOf("goto", "pickup", "open", "putnext"),
  instrKinds: listOf("action", "and", "seq"),
};

export const checkMaxSteps = (value: unknown): void => {
  const check = wholeNumber(1);
  if (!check.accepts(value)) throw new InvalidOptionError("maxSteps", value, check.expected);
};

function checkOptions(given: LevelOptions, taken: LevelOptions): void {
  for (const [name, value] of Object.entries(given)) {
    if (!(name in taken)) {
      const names = ["maxSteps", ...Object.keys(taken)].join(", ");
      throw new InvalidOptionError(name, value, `This level's options are: ${names}.`);
    }
    const check: Check | undefined = CHECKS[name as keyof LevelOptions];
    if (check === undefined) {
      const names = Object.keys(CHECKS).join(", ");
      throw new InvalidOptionError(name, value, `The options that a level may take are: ${names}.`);
    }
    if (!check.accepts(value)) throw new InvalidOptionError(name, value, check.expected);
  }
}
