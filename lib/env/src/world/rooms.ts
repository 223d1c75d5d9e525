import { GenerationError } from "./errors";
import { DIRECTIONS, type Direction, DX, DY, Grid, turned } from "./grid";
import { CLOSED, COLOR_INDEX, DOOR, LOCKED } from "./objects";
import { Pcg64 } from "./random";
import { Scene } from "./scene";

/** Rooms of one size in rows and columns, sharing walls. */
export interface Shape {
  /** Cells along a room's side, both walls included. */
  roomSize: number;
  numRows: number;
  numCols: number;
}

/** Thrown to start the whole generation again, as the reference does; carries no stack, so it is cheap. */
export class Rejected {}
/**
 * Thrown by a level's `generate` to start again, with the next random draws.
 *
 * @example
 * const level = defineLevel({
 *   summary: "Take a red ball.",
 *   competences: ["Room", "PickUp"],
 *   options: {},
 *   shape: () => oneRoom(6),
 *   navigations: () => 1,
 *   generate(world) {
 *     const ball = world.addObject(0, 0, { type: BALL });
 *     if (world.grid.describe(ball).color !== "red") throw REJECTED;
 *     world.placeAgent();
 *     return new PickUp(like(world, ball));
 *   },
 * });
 * register("My-RedBall-v0", level);
 * make("My-RedBall-v0").reset({ seed: 1 }).observation.mission; // "pick up the red ball"
 */
export const REJECTED = new Rejected();

// The reference draws from names in alphabetical order.
const { blue, green, grey, purple, red, yellow } = COLOR_INDEX;
export const COLORS_TO_DRAW: readonly number[] = [blue, green, grey, purple, red, yellow];

const MAX_CONNECTIONS = 5000;

/** What lies in a wall between two rooms: a door's id, or one of these. */
const CLOSED_WALL = 0;
const REMOVED_WALL = -1;

/** A room's four sides. */
export const RIGHT = 0;
export const DOWN = 1;
export const LEFT = 2;
export const UP = 3;

/**
 * Rooms in rows and columns with the doors between them, and the random draws that place those.
 *
 * Every draw happens in the reference's order, or episodes would differ: a method says what it draws. Rooms
 * are addressed by column i and row j, or by the index j * numCols + i.
 */
export class Rooms extends Scene {
  readonly roomSize: number;
  readonly numRows: number;
  readonly numCols: number;
  random = new Pcg64(0);

  /** By room * 4 + side: the cell where a door may go, or 0; and what is in that wall. */
  protected readonly doorCells: Int32Array;
  private readonly doors: Int32Array;
  private readonly locked: Uint8Array;
  private readonly layout: Uint32Array;
  /** Scratch space for walks through rooms or cells. */
  protected readonly visited: Uint8Array;
  protected readonly stack: Int32Array;

  constructor({ roomSize, numRows, numCols }: Shape) {
    const pitch = roomSize - 1;
    super(new Grid(pitch * numCols + 1, pitch * numRows + 1));
    this.roomSize = roomSize;
    this.numRows = numRows;
    this.numCols = numCols;
    const rooms = numRows * numCols;
    for (let y = 0; y < this.grid.height; y++) {
      for (let x = 0; x < this.grid.width; x++) {
        if (x % pitch !== 0 && y % pitch !== 0) this.grid.empty(this.grid.cell(x, y));
      }
    }
    this.layout = this.grid.cells.slice();
    this.doorCells = new Int32Array(rooms * 4);
    this.doors = new Int32Array(rooms * 4);
    this.locked = new Uint8Array(rooms);
    this.visited = new Uint8Array(this.layout.length);
    this.stack = new Int32Array(this.layout.length);
  }

  /** Draws an integer in [0, end). */
  int(end: number): number {
    return this.random.integers(0, end);
  }

  /** Draws true or false. */
  flip(): boolean {
    return this.random.integers(0, 2) === 0;
  }

  /** Draws an element. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0)
      throw new GenerationError("There is no object to name: ask for more objects.");
    return this.random.choice(list);
  }

  /** Draws two different elements or more, one after the other. */
  pickSome<T>(list: readonly T[], count = 2): [T, T, ...T[]] {
    const rest = [...list];
    const take = () => {
      const element = this.pick(rest);
      rest.splice(rest.indexOf(element), 1);
      return element;
    };
    const taken: [T, T, ...T[]] = [take(), take()];
    while (taken.length < count) taken.push(take());
    return taken;
  }

  /**
   * Empties all rooms and draws where each inner wall may get its door.
   * The agent stands in the middle, facing right, until it is placed: objects keep away from there.
   */
  clear(): void {
    const { grid, numRows, numCols, roomSize, doorCells } = this;
    grid.clear(this.layout);
    this.doors.fill(CLOSED_WALL);
    this.locked.fill(0);
    const pitch = roomSize - 1;
    for (let j = 0; j < numRows; j++) {
      for (let i = 0; i < numCols; i++) {
        const sides = (j * numCols + i) * 4;
        const left = i * pitch;
        const top = j * pitch;
        if (i < numCols - 1) {
          const cell = grid.cell(left + pitch, this.random.integers(top + 1, top + pitch));
          doorCells[sides + RIGHT] = cell;
          doorCells[sides + 4 + LEFT] = cell;
        }
        if (j < numRows - 1) {
          const cell = grid.cell(this.random.integers(left + 1, left + pitch), top + pitch);
          doorCells[sides + DOWN] = cell;
          doorCells[sides + numCols * 4 + UP] = cell;
        }
      }
    }
    const middle = roomSize >> 1;
    this.agentCell = grid.cell((numCols >> 1) * pitch + middle, (numRows >> 1) * pitch + middle);
    this.agentDir = 0;
  }

