import { GenerationError } from "./errors";
import { DX, DY, Grid, NOTHING, WALL_ID } from "./grid";
import {
  BALL,
  BOX,
  CLOSED,
  COLOR_INDEX,
  DOOR,
  EMPTY,
  encode,
  KEY,
  LOCKED,
  type TypeIndex,
  typeOf,
  WALL,
} from "./objects";
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
export const REJECTED = new Rejected();

// The reference draws from names in alphabetical order.
const { blue, green, grey, purple, red, yellow } = COLOR_INDEX;
export const COLORS_TO_DRAW: readonly number[] = [blue, green, grey, purple, red, yellow];
const TYPES_TO_DRAW = [KEY, BALL, BOX] as const;

const MAX_PLACEMENTS = 1000;
const MAX_CONNECTIONS = 5000;
const NO_ROOM = -1;

/** What lies in a wall between two rooms: a door's id, or one of these. */
const CLOSED_WALL = 0;
const REMOVED_WALL = -1;

/** A room's four sides. */
export const RIGHT = 0;
export const DOWN = 1;
export const LEFT = 2;
export const UP = 3;

/**
 * The world of an episode: rooms, objects and the agent, with the random draws that furnish it.
 *
 * Every draw happens in the reference's order, or episodes would differ: a method says what it draws. Rooms
 * are addressed by column i and row j, or by the index j * numCols + i.
 */
export class RoomGrid extends Scene {
  readonly roomSize: number;
  readonly numRows: number;
  readonly numCols: number;
  random = new Pcg64(0);

  /**
   * The room behind the locked door that `addLockedRoom` made. Subtle: it outlives a rejected attempt of the
   * same reset, where `isSomeOutsideLockedRoom` still reads it; the reference behaves so.
   */
  private lockedRoom = NO_ROOM;
  private lockedThisAttempt = false;

  /** By room * 4 + side: the cell where a door may go, or 0; and what is in that wall. */
  private readonly doorCells: Int32Array;
  private readonly doors: Int32Array;
  private readonly locked: Uint8Array;
  /** By look: whether an object like it has been placed in a room. */
  private readonly placed = new Uint8Array(256);
  private readonly layout: Uint32Array;
  private readonly visited: Uint8Array;
  private readonly stack: Int32Array;

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

  // Draws ------------------------------------------------------------------------------------------------

  /** Draws an integer in [0, end). */
  int(end: number): number {
    return this.random.integers(0, end);
  }

