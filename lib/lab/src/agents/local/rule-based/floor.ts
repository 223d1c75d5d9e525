import {
  type Cell,
  type Direction,
  directions,
  type Pose,
  type RoomMap,
  stepX,
  stepY,
  turned,
  viewAhead,
  viewAside,
} from "./room-map";

const directionOf = (pose: number): Direction => turned(0, pose);

/**
 * A room and its surrounding walls with numbered cells and poses (cell * 4 + direction), to plan on arrays.
 * Only poses inside the room take part in plans.
 */
export class Floor {
  readonly start: number;
  readonly cellCount: number;
  /** 1 for the cells between the walls. */
  readonly inside: Uint8Array;
  /** 1 for the cells that the agent can walk on. */
  readonly free: Uint8Array;
  /** 1 for the cells that were in view at a remembered turn. */
  readonly seen: Uint8Array;
  private readonly minX: number;
  private readonly minY: number;
  private readonly width: number;
  private readonly height: number;
  private readonly views: number[][] = [];

  /** @param obstacle a further cell to keep off */
  constructor(
    readonly map: RoomMap,
    obstacle?: number,
  ) {
    const { minX, maxX, minY, maxY } = map.bounds();
    this.minX = minX - 1;
    this.minY = minY - 1;
    this.width = maxX - minX + 3;
    this.height = maxY - minY + 3;
    this.cellCount = this.width * this.height;
    this.inside = new Uint8Array(this.cellCount);
    for (let x = 1; x < this.width - 1; x++) {
      this.inside.fill(1, x * this.height + 1, (x + 1) * this.height - 1);
    }
    this.free = this.inside.slice();
    for (const thing of map.things()) {
      const cell = this.cell(thing);
      if (cell >= 0) this.free[cell] = 0;
    }
    if (obstacle !== undefined) this.free[obstacle] = 0;
    this.seen = new Uint8Array(this.cellCount);
    for (const pose of map.seenFrom) {
      for (const cell of this.view(this.pose(pose))) this.seen[cell] = 1;
    }
    this.start = this.pose(map.pose);
  }

  /** A cell's number; -1 beyond the walls. */
  cell({ x, y }: Cell): number {
    return this.at(x - this.minX, y - this.minY);
  }

  private at(column: number, row: number): number {
    const exists = column >= 0 && column < this.width && row >= 0 && row < this.height;
    return exists ? column * this.height + row : -1;
  }

  private column(cell: number): number {
    return Math.floor(cell / this.height);
  }

  private row(cell: number): number {
    return cell % this.height;
  }

  pose(pose: Pose): number {
    return this.cell(pose) * 4 + pose.dir;
  }

  /** The cell directly ahead of a pose inside the room. */
  ahead(pose: number): number {
    const dir = directionOf(pose);
    return (pose >> 2) + stepX[dir] * this.height + stepY[dir];
  }

  /** The pose one cell back, maybe in a wall. */
  behind(pose: number): number {
    return this.ahead(this.afterTurn(pose, 2)) * 4 + (pose & 3);
  }

  /** The up to four poses inside the room that have a cell directly ahead. */
  posesFacing(cell: number): number[] {
    const poses: number[] = [];
    for (const dir of directions) {
      const from = cell - stepX[dir] * this.height - stepY[dir];
      if (this.inside[from] === 1) poses.push(from * 4 + dir);
    }
    return poses;
  }

  afterForward(pose: number): number {
    const ahead = this.ahead(pose);
    return this.free[ahead] === 1 ? ahead * 4 + (pose & 3) : pose;
  }

  afterTurn(pose: number, quarterTurnsRight: number): number {
    return (pose & ~3) | ((pose + quarterTurnsRight) & 3);
  }

  /** Cells in view from a pose: in a room without inner walls nothing hides anything. */
  view(pose: number): number[] {
    const view = this.views[pose] ?? this.cellsInView(pose);
    this.views[pose] = view;
    return view;
  }

  private cellsInView(pose: number): number[] {
    const dir = directionOf(pose);
    const side = turned(dir, 1);
    const view: number[] = [];
    for (let forward = 0; forward <= viewAhead; forward++) {
      for (let right = -viewAside; right <= viewAside; right++) {
        const column = this.column(pose >> 2) + stepX[dir] * forward + stepX[side] * right;
        const row = this.row(pose >> 2) + stepY[dir] * forward + stepY[side] * right;
        const cell = this.at(column, row);
        if (cell >= 0) view.push(cell);
      }
    }
    return view;
  }

  /** Steps until a cell is directly ahead, obstacles aside. */
  stepsToFace(pose: number, cell: number): number {
    const dir = directionOf(pose);
    const dx = this.column(cell) - this.column(pose >> 2);
    const dy = this.row(cell) - this.row(pose >> 2);
    const forward = dx * stepX[dir] + dy * stepY[dir];
    const distance = Math.abs(dx) + Math.abs(dy);
    const turns = forward < 0 ? 2 : forward === distance ? 0 : 1;
    return distance - 1 + turns;
  }
}
