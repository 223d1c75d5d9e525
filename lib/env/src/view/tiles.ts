import { type Direction, DX, DY } from "../world/grid";
import {
  BALL,
  BOX,
  COLORS,
  type Color,
  colorOf,
  DOOR,
  KEY,
  LOCKED,
  OPEN,
  stateOf,
  typeOf,
} from "../world/objects";
import { letterShapes } from "./letters";
import type { Shape } from "./shape";

/**
 * BabyAI's six colors, distinct to color-blind eyes, too: hues after Okabe and Ito (2008), and no two of
 * the same lightness where hues may be confused.
 */
const PAINT: Record<Color, string> = {
  red: "#d5321e",
  green: "#1fa67a",
  blue: "#1f6fc4",
  purple: "#7a3fa8",
  yellow: "#f2c21b",
  grey: "#8b929c",
};
export const FLOOR = "#f8f8f6";
export const GRID_LINE = "#e4e4df";
export const WALL_PAINT = "#454c58";
/** Laid over the cells that the agent sees. */
export const VIEW_PAINT = { fill: "#3b82d6", opacity: 0.16 };
const AGENT_PAINT = "#15181d";
const KEYHOLE = "#15181d";

const rect = (x: number, y: number, width: number, height: number, fill: string): Shape => ({
  kind: "rect",
  x,
  y,
  width,
  height,
  fill,
});

/** The ink of a color's letter on its paint. */
const LETTER_PAINT: Record<Color, string> = {
  ...{ red: FLOOR, blue: FLOOR, purple: FLOOR },
  ...{ green: AGENT_PAINT, yellow: AGENT_PAINT, grey: AGENT_PAINT },
};

/** The shapes of an object, in the order in which they are painted; with the letter of its color or without. */
export function objectShapes(code: number, hasLetter: boolean): Shape[] {
  const color = COLORS[colorOf(code)] as Color;
  const paint = PAINT[color];
  const letter = (at: readonly [number, number], height: number, ink: string) =>
    hasLetter ? letterShapes(color, at, height, ink) : [];
  switch (typeOf(code)) {
    case DOOR: {
      const state = stateOf(code);
      if (state === OPEN) return [...doorFrame(paint), ...letter([0.5, 0.5], 0.44, AGENT_PAINT)];
      return [
        ...doorFrame(paint),
        rect(0.16, 0.16, 0.68, 0.68, paint),
        ...(state === LOCKED ? keyhole(hasLetter ? 0.69 : 0.5) : [HANDLE]),
        ...letter([0.39, 0.5], 0.44, LETTER_PAINT[color]),
      ];
    }
    case KEY:
      return [
        { kind: "ring", x: 0.5, y: 0.29, radius: 0.18, width: 0.1, fill: paint },
        rect(0.45, 0.44, 0.1, 0.42, paint),
        rect(0.55, 0.6, 0.14, 0.08, paint),
        rect(0.55, 0.76, 0.14, 0.1, paint),
        ...letter([0.25, 0.68], 0.38, AGENT_PAINT),
      ];
    case BALL:
      return [
        { kind: "circle", x: 0.5, y: 0.5, radius: 0.32, fill: paint },
        ...letter([0.5, 0.5], 0.44, LETTER_PAINT[color]),
      ];
    case BOX:
      return [
        rect(0.16, 0.16, 0.68, 0.1, paint),
        rect(0.16, 0.74, 0.68, 0.1, paint),
        rect(0.16, 0.26, 0.1, 0.48, paint),
        rect(0.74, 0.26, 0.1, 0.48, paint),
        rect(0.26, 0.455, 0.48, 0.09, paint),
        ...(hasLetter ? [rect(0.3, 0.28, 0.4, 0.44, FLOOR)] : []),
        ...letter([0.5, 0.5], 0.4, AGENT_PAINT),
      ];
    default:
      return [];
  }
}

const doorFrame = (paint: string) => [
  rect(0, 0, 1, 0.09, paint),
  rect(0, 0.91, 1, 0.09, paint),
  rect(0, 0.09, 0.09, 0.82, paint),
  rect(0.91, 0.09, 0.09, 0.82, paint),
];

const HANDLE: Shape = { kind: "circle", x: 0.7, y: 0.5, radius: 0.07, fill: FLOOR };

const keyhole = (x: number): Shape[] => [
  { kind: "circle", x, y: 0.43, radius: 0.11, fill: KEYHOLE },
  rect(x - 0.045, 0.48, 0.09, 0.2, KEYHOLE),
];

const POINTER = [
  [0.86, 0.5],
  [0.16, 0.82],
  [0.32, 0.5],
  [0.16, 0.18],
] as const;

/** The agent: an arrowhead towards where it faces. */
export function agentShapes(direction: Direction): Shape[] {
  const cos = DX[direction];
  const sin = DY[direction];
  const points = POINTER.map(
    ([x, y]) =>
      [0.5 + (x - 0.5) * cos - (y - 0.5) * sin, 0.5 + (x - 0.5) * sin + (y - 0.5) * cos] as const,
  );
  return [{ kind: "polygon", points, fill: AGENT_PAINT }];
}

/** What the agent carries: the object, small, in the corner behind the agent's right shoulder. */
export function carriedShapes(code: number, hasLetter: boolean): Shape[] {
  return objectShapes(code, hasLetter).map((shape) => shrink(shape, 0.44, 0.54, 0.54));
}

function shrink(shape: Shape, by: number, dx: number, dy: number): Shape {
  switch (shape.kind) {
    case "rect":
      return {
        ...shape,
        x: dx + shape.x * by,
        y: dy + shape.y * by,
        width: shape.width * by,
        height: shape.height * by,
      };
    case "circle":
      return { ...shape, x: dx + shape.x * by, y: dy + shape.y * by, radius: shape.radius * by };
    case "ring":
      return {
        ...shape,
        x: dx + shape.x * by,
        y: dy + shape.y * by,
        radius: shape.radius * by,
        width: shape.width * by,
      };
    case "polygon":
      return {
        ...shape,
        points: shape.points.map(([x, y]) => [dx + x * by, dy + y * by] as const),
      };
  }
}