  room(i: number, j: number): number {
    return j * this.numCols + i;
  }

  roomAt(cell: number): number {
    const pitch = this.roomSize - 1;
    return this.room(Math.floor(this.grid.x(cell) / pitch), Math.floor(this.grid.y(cell) / pitch));
  }

  /** Whether (x, y) lies in a room or its walls. */
  isInRoom(room: number, x: number, y: number): boolean {
    const pitch = this.roomSize - 1;
    const left = (room % this.numCols) * pitch;
    const top = Math.floor(room / this.numCols) * pitch;
    return x >= left && x <= left + pitch && y >= top && y <= top + pitch;
  }

  /** The room beyond a side; only where `doorCells` is set. */
  private neighbor(room: number, side: Direction): number {
    return room + DX[side] + DY[side] * this.numCols;
  }

  /** Doors by column, row and side; each door comes twice, once from either room. */
  allDoors(): number[] {
    const doors: number[] = [];
    for (let i = 0; i < this.numCols; i++) {
      for (let j = 0; j < this.numRows; j++) {
        const sides = this.room(i, j) * 4;
        doors.push(...this.doors.subarray(sides, sides + 4).filter((door) => door > CLOSED_WALL));
      }
    }
    return doors;
  }

  /**
   * Puts a door into a wall of a room. Draws, where not given: the side until one without a door leads to a
   * room, the color, whether it is locked.
   */
  addDoor(
    i: number,
    j: number,
    { side, color, locked }: { side?: Direction; color?: number; locked?: boolean } = {},
  ): number {
    const room = this.room(i, j);
    this.checkWallLeft(room);
    let wall = side;
    while (wall === undefined) {
      const drawn = this.pick(DIRECTIONS);
      if (this.doorCells[room * 4 + drawn] !== 0 && this.doors[room * 4 + drawn] === CLOSED_WALL)
        wall = drawn;
    }
    const cell = this.doorCells[room * 4 + wall];
    if (!cell) {
      throw new GenerationError(
        `No door can go into side ${wall} of the room in column ${i} and row ${j}: there is no room beyond it.`,
      );
    }
    const doorColor = color ?? this.pick(COLORS_TO_DRAW);
    const isLocked = locked ?? this.flip();
    this.locked[room] = isLocked ? 1 : 0;
    const door = this.grid.create(DOOR, doorColor, isLocked ? LOCKED : CLOSED);
    this.grid.put(door, cell);
    this.connect(room, wall, door);
    return door;
  }

  private checkWallLeft(room: number): void {
    for (let side = room * 4; side < room * 4 + 4; side++) {
      if (this.doorCells[side] !== 0 && this.doors[side] === CLOSED_WALL) return;
    }
    throw new GenerationError(
      "A room has no wall left for another door: ask for more rows and columns.",
    );
  }

  /** Takes away the wall between two rooms. */
  removeWall(i: number, j: number, side: Direction): void {
    const { grid } = this;
    const pitch = this.roomSize - 1;
    const left = i * pitch;
    const top = j * pitch;
    for (let k = 1; k < pitch; k++) {
      const x = side === RIGHT ? left + pitch : side === LEFT ? left : left + k;
      const y = side === DOWN ? top + pitch : side === UP ? top : top + k;
      grid.empty(grid.cell(x, y));
    }
    this.connect(this.room(i, j), side, REMOVED_WALL);
  }

  private connect(room: number, side: Direction, how: number): void {
    this.doors[room * 4 + side] = how;
    this.doors[this.neighbor(room, side) * 4 + turned(side, 2)] = how;
  }

  /**
   * Adds closed doors until every room can be reached from the agent's. Draws, until that is so: column, row,
   * side; and if a door can go there, its color.
   */
  connectAll(colors: readonly number[] = COLORS_TO_DRAW): void {
    const start = this.roomAt(this.agentCell);
    let connected = this.countConnected(start) === this.locked.length;
    for (let tries = 0; !connected; tries++) {
      if (tries >= MAX_CONNECTIONS) throw REJECTED;
      const i = this.int(this.numCols);
      const j = this.int(this.numRows);
      const side = this.pick(DIRECTIONS);
      const room = this.room(i, j);
      if (this.doorCells[room * 4 + side] === 0 || this.doors[room * 4 + side] !== CLOSED_WALL)
        continue;
      if (this.locked[room] || this.locked[this.neighbor(room, side)]) continue;
      this.addDoor(i, j, { side, color: this.pick(colors), locked: false });
      connected = this.countConnected(start) === this.locked.length;
    }
  }

  private countConnected(start: number): number {
    const { visited, stack, doors } = this;
    visited.fill(0, 0, this.locked.length);
    visited[start] = 1;
    stack[0] = start;
    let depth = 1;
    let count = 0;
    while (depth > 0) {
      const room = stack[--depth]!;
      count++;
      for (const side of DIRECTIONS) {
        if (doors[room * 4 + side] === CLOSED_WALL) continue;
        const next = this.neighbor(room, side);
        if (visited[next]) continue;
        visited[next] = 1;
        stack[depth++] = next;
      }
    }
    return count;
  }
}
