import {
  blocksSight,
  COLORS,
  type Color,
  colorOf,
  EMPTY,
  encode,
  type ObjectType,
  stateOf,
  TYPES,
  typeOf,
  WALL,
  type WorldObject,
} from "./objects";

/** Object ids: 0 is no object, 1 is every wall, doors and things follow in the order they were made. */
export const NOTHING = 0;
export const WALL_ID = 1;
const FIRST_ID = 2;

/**
 * Walls round the grid, so that a 7×7 view never leaves the array. A view reaches 6 cells ahead of an
 * agent that stands at least one cell inside, and Minigrid shows what is outside as walls.
 */
const MARGIN = 6;

/** 0 right (+x), 1 down (+y), 2 left, 3 up. */
export type Direction = 0 | 1 | 2 | 3;
export const DIRECTIONS = [0, 1, 2, 3] as const;
/** Steps in x and y for each direction. */
export const DX = [1, 0, -1, 0] as const;
export const DY = [0, 1, 0, -1] as const;

export const turned = (direction: Direction, quarterTurnsRight: number): Direction =>
  ((direction + quarterTurnsRight) & 3) as Direction;

/**
 * What a cell holds, in one number: the object's id, whether it blocks sight, and its look. Sight, image and
 * text read the low 9 bits of 49 cells a step, so they are kept here although the id tells them too.
 */
const SIGHT_BIT = 8;
const ID_SHIFT = 9;
const pack = (id: number, code: number): number =>
  (id << ID_SHIFT) | (blocksSight(code) ? 1 << SIGHT_BIT : 0) | code;
const FREE_CELL = pack(NOTHING, EMPTY);
const WALL_CELL = pack(WALL_ID, WALL);

/**
 * The grid and the objects on it, in flat arrays.
 * A "cell" everywhere is an index into `cells`; `cell()` makes one from coordinates.
 * Cells of the grid and ids from `create` lie within the arrays, so reading needs no check.
 */
export class Grid {
  /** Length of a row of `cells`: going down one cell adds this. */
  readonly stride: number;
  /** What going forward adds to a cell, by direction. */
  readonly ahead: readonly [number, number, number, number];
  /** Look (see `encode` in objects.ts) in bits 0..7, whether sight is blocked in bit 8, object id above. */
  readonly cells: Uint32Array;
  /** By id. */
  private codes: Uint8Array = new Uint8Array(64);
  private places: Int32Array = new Int32Array(64);
  private contents: Uint16Array = new Uint16Array(64);
  /** One more than the last id in use. */
  end = FIRST_ID;

  /** Walls everywhere. */
  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.stride = width + 2 * MARGIN;
    this.ahead = [1, this.stride, -1, -this.stride];
    this.cells = new Uint32Array(this.stride * (height + 2 * MARGIN)).fill(WALL_CELL);
    this.codes[NOTHING] = EMPTY;
    this.codes[WALL_ID] = WALL;
  }

  /** Removes every object and restores the walls of `layout`, earlier `cells`. */
  clear(layout: Uint32Array): void {
    this.cells.set(layout);
    this.contents.fill(NOTHING, 0, this.end);
    this.end = FIRST_ID;
  }

  copy(): Grid {
    const grid = new Grid(this.width, this.height);
    grid.cells.set(this.cells);
    grid.codes = this.codes.slice();
    grid.places = this.places.slice();
    grid.contents = this.contents.slice();
    grid.end = this.end;
    return grid;
  }

  cell(x: number, y: number): number {
    return (y + MARGIN) * this.stride + x + MARGIN;
  }

  x(cell: number): number {
    return (cell % this.stride) - MARGIN;
  }

  y(cell: number): number {
    return Math.floor(cell / this.stride) - MARGIN;
  }

  /** The look of a cell. */
  code(cell: number): number {
    return this.cells[cell]! & 0xff;
  }

  /** The id of what is in a cell. */
  idAt(cell: number): number {
    return this.cells[cell]! >>> ID_SHIFT;
  }

  /** The look of an object; EMPTY for NOTHING. */
  codeOf(id: number): number {
    return this.codes[id]!;
  }

  /** The cell of an object, 0 while carried. Stale once a box is destroyed, so see `isOnGrid`. */
  cellOf(id: number): number {
    return this.places[id]!;
  }

  /** The id of what a box contains. */
  contentOf(id: number): number {
    return this.contents[id]!;
  }

  isFree(cell: number): boolean {
    return this.cells[cell] === FREE_CELL;
  }

  /** Makes an object that is nowhere yet. */
  create(type: number, color: number, state = 0): number {
    if (this.end === this.codes.length) this.grow();
    const id = this.end++;
    this.codes[id] = encode(type, color, state);
    this.places[id] = 0;
    return id;
  }

  put(id: number, cell: number): void {
    this.cells[cell] = pack(id, this.codeOf(id));
    this.places[id] = cell;
  }

  /** Takes an object off the grid. */
  take(id: number): void {
    this.empty(this.cellOf(id));
    this.places[id] = 0;
  }

  putInto(box: number, id: number): void {
    this.contents[box] = id;
  }

  /** Leaves a cell empty; what was there keeps its place on record. */
  empty(cell: number): void {
    this.cells[cell] = FREE_CELL;
  }

  isOnGrid(id: number): boolean {
    return this.idAt(this.cellOf(id)) === id;
  }

  setState(id: number, state: number): void {
    const code = this.codeOf(id);
    this.setCode(id, encode(typeOf(code), colorOf(code), state));
  }

  setColor(id: number, color: number): void {
    const code = this.codeOf(id);
    this.setCode(id, encode(typeOf(code), color, stateOf(code)));
  }

  private setCode(id: number, code: number): void {
    this.codes[id] = code;
    if (this.isOnGrid(id)) this.cells[this.cellOf(id)] = pack(id, code);
  }

  /** An object as users see it. */
  describe(id: number): WorldObject {
    const code = this.codeOf(id);
    const object: WorldObject = {
      type: TYPES[typeOf(code)] as ObjectType,
      color: COLORS[colorOf(code)] as Color,
    };
    const content = this.contentOf(id);
    if (content !== NOTHING) object.contains = this.describe(content);
    return object;
  }

  /**
   * Minigrid's `Grid.encode()`: (type, color, state) of every cell without the agent,
   * cell (x, y) at (x * height + y) * 3.
   */
  encode(): Uint8Array {
    const out = new Uint8Array(this.width * this.height * 3);
    let i = 0;
    for (let x = 0; x < this.width; x++) {
      for (let y = 0; y < this.height; y++) {
        const code = this.code(this.cell(x, y));
        out[i++] = typeOf(code);
        out[i++] = colorOf(code);
        out[i++] = stateOf(code);
      }
    }
    return out;
  }

  private grow(): void {
    const size = this.codes.length * 2;
    const codes = new Uint8Array(size);
    codes.set(this.codes);
    this.codes = codes;
    const places = new Int32Array(size);
    places.set(this.places);
    this.places = places;
    const contents = new Uint16Array(size);
    contents.set(this.contents);
    this.contents = contents;
  }
}
