import type { Color } from "../world/objects";
import type { Shape } from "./shape";

/** A letter's grid; strokes are 2 wide. */
const WIDTH = 7;
const HEIGHT = 10;

const STEM = "0,0 2,0 2,10 0,10";
/** The half ring of P and R, and the lower one of B. */
const BOWL = "2,0 5,0 7,2 7,4 5,6 2,6 2,4 4.3,4 5,3.3 5,2.7 4.3,2 2,2";
const LOWER_BOWL = "2,4 5,4 7,6 7,8 5,10 2,10 2,8 4.3,8 5,7.3 5,6.7 4.3,6 2,6";
const P = [STEM, BOWL];

/**
 * A letter for each color, as polygons: pictures are the same bytes on every machine, so no fonts are used. Green has taken grey's
 * first letter, which has its E.
 */
const LETTERS: Record<Color, readonly string[]> = {
  red: [...P, "2.6,5.5 4.9,5.5 7,10 4.7,10"],
  green: [
    "5,3 7,3 7,2 5,0 2,0 0,2 0,8 2,10 5,10 7,8 7,4.6 3.7,4.6 3.7,6.4 5,6.4 5,7.3 4.3,8 2.7,8 2,7.3 2,2.7 2.7,2 4.3,2 5,2.7",
  ],
  blue: [...P, LOWER_BOWL],
  purple: P,
  yellow: ["0,0 2.3,0 3.5,2.9 4.7,0 7,0 4.5,5.4 4.5,10 2.5,10 2.5,5.4"],
  grey: [STEM, "2,0 6.6,0 6.6,2 2,2", "2,4 5.8,4 5.8,6 2,6", "2,8 6.6,8 6.6,10 2,10"],
};

/** A color's letter, so high, about a point of its cell. */
export function letterShapes(
  color: Color,
  [x, y]: readonly [number, number],
  height: number,
  fill: string,
): Shape[] {
  const unit = height / HEIGHT;
  return LETTERS[color].map((polygon) => ({
    kind: "polygon",
    points: polygon.split(" ").map((point) => {
      const [px = 0, py = 0] = point.split(",").map(Number);
      return [x + (px - WIDTH / 2) * unit, y + (py - HEIGHT / 2) * unit] as const;
    }),
    fill,
  }));
}
