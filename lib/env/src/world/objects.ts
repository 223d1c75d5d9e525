/** Minigrid's six colors in the order of their indices (red 0 … grey 5). */
export const COLORS = ["red", "green", "blue", "purple", "yellow", "grey"] as const;
export type Color = (typeof COLORS)[number];

/** Object types in the order of their Minigrid indices; BabyAI never places a floor, a goal or lava. */
export const TYPES = ["unseen", "empty", "wall", "floor", "door", "key", "ball", "box"] as const;
export type ObjectType = "door" | "key" | "ball" | "box";
/** What the agent can pick up. */
export type PortableType = "key" | "ball" | "box";

/** An object as users see it. A box may hold another object. */
export interface WorldObject {
  type: ObjectType;
  color: Color;
  contains?: WorldObject;
}

export const UNSEEN = 0;
export const EMPTY = 1;
const WALL_TYPE = 2;
/**
 * The type of a door.
 *
 * @example
 * new ObjectDescription(DOOR).surface(); // "the door"
 */
export const DOOR = 4;
/**
 * The type of a key, which opens the locked doors of its color.
 *
 * @example
 * new ObjectDescription(KEY).surface(); // "the key"
 */
export const KEY = 5;
/**
 * The type of a ball, for descriptions and `world.addObject`.
 *
 * @example
 * new ObjectDescription(BALL).surface(); // "the ball"
 */
export const BALL = 6;
/**
 * The type of a box, which may hold another object.
 *
 * @example
 * new ObjectDescription(BOX).surface(); // "the box"
 */
export const BOX = 7;
export type TypeIndex = typeof DOOR | typeof KEY | typeof BALL | typeof BOX;

export const TYPE_INDEX: Record<ObjectType, TypeIndex> = {
  door: DOOR,
  key: KEY,
  ball: BALL,
  box: BOX,
};
/**
 * Minigrid's number of each color.
 *
 * @example
 * COLOR_INDEX.purple; // 3
 */
export const COLOR_INDEX: Record<Color, number> = {
  red: 0,
  green: 1,
  blue: 2,
  purple: 3,
  yellow: 4,
  grey: 5,
};

/**
 * The state of an open door.
 *
 * @example
 * const env = make("BabyAI-GoToOpen-v0");
 * env.reset({ seed: 1 });
 * const { grid } = env.world;
 * env.world.allDoors().every((door) => stateOf(grid.codeOf(door)) === OPEN); // true
 */
export const OPEN = 0;
export const CLOSED = 1;
/**
 * The state of a locked door.
 *
 * @example
 * const env = make("BabyAI-UnlockLocal-v0");
 * env.reset({ seed: 1 });
 * const { grid } = env.world;
 * env.world.allDoors().some((door) => stateOf(grid.codeOf(door)) === LOCKED); // true
 */
export const LOCKED = 2;

/**
 * A cell's look in one byte: Minigrid's (type, color, state) triple, 3 + 3 + 2 bits.
 * Grids and views hold these; images and texts are read off them by table.
 */
export function encode(type: number, color: number, state = 0): number {
  return type | (color << 3) | (state << 6);
}
/**
 * The type in a look: `BALL`, `BOX`, `DOOR`, `KEY`, or what Minigrid numbers else.
 *
 * @example
 * const { world } = make("BabyAI-GoToObj-v0");
 * typeOf(world.grid.codeOf(world.addObject(0, 0, { type: BALL }))) === BALL; // true
 */
export const typeOf = (code: number): number => code & 7;
export const colorOf = (code: number): number => (code >> 3) & 7;
/**
 * The state in a look: of a door `OPEN` (0), closed (1) or `LOCKED` (2).
 *
 * @example
 * const env = make("BabyAI-OpenRedDoor-v0");
 * env.reset({ seed: 1 });
 * const [door = 0] = env.world.allDoors();
 * stateOf(env.world.grid.codeOf(door)); // 1
 */
export const stateOf = (code: number): number => code >> 6;

export const WALL = encode(WALL_TYPE, COLOR_INDEX.grey);

/** Whether the agent's sight passes a cell: walls and doors that are not open block it. */
export const blocksSight = (code: number): boolean =>
  code === WALL || (typeOf(code) === DOOR && stateOf(code) !== OPEN);

/** Whether the agent can stand on a cell: empty, or an open door. */
export const isWalkable = (code: number): boolean =>
  code === EMPTY || (typeOf(code) === DOOR && stateOf(code) === OPEN);

export const isPortable = (code: number): boolean => typeOf(code) >= KEY;
