import { GenerationError } from "./errors";
import { DIRECTIONS, type Direction, NOTHING, WALL_ID } from "./grid";
import {
  BALL,
  BOX,
  colorOf,
  DOOR,
  EMPTY,
  encode,
  KEY,
  type TypeIndex,
  typeOf,
  WALL,
} from "./objects";
import { COLORS_TO_DRAW, REJECTED, Rooms } from "./rooms";

// The reference draws from names in alphabetical order.
const TYPES_TO_DRAW = [KEY, BALL, BOX] as const;

const MAX_PLACEMENTS = 1000;
const NO_ROOM = -1;

/** The world of an episode: rooms with objects and the agent, and the random draws that place these (see Rooms). */
export class RoomGrid extends Rooms {
  /**
   * The room behind the locked door that `addLockedRoom` made. Subtle: it outlives a rejected attempt of the
   * same reset, where `isSomeOutsideLockedRoom` still reads it; the reference behaves so.
   */
  private lockedRoom = NO_ROOM;
  private lockedThisAttempt = false;
  /** By look: whether an object like it has been placed in a room. */
  private readonly placed = new Uint8Array(256);

  /** Forgets the locked room of earlier episodes. */
  beginEpisode(): void {
    this.lockedRoom = NO_ROOM;
    this.carrying = NOTHING;
  }

  override clear(): void {
    super.clear();
    this.placed.fill(0);
    this.lockedThisAttempt = false;
  }

  /** Locks a room and puts the key into another. Draws column, row and side until a door can go there, its
   * color if not given, then column and row until it is another room. */
  addLockedRoom(color?: number): void {
    if (this.numRows * this.numCols === 1)
      throw new GenerationError("A locked room needs a second room.");
    let door = NOTHING;
    while (door === NOTHING) {
      const i = this.int(this.numCols);
      const j = this.int(this.numRows);
      const side = this.pick(DIRECTIONS);
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
      this.addObject(i, j, { type: KEY, color: colorOf(this.grid.codeOf(door)) });
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

  /** Places an object in a room: draws x and y until the cell is free and not next to the agent. */
  place(id: number, i: number, j: number): number {
    const { grid, agentCell } = this;
    for (let tries = 0; tries <= MAX_PLACEMENTS; tries++) {
      const cell = this.drawCell(i, j);
      if (!grid.isFree(cell)) continue;
      const distance = Math.abs(cell - agentCell);
      if (distance === 0 || distance === 1 || distance === grid.stride) continue;
      grid.put(id, cell);
      this.placed[grid.codeOf(id)] = 1;
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
      this.agentDir = this.pick(DIRECTIONS);
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
    const { grid } = this;
    let count = 0;
    for (let other = WALL_ID + 1; other < grid.end; other++) {
      if (grid.codeOf(other) === grid.codeOf(id) && grid.isOnGrid(other)) count++;
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
        const next = cell + grid.ahead[direction as Direction];
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
