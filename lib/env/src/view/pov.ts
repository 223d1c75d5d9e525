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
  UNSEEN,
  WALL,
} from "../world/objects";
import { AGENT_CELL, VIEW_SIZE } from "./observation";

// Minigrid's tiles (minigrid/core/grid.py and world_object.py, minigrid/utils/rendering.py), to the last bit: each is
// painted at three times its size, in unit coordinates, and each pixel is the mean of nine, cut to a byte.

const SUBDIVISIONS = 3;

type Rgb = readonly [number, number, number];
type Inside = (x: number, y: number) => boolean;
type Shape = readonly [inside: Inside, color: Rgb];

const PAINTS: Record<Color, Rgb> = {
  red: [255, 0, 0],
  green: [0, 255, 0],
  blue: [0, 0, 255],
  purple: [112, 39, 195],
  yellow: [255, 255, 0],
  grey: [100, 100, 100],
};
const BLACK: Rgb = [0, 0, 0];

const rect =
  (left: number, right: number, top: number, bottom: number): Inside =>
  (x, y) =>
    x >= left && x <= right && y >= top && y <= bottom;
const circle =
  (cx: number, cy: number, radius: number): Inside =>
  (x, y) =>
    (x - cx) * (x - cx) + (y - cy) * (y - cy) <= radius * radius;
const WHOLE = rect(0, 1, 0, 1);

const GRID_LINES: readonly Shape[] = [
  [rect(0, 0.031, 0, 1), PAINTS.grey],
  [rect(0, 1, 0, 0.031), PAINTS.grey],
];

/** The agent looks up in its own view: Minigrid's triangle towards the right, turned by three quarters. */
const AGENT: Shape = [
  turned(triangle([0.12, 0.19], [0.87, 0.5], [0.12, 0.81]), 1.5 * Math.PI),
  PAINTS.red,
];

/** By barycentric coordinates, of corners in single precision, as NumPy has them there. */
function triangle(
  ...corners: readonly [
    readonly [number, number],
    readonly [number, number],
    readonly [number, number],
  ]
): Inside {
  const single = Math.fround;
  const [[ax, ay], [bx, by], [cx, cy]] = corners.map(
    ([x, y]) => [single(x), single(y)] as const,
  ) as never as typeof corners;
  const [v0x, v0y, v1x, v1y] = [single(cx - ax), single(cy - ay), single(bx - ax), single(by - ay)];
  const dot = (px: number, py: number, qx: number, qy: number) =>
    single(single(px * qx) + single(py * qy));
  const dot00 = dot(v0x, v0y, v0x, v0y);
  const dot01 = dot(v0x, v0y, v1x, v1y);
  const dot11 = dot(v1x, v1y, v1x, v1y);
  const scale = 1 / single(single(dot00 * dot11) - single(dot01 * dot01));
  return (x, y) => {
    const dot02 = v0x * (x - ax) + v0y * (y - ay);
    const dot12 = v1x * (x - ax) + v1y * (y - ay);
    const u = (dot11 * dot02 - dot01 * dot12) * scale;
    const v = (dot00 * dot12 - dot01 * dot02) * scale;
    return u >= 0 && v >= 0 && u + v < 1;
  };
}

/** The shape turned about the middle of the tile. */
function turned(inside: Inside, angle: number): Inside {
  const [cos, sin] = [Math.cos(-angle), Math.sin(-angle)];
  return (x, y) => {
    const [dx, dy] = [x - 0.5, y - 0.5];
    return inside(0.5 + dx * cos - dy * sin, 0.5 + dy * cos + dx * sin);
  };
}

/** What is drawn for a cell's look; the later covers the earlier. */
function shapesOf(code: number): readonly Shape[] {
  const color = PAINTS[COLORS[colorOf(code)] ?? "grey"];
  switch (typeOf(code)) {
    case DOOR:
      return doorShapes(stateOf(code), color);
    case KEY:
      return [
        [rect(0.5, 0.63, 0.31, 0.88), color],
        [rect(0.38, 0.5, 0.59, 0.66), color],
        [rect(0.38, 0.5, 0.81, 0.88), color],
        [circle(0.56, 0.28, 0.19), color],
        [circle(0.56, 0.28, 0.064), BLACK],
      ];
    case BALL:
      return [[circle(0.5, 0.5, 0.31), color]];
    case BOX:
      return [
        [rect(0.12, 0.88, 0.12, 0.88), color],
        [rect(0.18, 0.82, 0.18, 0.82), BLACK],
        [rect(0.16, 0.84, 0.47, 0.53), color],
      ];
    default:
      return code === WALL ? [[WHOLE, color]] : [];
  }
}

