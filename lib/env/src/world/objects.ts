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
export const DOOR = 4;
export const KEY = 5;
export const BALL = 6;
export const BOX = 7;
export type TypeIndex = typeof DOOR | typeof KEY | typeof BALL | typeof BOX;

export const TYPE_INDEX: Record<ObjectType, TypeIndex> = {
  door: DOOR,
  key: KEY,
  ball: BALL,
  box: BOX,
};
export const COLOR_INDEX: Record<Color, number> = {
  red: 0,
  green: 1,
  blue: 2,
  purple: 3,
  yellow: 4,
  grey: 5,
};

export const OPEN = 0;
export const CLOSED = 1;
export const LOCKED = 2;

/**
 * A cell's look in one byte: Minigrid's (type, color, state) triple, 3 + 3 + 2 bits.
 * Grids and views hold these; images and texts are read off them by table.
 */
export function encode(type: number, color: number, state = 0): number {
  return type | (color << 3) | (state << 6);
}
export const typeOf = (code: number): number => code & 7;
export const colorOf = (code: number): number => (code >> 3) & 7;
export const stateOf = (code: number): number => code >> 6;

export const WALL = encode(WALL_TYPE, COLOR_INDEX.grey);

/** Whether the agent's sight passes a cell: walls and doors that are not open block it. */
export const blocksSight = (code: number): boolean =>
  code === WALL || (typeOf(code) === DOOR && stateOf(code) !== OPEN);

/** Whether the agent can stand on a cell: empty, or an open door. */
export const isWalkable = (code: number): boolean =>
  code === EMPTY || (typeOf(code) === DOOR && stateOf(code) === OPEN);

export const isPortable = (code: number): boolean => typeOf(code) >= KEY;
