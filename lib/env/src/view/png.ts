import { type Direction, NOTHING } from "../world/grid";
import { EMPTY, WALL } from "../world/objects";
import type { RoomGrid } from "../world/room-grid";
import { seenCells } from "./observation";
import { encodePng } from "./png-file";
import type { Shape } from "./shape";
import {
  agentShapes,
  carriedShapes,
  FLOOR,
  GRID_LINE,
  objectShapes,
  VIEW_PAINT,
  WALL_PAINT,
} from "./tiles";

/** A cell's pixels, row by row, as indices into its own colors. */
interface Tile {
  pixels: Uint8Array;
  colors: readonly Rgb[];
}

/** Samples along a pixel's side; a pixel's color is their mean. */
const SAMPLES = 3;
/** Parts that two colors are mixed in: all tiles together then have fewer than 256 colors. */
const MIXES = 4;

type Rgb = readonly [number, number, number];

/** Tiles drawn so far: a picture consists of a few dozen. */
const tiles = new Map<string, Tile>();

/** The whole grid with the agent's view shaded, as a PNG file; `cellSize` pixels along a cell. */
export function renderPng(world: RoomGrid, cellSize: number, letters: boolean): Uint8Array {
  const { grid } = world;
  const { width, height } = grid;
  const seen = seenCells(world);
  const stride = width * cellSize + 1;
  // Each line begins with the number of its filter: 0, none. Deflate finds the repeated tiles by itself.
  const lines = new Uint8Array(stride * height * cellSize);
  const palette = new Palette();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = grid.cell(x, y);
      const isAgentHere = cell === world.agentCell;
      const held = isAgentHere && world.carrying !== NOTHING ? grid.codeOf(world.carrying) : EMPTY;
      const rows = palette.rowsOf(
        tileOf(
          grid.code(cell),
          seen.has(cell),
          isAgentHere ? world.agentDir : null,
          held,
          cellSize,
          letters,
        ),
        cellSize,
      );
      let at = y * cellSize * stride + 1 + x * cellSize;
      for (const row of rows) {
        lines.set(row, at);
        at += stride;
      }
    }
  }
  return encodePng(width * cellSize, height * cellSize, palette.bytes(), lines, 1);
}

function tileOf(
  code: number,
  isSeen: boolean,
  agentDir: Direction | null,
  held: number,
  size: number,
  letters: boolean,
): Tile {
  const key = `${code} ${isSeen} ${agentDir} ${held} ${size} ${letters}`;
  let tile = tiles.get(key);
  if (tile === undefined) {
    const shapes = [...objectShapes(code, letters)];
    if (agentDir !== null) shapes.push(...agentShapes(agentDir), ...carriedShapes(held, letters));
    tile = rasterize(code === WALL, isSeen, shapes, size);
    tiles.set(key, tile);
  }
  return tile;
}

function rasterize(isWall: boolean, isSeen: boolean, shapes: readonly Shape[], size: number): Tile {
  const shade = (color: Rgb): Rgb =>
    isSeen ? mix(color, rgb(VIEW_PAINT.fill), VIEW_PAINT.opacity) : color;
  const ground = shade(rgb(isWall ? WALL_PAINT : FLOOR));
  const edge = shade(rgb(isWall ? WALL_PAINT : GRID_LINE));
  const colors: Rgb[] = [];
  const indices = new Map<string, number>();
  const pixels = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let color = x === 0 || y === 0 ? edge : ground;
      for (const shape of shapes) {
        const part = Math.round(coverage(shape, x, y, size) * MIXES) / MIXES;
        if (part > 0) color = mix(color, rgb(shape.fill), part);
      }
      const key = color.join();
      const index = indices.get(key) ?? colors.push(color) - 1;
      indices.set(key, index);
      pixels[y * size + x] = index;
    }
  }
  return { pixels, colors };
}

/** The colors of one picture, in the order in which they appear, so that its bytes depend on nothing else. */
class Palette {
  private readonly colors: Rgb[] = [];
  private readonly indices = new Map<string, number>();
  private readonly rows = new Map<Tile, Uint8Array[]>();

  /** A tile's pixels as indices into this palette. */
  rowsOf(tile: Tile, size: number): Uint8Array[] {
    let rows = this.rows.get(tile);
    if (rows === undefined) {
      const indices = Uint8Array.from(tile.colors, (color) => this.indexOf(color));
      const pixels = tile.pixels.map((pixel) => indices[pixel]!);
      rows = Array.from({ length: size }, (_, y) => pixels.subarray(y * size, (y + 1) * size));
      this.rows.set(tile, rows);
    }
    return rows;
  }

  private indexOf(color: Rgb): number {
    const key = color.join();
    const known = this.indices.get(key);
    if (known !== undefined) return known;
    this.indices.set(key, this.colors.length);
    return this.colors.push(color) - 1;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.colors.flat());
  }
}

/** The part of a pixel that a shape covers. */
function coverage(shape: Shape, x: number, y: number, size: number): number {
  let hits = 0;
  for (let j = 0; j < SAMPLES; j++) {
    for (let i = 0; i < SAMPLES; i++) {
      const px = (x + (i + 0.5) / SAMPLES) / size;
      const py = (y + (j + 0.5) / SAMPLES) / size;
      if (contains(shape, px, py)) hits++;
    }
  }
  return hits / SAMPLES ** 2;
}

function contains(shape: Shape, x: number, y: number): boolean {
  switch (shape.kind) {
    case "rect":
      return (
        x >= shape.x && x < shape.x + shape.width && y >= shape.y && y < shape.y + shape.height
      );
    case "circle":
      return Math.hypot(x - shape.x, y - shape.y) < shape.radius;
    case "ring": {
      const distance = Math.hypot(x - shape.x, y - shape.y);
      return distance < shape.radius && distance >= shape.radius - shape.width;
    }
    case "polygon": {
      // Even-odd rule: count the edges that a ray to the right crosses.
      let inside = false;
      let [ax, ay] = shape.points.at(-1) ?? [0, 0];
      for (const [bx, by] of shape.points) {
        if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
        [ax, ay] = [bx, by];
      }
      return inside;
    }
  }
}

function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function mix(a: Rgb, b: Rgb, part: number): Rgb {
  const between = (from: number, to: number) => Math.round(from + (to - from) * part);
  return [between(a[0], b[0]), between(a[1], b[1]), between(a[2], b[2])];
}
