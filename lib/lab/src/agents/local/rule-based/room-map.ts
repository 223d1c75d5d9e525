import type { Observation } from "../reading/observation";
import type { Action, ReadTurn } from "../reading/prompt";
import type { Thing } from "../reading/things";

/** Directions clockwise: 0 is where the agent faced at the oldest remembered turn. */
export type Direction = 0 | 1 | 2 | 3;
export const directions = [0, 1, 2, 3] as const;
export const stepX = [0, 1, 0, -1] as const;
export const stepY = [1, 0, -1, 0] as const;

export interface Cell {
  x: number;
  y: number;
}

export interface Pose extends Cell {
  dir: Direction;
}

export interface PlacedThing extends Thing, Cell {}

/** Cells inside a room that is enclosed by walls at min - 1 and max + 1. */
export interface Bounds {
  minX: number;
  maxX: number;
  minY: number;
  maxY: number;
}

/** How far the agent sees: cells ahead, and cells to each side. */
export const viewAhead = 6;
export const viewAside = 3;

/** BabyAI's standard room is 6 cells across; assumed for a side whose wall has not been seen. */
const standardSpan = 6;

export function turned(dir: Direction, quarterTurnsRight: number): Direction {
  return ((dir + quarterTurnsRight) & 3) as Direction;
}

/** The cell `right` and `forward` of a pose. */
export function relativeCell({ x, y, dir }: Pose, right: number, forward: number): Cell {
  const side = turned(dir, 1);
  return {
    x: x + stepX[dir] * forward + stepX[side] * right,
    y: y + stepY[dir] * forward + stepY[side] * right,
  };
}

/** Where a cell lies as seen from a pose. */
export function relativePosition(pose: Pose, cell: Cell): { right: number; forward: number } {
  const dx = cell.x - pose.x;
  const dy = cell.y - pose.y;
  const side = turned(pose.dir, 1);
  return {
    right: dx * stepX[side] + dy * stepY[side],
    forward: dx * stepX[pose.dir] + dy * stepY[pose.dir],
  };
}

/** Whether a cell of the same room is in view from a pose: inside a room nothing hides anything. */
export function inView(pose: Pose, cell: Cell): boolean {
  const { right, forward } = relativePosition(pose, cell);
  return forward >= 0 && forward <= viewAhead && Math.abs(right) <= viewAside;
}

/** How far a cell lies from the origin in a direction. */
function along({ x, y }: Cell, dir: Direction): number {
  return x * stepX[dir] + y * stepY[dir];
}

const cellKey = ({ x, y }: Cell): number => (x + 5000) * 10_000 + (y + 5000);

/**
 * The room around the agent, rebuilt by dead reckoning. The text says what is directly ahead, so whether "go forward"
 * moved the agent is known and positions are exact. The origin is the agent's cell at the oldest remembered turn.
 */
export class RoomMap {
  pose: Pose = { x: 0, y: 0, dir: 0 };
  carrying?: Thing;
  /** Where the agent stood at each remembered turn, the current one included. */
  readonly seenFrom: Pose[] = [];
  private readonly placed = new Map<number, PlacedThing>();
  /** Distance from the origin to the wall in each direction, once seen. */
  private readonly wall: [number?, number?, number?, number?] = [];
  /** Distance from the origin to the farthest cell known to be inside, in each direction. */
  private readonly reach: [number, number, number, number] = [0, 0, 0, 0];

  constructor(turns: readonly ReadTurn[], now: Observation) {
    for (const { observation, action } of turns) {
      this.see(observation);
      this.act(observation, action);
    }
    this.see(now);
  }

  /** Everything seen, without what has been taken away since. */
  things(): PlacedThing[] {
    return [...this.placed.values()];
  }

  bounds(): Bounds {
    return {
      minX: -this.lastCell(3),
      maxX: this.lastCell(1),
      minY: -this.lastCell(2),
      maxY: this.lastCell(0),
    };
  }

  private lastCell(dir: Direction): number {
    const stood = Math.max(...this.seenFrom.map((pose) => along(pose, dir)));
    const wall = this.wall[dir];
    if (wall !== undefined) return Math.max(wall - 1, stood);
    const opposite = turned(dir, 2);
    const oppositeWall = this.wall[opposite];
    const oppositeSpan = oppositeWall === undefined ? this.reach[opposite] : oppositeWall - 1;
    return Math.max(standardSpan - 1 - oppositeSpan, this.reach[dir], stood);
  }

  private see({ carrying, walls, sightings }: Observation): void {
    this.carrying = carrying;
    this.seenFrom.push(this.pose);
    for (const [key, thing] of this.placed) {
      if (inView(this.pose, thing)) this.placed.delete(key);
    }
    const things = sightings.map(({ right, forward, ...thing }) => ({
      ...thing,
      ...relativeCell(this.pose, right, forward),
    }));
    for (const thing of things) {
      this.placed.set(cellKey(thing), thing);
      if (thing.kind !== "door") this.extendReach(thing);
    }
    this.seeLine(turned(this.pose.dir, 0), viewAhead, walls.forward, things);
    this.seeLine(turned(this.pose.dir, 1), viewAside, walls.right, things);
    this.seeLine(turned(this.pose.dir, -1), viewAside, walls.left, things);
  }

  /** Learns from one straight line of view: a wall, a door (which is part of a wall), or free cells. */
  private seeLine(
    dir: Direction,
    range: number,
    wall: number | undefined,
    things: PlacedThing[],
  ): void {
    let free = range;
    let end = wall;
    for (const thing of things) {
      const { right, forward } = relativePosition({ ...this.pose, dir }, thing);
      if (right !== 0 || forward <= 0 || forward > free) continue;
      free = forward - 1;
      end = thing.kind === "door" ? forward : undefined;
    }
    const here = along(this.pose, dir);
    if (end !== undefined) this.wall[dir] = here + end;
    else this.reach[dir] = Math.max(this.reach[dir], here + free);
  }

  private act(observation: Observation, action: Action): void {
    const { dir } = this.pose;
    if (action === "turn left") this.pose = { ...this.pose, dir: turned(dir, -1) };
    if (action === "turn right") this.pose = { ...this.pose, dir: turned(dir, 1) };
    if (action === "go forward" && !isBlocked(observation)) {
      this.pose = { ...relativeCell(this.pose, 0, 1), dir };
      this.extendReach(this.pose);
    }
  }

  private extendReach(cell: Cell): void {
    for (const dir of directions) this.reach[dir] = Math.max(this.reach[dir], along(cell, dir));
  }
}

/** Whether something directly ahead stops the agent. */
export function isBlocked({ walls, sightings }: Observation): boolean {
  return (
    walls.forward === 1 ||
    sightings.some((it) => it.right === 0 && it.forward === 1 && it.state !== "open")
  );
}
