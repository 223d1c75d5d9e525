import { DX, DY } from "../world/grid";
import { COLORS, colorOf, DOOR, TYPES, type TypeIndex, typeOf, WALL } from "../world/objects";
import type { RoomGrid } from "../world/room-grid";

/** Where an object lies, seen from the agent's starting pose. */
export type Location = "left" | "right" | "front" | "behind";
export const LOCATIONS: readonly Location[] = ["left", "right", "front", "behind"];

/**
 * A description such as "a red ball on your left", and the objects that it fits.
 *
 * @example
 * new PickUp(new ObjectDescription(BALL, COLOR_INDEX.red)).surface(); // "pick up the red ball"
 * new PickUp(new ObjectDescription(BOX)).surface(); // "pick up the box"
 * new PickUp(new ObjectDescription(KEY, null, "left")).surface(); // "pick up the key on your left"
 */
export class ObjectDescription {
  /** Ids of the objects that fit when the episode began; the set stays for the episode. */
  readonly objects: number[] = [];
  /**
   * Cells of those objects. Subtle: as in the reference they are looked up at the start and after each
   * drop only, so a cell stays "next to the ball" for a while after the ball was picked up.
   */
  readonly cells: number[] = [];

  constructor(
    readonly type: TypeIndex | null,
    readonly color: number | null = null,
    readonly location: Location | null = null,
  ) {}

  fits(code: number): boolean {
    return (
      typeOf(code) >= DOOR &&
      (this.type === null || typeOf(code) === this.type) &&
      (this.color === null || colorOf(code) === this.color)
    );
  }

  /** Finds the objects that fit, from the agent's present pose. */
  bind(world: RoomGrid): void {
    const { objects, cells } = this;
    objects.length = 0;
    cells.length = 0;
    for (let id = 2; id < world.grid.end; id++) {
      if (!this.fits(world.grid.codeOf(id)) || !world.grid.isOnGrid(id)) continue;
      const cell = world.grid.cellOf(id);
      if (this.location !== null && !isAt(this.location, cell, world)) continue;
      objects.push(id);
      cells.push(cell);
    }
  }

  /** Looks up where the bound objects are now. */
  refresh(world: RoomGrid): void {
    this.cells.length = 0;
    for (const id of this.objects) {
      if (world.grid.isOnGrid(id)) this.cells.push(world.grid.cellOf(id));
    }
  }

  surface(): string {
    // subtle: in the reference a description without a type fits walls too, and walls are grey.
    const fitsWalls = this.type === null && (this.color === null || this.color === colorOf(WALL));
    const article = this.objects.length > 1 || fitsWalls ? "a" : "the";
    const color = this.color === null ? "" : ` ${COLORS[this.color]}`;
    const noun = this.type === null ? "object" : TYPES[this.type];
    return `${article}${color} ${noun}${this.location === null ? "" : LOCATION_WORDS[this.location]}`;
  }
}

/** Ids of all that is on the grid and can be described. */
export function objectsOf(world: RoomGrid): readonly number[] {
  const any = new ObjectDescription(null);
  any.bind(world);
  return any.objects;
}

/**
 * A description of an object by its type and color.
 *
 * @example
 * const { world } = make("BabyAI-GoToObj-v0");
 * const ball = world.addObject(0, 0, { type: BALL, color: COLOR_INDEX.red });
 * new GoTo(like(world, ball)).surface(); // "go to the red ball"
 */
export function like(world: RoomGrid, id: number): ObjectDescription {
  const code = world.grid.codeOf(id);
  return new ObjectDescription(typeOf(code) as TypeIndex, colorOf(code));
}

const LOCATION_WORDS: Record<Location, string> = {
  left: " on your left",
  right: " on your right",
  front: " in front of you",
  behind: " behind you",
};

function isAt(location: Location, cell: number, world: RoomGrid): boolean {
  const { grid, agentCell, agentDir } = world;
  const x = grid.x(cell);
  const y = grid.y(cell);
  // A location speaks of the room in which the agent starts, its walls and doors included.
  if (!world.isInRoom(world.roomAt(agentCell), x, y)) return false;
  const dx = x - grid.x(agentCell);
  const dy = y - grid.y(agentCell);
  const forward = dx * DX[agentDir] + dy * DY[agentDir];
  const rightward = dy * DX[agentDir] - dx * DY[agentDir];
  switch (location) {
    case "left":
      return rightward < 0;
    case "right":
      return rightward > 0;
    case "front":
      return forward > 0;
    case "behind":
      return forward < 0;
  }
}