function doorShapes(state: number, color: Rgb): readonly Shape[] {
  if (state === OPEN)
    return [
      [rect(0.88, 1, 0, 1), color],
      [rect(0.92, 0.96, 0.04, 0.96), BLACK],
    ];
  if (state === LOCKED) {
    const [r, g, b] = color;
    const dark: Rgb = [Math.trunc(0.45 * r), Math.trunc(0.45 * g), Math.trunc(0.45 * b)];
    return [
      [WHOLE, color],
      [rect(0.06, 0.94, 0.06, 0.94), dark],
      [rect(0.52, 0.75, 0.5, 0.56), color],
    ];
  }
  return [
    [WHOLE, color],
    [rect(0.04, 0.96, 0.04, 0.96), BLACK],
    [rect(0.08, 0.92, 0.08, 0.92), color],
    [rect(0.12, 0.88, 0.12, 0.88), BLACK],
    [circle(0.75, 0.5, 0.08), color],
  ];
}

/** What the agent sees is 30 % lighter. */
const lit = (byte: number): number => Math.trunc(byte + 0.3 * (255 - byte));

/** A tile's rows of RGB bytes. */
function drawTile(code: number, isAgentHere: boolean, size: number): Uint8Array[] {
  const isSeen = code !== UNSEEN;
  const shapes = [...GRID_LINES, ...shapesOf(code), ...(isAgentHere ? [AGENT] : [])];
  const fine = size * SUBDIVISIONS;
  const colorAt = (x: number, y: number): Rgb => {
    const top = shapes.findLast(([inside]) => inside((x + 0.5) / fine, (y + 0.5) / fine));
    return top?.[1] ?? BLACK;
  };
  return Array.from({ length: size }, (_, y) => {
    const row = new Uint8Array(size * 3);
    for (let x = 0; x < size; x++) {
      for (let channel = 0; channel < 3; channel++) {
        // Means of three means, in NumPy's order: the sum of nine by nine can be one bit off.
        let sum = 0;
        for (let j = 0; j < SUBDIVISIONS; j++) {
          let part = 0;
          for (let i = 0; i < SUBDIVISIONS; i++) {
            const byte = colorAt(x * SUBDIVISIONS + i, y * SUBDIVISIONS + j)[channel] ?? 0;
            part += isSeen ? lit(byte) : byte;
          }
          sum += part / SUBDIVISIONS;
        }
        row[x * 3 + channel] = sum / SUBDIVISIONS;
      }
    }
    return row;
  });
}

/** Tiles of a size that were drawn before, by look; the agent's own cell apart. */
class Tiles {
  private readonly drawn = new Map<number, Uint8Array[]>();

  constructor(readonly size: number) {}

  rowsOf(code: number, isAgentHere: boolean): readonly Uint8Array[] {
    const key = code | (isAgentHere ? 256 : 0);
    let rows = this.drawn.get(key);
    if (rows === undefined) {
      rows = drawTile(code, isAgentHere, this.size);
      this.drawn.set(key, rows);
    }
    return rows;
  }
}

const tilesOf = new Map<number, Tiles>();

/** Minigrid's `get_pov_render(tile_size)`: the view's RGB bytes, row by row, `7 * tileSize` pixels along a side. */
export function renderPov(view: Uint8Array, tileSize: number): Uint8Array {
  const tiles = tilesOf.get(tileSize) ?? new Tiles(tileSize);
  tilesOf.set(tileSize, tiles);
  const stride = VIEW_SIZE * tileSize * 3;
  const picture = new Uint8Array(stride * VIEW_SIZE * tileSize);
  for (const [i, code] of view.entries()) {
    let at = (i % VIEW_SIZE) * tileSize * stride + Math.floor(i / VIEW_SIZE) * tileSize * 3;
    for (const row of tiles.rowsOf(code, i === AGENT_CELL)) {
      picture.set(row, at);
      at += stride;
    }
  }
  return picture;
}
