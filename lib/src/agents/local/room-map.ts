import type { Observation } from "./observation";
import type { Action, PastTurn } from "./prompt";
import type { Thing } from "./things";

/** Directions clockwise: 0 is where the agent faced at the oldest remembered turn. */
export type Direction = 0 | 1 | 2 | 3;
export const stepX = [0, 1, 0, -1];
export const stepY = [1, 0, -1, 0];

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

export function inFront({ x, y, dir }: Pose): Cell {
  return { x: x + stepX[dir], y: y + stepY[dir] };
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

const cellKey = (x: number, y: number): number => (x + 5000) * 10_000 + (y + 5000);

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
  private readonly wall: (number | undefined)[] = [];
  /** Distance from the origin to the farthest cell known to be inside, in each direction. */
  private readonly reach = [0, 0, 0, 0];

  constructor(turns: readonly PastTurn[], now: Observation) {
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
    const [maxY, maxX, minY, minX] = [0, 1, 2, 3].map((dir) => this.lastCell(dir));
    return { minX: -minX, maxX, minY: -minY, maxY };
  }

  private lastCell(dir: number): number {
    const wall = this.wall[dir];
    if (wall !== undefined) return wall - 1;
    const opposite = (dir + 2) & 3;
    const oppositeWall = this.wall[opposite];
    const oppositeSpan = oppositeWall === undefined ? this.reach[opposite] : oppositeWall - 1;
    return Math.max(standardSpan - 1 - oppositeSpan, this.reach[dir]);
  }

  private see(observation: Observation): void {
    this.carrying = observation.carrying;
    this.seenFrom.push({ ...this.pose });
    for (const [key, thing] of this.placed) {
      if (inView(this.pose, thing)) this.placed.delete(key);
    }
    for (const { right, forward, ...thing } of observation.sightings) {
      const cell = relativeCell(this.pose, right, forward);
      this.placed.set(cellKey(cell.x, cell.y), { ...thing, ...cell });
      if (thing.kind !== "door") this.extendReach(cell);
    }
    this.seeLine(observation, "forward", 0, viewAhead);
    this.seeLine(observation, "right", 1, viewAside);
    this.seeLine(observation, "left", 3, viewAside);
  }

  /** Learns from one straight line of view: a wall, a door (which is part of a wall), or free cells. */
  private seeLine(
    { walls, sightings }: Observation,
    line: "forward" | "left" | "right",
    quarterTurnsRight: number,
    range: number,
  ): void {
    const dir = turned(this.pose.dir, quarterTurnsRight);
    const here = this.pose.x * stepX[dir] + this.pose.y * stepY[dir];
    let first = { kind: "none", distance: range + 1 };
    for (const { kind, right, forward } of sightings) {
      const [along, across] =
        line === "forward" ? [forward, right] : [line === "right" ? right : -right, forward];
      if (across === 0 && along > 0 && along < first.distance) first = { kind, distance: along };
    }
    const wall = walls[line] ?? (first.kind === "door" ? first.distance : undefined);
    if (wall !== undefined) this.wall[dir] = here + wall;
    else this.reach[dir] = Math.max(this.reach[dir], here + first.distance - 1);
  }

  private act(observation: Observation, action: Action): void {
    if (action === "turn left") this.pose.dir = turned(this.pose.dir, -1);
    if (action === "turn right") this.pose.dir = turned(this.pose.dir, 1);
    if (action === "go forward" && !isBlocked(observation)) {
      Object.assign(this.pose, inFront(this.pose));
      this.extendReach(this.pose);
    }
  }

  private extendReach({ x, y }: Cell): void {
    for (let dir = 0; dir < 4; dir++) {
      this.reach[dir] = Math.max(this.reach[dir], x * stepX[dir] + y * stepY[dir]);
    }
  }
}

/** Whether something directly ahead stops the agent. */
export function isBlocked({ walls, sightings }: Observation): boolean {
  return (
    walls.forward === 1 ||
    sightings.some((it) => it.right === 0 && it.forward === 1 && it.state !== "open")
  );
}
