import type { Action } from "./prompt";
import {
  type Bounds,
  type Cell,
  type Direction,
  inFront,
  inView,
  type Pose,
  type RoomMap,
  relativePosition,
  turned,
} from "./room-map";

type Move = Extract<Action, "turn left" | "turn right" | "go forward">;

/** In this order ties are broken: walking on keeps in view what lies ahead. */
const moves: readonly Move[] = ["go forward", "turn left", "turn right"];

/** How many actions ahead a search for something unseen looks. */
const searchDepth = 8;
/** Steps that finding and reaching a thing takes beyond that horizon; a guess, which only ranks long searches. */
const beyondHorizon = 6;

/**
 * A room and its surrounding walls as numbered cells and poses (cell * 4 + direction), for planning on arrays.
 */
export class Floor {
  readonly poses: Pose[] = [];
  /** For each pose, the pose that each of `moves` leads to; itself where the way is blocked. */
  readonly next: Int32Array[];
  private readonly bounds: Bounds;
  private readonly minX: number;
  private readonly minY: number;
  private readonly height: number;
  private readonly visible: Int32Array[] = [];

  constructor(readonly map: RoomMap) {
    const { minX, maxX, minY, maxY } = map.bounds();
    this.bounds = { minX, maxX, minY, maxY };
    this.minX = minX - 1;
    this.minY = minY - 1;
    this.height = maxY - minY + 3;
    for (let x = minX - 1; x <= maxX + 1; x++) {
      for (let y = minY - 1; y <= maxY + 1; y++) {
        for (let dir = 0; dir < 4; dir++) this.poses.push({ x, y, dir: dir as Direction });
      }
    }
    this.next = [
      Int32Array.from(this.poses, (pose, index) => {
        const ahead = inFront(pose);
        const free = this.isInside(pose) && this.isInside(ahead) && !map.thingAt(ahead);
        return free ? this.indexOf({ ...ahead, dir: pose.dir }) : index;
      }),
      Int32Array.from(this.poses, (pose) => this.indexOf({ ...pose, dir: turned(pose.dir, -1) })),
      Int32Array.from(this.poses, (pose) => this.indexOf({ ...pose, dir: turned(pose.dir, 1) })),
    ];
  }

  /** Each cell once, the walls' included. */
  cells(): Cell[] {
    return this.poses.filter((pose) => pose.dir === 0);
  }

  freeCells(): Cell[] {
    return this.cells().filter((cell) => this.isInside(cell) && !this.map.thingAt(cell));
  }

  isInside({ x, y }: Cell): boolean {
    const { minX, maxX, minY, maxY } = this.bounds;
    return x >= minX && x <= maxX && y >= minY && y <= maxY;
  }

  indexOf({ x, y, dir }: Pose): number {
    return this.cellIndexOf({ x, y }) * 4 + dir;
  }

  cellIndexOf({ x, y }: Cell): number {
    return (x - this.minX) * this.height + (y - this.minY);
  }

  /** Indices of the cells in view from a pose. */
  viewFrom(pose: number): Int32Array {
    this.visible[pose] ??= Int32Array.from(
      this.cells().filter((cell) => inView(this.poses[pose], cell)),
      (cell) => this.cellIndexOf(cell),
    );
    return this.visible[pose];
  }
}

/**
 * Fewest steps to the end from every pose, where `end` gives the steps still needed once there (Infinity: no end).
 * Value iteration; a room has a few hundred poses.
 */
export function costToGo(floor: Floor, end: Float64Array): Float64Array {
  const cost = end.slice();
  for (let changed = true; changed; ) {
    changed = false;
    for (let pose = 0; pose < cost.length; pose++) {
      for (const next of floor.next) {
        const through = cost[next[pose]] + 1;
        if (through < cost[pose]) {
          cost[pose] = through;
          changed = true;
        }
      }
    }
  }
  return cost;
}

/** The move that starts a shortest way; among equals, the one that shows most of `unseen`. */
export function bestMove(floor: Floor, cost: Float64Array, pose: number, unseen: Cell[]): Move {
  let best: Move = "go forward";
  let bestCost = Number.POSITIVE_INFINITY;
  moves.forEach((move, i) => {
    const next = floor.next[i][pose];
    if (next === pose) return;
    const shown = unseen.filter((cell) => inView(floor.poses[next], cell)).length;
    const total = cost[next] - shown / (unseen.length + 1);
    if (total < bestCost) {
      bestCost = total;
      best = move;
    }
  });
  return best;
}

/** Steps until a cell is directly ahead, obstacles aside. */
export function stepsToFace(pose: Pose, cell: Cell): number {
  const { right, forward } = relativePosition(pose, cell);
  const turns = forward < 0 ? 2 : right === 0 ? 0 : 1;
  return Math.abs(right) + Math.abs(forward) - 1 + turns;
}

/**
 * The first move of the search that reaches a thing soonest on average, were the thing equally likely in every cell
 * of `unseen`: minimises the sum over these cells of (step at which the cell comes into view + steps from there to it).
 * Undefined when nothing is unseen or no move leads anywhere.
 */
export function searchMove(floor: Floor, start: number, unseen: readonly Cell[]): Move | undefined {
  const hidden = new Uint8Array(floor.poses.length / 4);
  for (const cell of unseen) hidden[floor.cellIndexOf(cell)] = 1;
  let best: Move | undefined;
  let bestCost = Number.POSITIVE_INFINITY;

  const visit = (pose: number, step: number, spent: number, left: number, first?: Move): void => {
    if (spent + left * (step + 1) >= bestCost) return;
    if (left === 0 || step === searchDepth) {
      const total = spent + left * (step + beyondHorizon);
      if (total < bestCost) {
        bestCost = total;
        best = first;
      }
      return;
    }
    moves.forEach((move, i) => {
      const next = floor.next[i][pose];
      if (next === pose) return;
      const shown: number[] = [];
      let cost = spent;
      for (const cell of floor.viewFrom(next)) {
        if (hidden[cell] === 0) continue;
        hidden[cell] = 0;
        shown.push(cell);
        cost += step + 1 + stepsToFace(floor.poses[next], floor.poses[cell * 4]);
      }
      visit(next, step + 1, cost, left - shown.length, first ?? move);
      for (const cell of shown) hidden[cell] = 1;
    });
  };
  if (unseen.length > 0) visit(start, 0, 0, unseen.length);
  return best;
}