  /** Draws true or false. */
  flip(): boolean {
    return this.random.integers(0, 2) === 0;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0)
      throw new GenerationError("There is no object to name: ask for more objects.");
    return list[this.random.integers(0, list.length)]!;
  }

  /** Draws `count` different elements, one after the other. */
  pickSome<T>(list: readonly T[], count: number): T[] {
    const rest = [...list];
    return Array.from({ length: count }, () => rest.splice(this.int(rest.length), 1)[0]!);
  }

  // Rooms ------------------------------------------------------------------------------------------------

  /** Forgets the locked room of earlier episodes. */
  beginEpisode(): void {
    this.lockedRoom = NO_ROOM;
    this.carrying = NOTHING;
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
    this.placed.fill(0);
    this.lockedThisAttempt = false;
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
  private neighbor(room: number, side: number): number {
    return room + DX[side]! + DY[side]! * this.numCols;
  }

  /** Doors by column, row and side; each door comes twice, once from either room. */
  allDoors(): number[] {
    const doors: number[] = [];
    for (let i = 0; i < this.numCols; i++) {
      for (let j = 0; j < this.numRows; j++) {
        const sides = this.room(i, j) * 4;
        for (let side = 0; side < 4; side++) {
          if (this.doors[sides + side]! > 0) doors.push(this.doors[sides + side]!);
        }
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
    { side, color, locked }: { side?: number; color?: number; locked?: boolean } = {},
  ): number {
    const room = this.room(i, j);
    this.checkWallLeft(room);
    let wall = side;
    while (wall === undefined) {
      const drawn = this.int(4);
      if (this.doorCells[room * 4 + drawn] !== 0 && this.doors[room * 4 + drawn] === CLOSED_WALL)
        wall = drawn;
    }
    const doorColor = color ?? this.pick(COLORS_TO_DRAW);
    const isLocked = locked ?? this.flip();
    this.locked[room] = isLocked ? 1 : 0;
    const door = this.grid.create(DOOR, doorColor, isLocked ? LOCKED : CLOSED);
    this.grid.put(door, this.doorCells[room * 4 + wall]!);
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
  removeWall(i: number, j: number, side: number): void {
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

  private connect(room: number, side: number, how: number): void {
    this.doors[room * 4 + side] = how;
    this.doors[this.neighbor(room, side) * 4 + ((side + 2) & 3)] = how;
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
      const side = this.int(4);
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
      for (let side = 0; side < 4; side++) {
        if (doors[room * 4 + side] === CLOSED_WALL) continue;
        const next = this.neighbor(room, side);
        if (visited[next]) continue;
        visited[next] = 1;
        stack[depth++] = next;
      }
    }
    return count;
  }

  /** Locks a room and puts the key into another. Draws column, row and side until a door can go there, its
   * color if not given, then column and row until it is another room. */
  addLockedRoom(color?: number): void {
    if (this.locked.length === 1) throw new GenerationError("A locked room needs a second room.");
    let door = NOTHING;
    while (door === NOTHING) {
      const i = this.int(this.numCols);
      const j = this.int(this.numRows);
      const side = this.int(4);
      this.lockedRoom = this.room(i, j);
      this.lockedThisAttempt = true;
      if (this.doorCells[this.lockedRoom * 4 + side] === 0) continue;
      door = this.addDoor(
        i,
        j,
        color === undefined ? { side, locked: true } : { side, color, locked: true },
      );
    }
    for (;;) {
      const i = this.int(this.numCols);
      const j = this.int(this.numRows);
      if (this.room(i, j) === this.lockedRoom) continue;
      this.addObject(i, j, { type: KEY, color: (this.grid.codes[door]! >> 3) & 7 });
      return;
    }
  }

  /** Whether this attempt locked the room. */
  isLockedRoom(room: number): boolean {
    return this.lockedThisAttempt && room === this.lockedRoom;
  }

  /** Whether some of these cells lie outside the locked room, or no room was locked. */
  isSomeOutsideLockedRoom(cells: readonly number[]): boolean {
    return (
      this.lockedRoom === NO_ROOM ||
      cells.some((cell) => !this.isInRoom(this.lockedRoom, this.grid.x(cell), this.grid.y(cell)))
    );
  }

  // Objects and the agent --------------------------------------------------------------------------------

  /** Places an object in a room: draws x and y until the cell is free and not next to the agent. */
  place(id: number, i: number, j: number): number {
    const { grid, agentCell } = this;
    for (let tries = 0; tries <= MAX_PLACEMENTS; tries++) {
      const cell = this.drawCell(i, j);
      if (!grid.isFree(cell)) continue;
      const distance = Math.abs(cell - agentCell);
      if (distance === 0 || distance === 1 || distance === grid.stride) continue;
      grid.put(id, cell);
      this.placed[grid.codes[id]!] = 1;
      return id;
    }
    throw REJECTED;
  }

  private drawCell(i: number, j: number): number {
    const { roomSize, random } = this;
    const left = i * (roomSize - 1);
    const top = j * (roomSize - 1);
    const x = random.integers(left, left + roomSize);
    return this.grid.cell(x, random.integers(top, top + roomSize));
  }

  /** Adds a key, ball or box to a room. Draws, where not given, the type, then the color, then the cell. */
  addObject(
    i: number,
    j: number,
    { type, color }: { type?: TypeIndex; color?: number } = {},
  ): number {
    const objectType = type ?? this.pick(TYPES_TO_DRAW);
    return this.place(this.grid.create(objectType, color ?? this.pick(COLORS_TO_DRAW)), i, j);
  }

  /**
   * Adds objects that may distract the agent, in one room or anywhere. Draws for each: color, type,
   * column and row where not given, cell.
   * @param unique no two objects in all rooms look alike
   */
  addDistractors(
    count: number,
    { i, j, unique = true }: { i?: number; j?: number; unique?: boolean } = {},
  ): number[] {
    const added: number[] = [];
    if (unique) this.checkEnoughKinds(count);
    while (added.length < count) {
      const color = this.pick(COLORS_TO_DRAW);
      const type = this.pick(TYPES_TO_DRAW);
      if (unique && this.placed[encode(type, color)]) continue;
      const column = i ?? this.int(this.numCols);
      const row = j ?? this.int(this.numRows);
      added.push(this.place(this.grid.create(type, color), column, row));
    }
    return added;
  }

  private checkEnoughKinds(count: number): void {
    const taken = this.placed.reduce((sum, flag) => sum + flag, 0);
    const kinds = TYPES_TO_DRAW.length * COLORS_TO_DRAW.length;
    if (taken + count > kinds) {
      throw new GenerationError(
        `This level wants ${taken + count} objects that all look different, but there are only ${kinds} kinds of object. Ask for fewer objects.`,
      );
    }
  }

  /**
   * Draws the agent's room where not given, then its cell and direction until it faces a free cell or a wall.
   */
  placeAgent(i?: number, j?: number): void {
    const column = i ?? this.int(this.numCols);
    const row = j ?? this.int(this.numRows);
    const { grid } = this;
    do {
      let tries = 0;
      do {
        if (tries++ > MAX_PLACEMENTS) throw REJECTED;
        this.agentCell = this.drawCell(column, row);
      } while (!grid.isFree(this.agentCell));
      this.agentDir = this.int(4);
    } while (grid.idAt(this.frontCell) > WALL_ID);
  }

  /** Places the agent anywhere but in the given kind of room. */
  placeAgentOutside(isForbidden: (room: number) => boolean): void {
    do {
      this.placeAgent();
    } while (isForbidden(this.roomAt(this.agentCell)));
  }

  /** How many objects on the grid have this type and color. */
  countLike(id: number): number {
    const { codes, end } = this.grid;
    let count = 0;
    for (let other = WALL_ID + 1; other < end; other++) {
      if (codes[other] === codes[id] && this.grid.isOnGrid(other)) count++;
    }
    return count;
  }

  /** Whether the agent can walk up to every object without moving any; doors, even locked ones, let it pass. */
  areAllReachable(): boolean {
    const { grid, visited, stack } = this;
    let missing = 0;
    for (let id = WALL_ID + 1; id < grid.end; id++) if (grid.isOnGrid(id)) missing++;
    visited.fill(0);
    visited[this.agentCell] = 1;
    stack[0] = this.agentCell;
    let depth = 1;
    while (depth > 0 && missing > 0) {
      const cell = stack[--depth]!;
      for (let direction = 0; direction < 4; direction++) {
        const next = cell + grid.ahead[direction]!;
        if (visited[next]) continue;
        visited[next] = 1;
        const code = grid.code(next);
        if (code === WALL) continue;
        if (code !== EMPTY) missing--;
        if (code === EMPTY || typeOf(code) === DOOR) stack[depth++] = next;
      }
    }
    return missing === 0;
  }

  /** Starts the generation again if some object cannot be reached. */
  requireAllReachable(): void {
    if (!this.areAllReachable()) throw REJECTED;
  }
}
