import { DX, DY, NOTHING } from "./grid";
import {
  COLORS,
  colorOf,
  DOOR,
  OPEN,
  stateOf,
  TYPES,
  type TypeIndex,
  typeOf,
  WALL,
} from "./objects";
import type { RoomGrid } from "./room-grid";
import { DROP, PICK_UP, TOGGLE } from "./scene";

/** What an instruction makes of the step just taken. */
export const CONTINUE = 0;
export const SUCCESS = 1;
export const FAILURE = 2;
export type Status = typeof CONTINUE | typeof SUCCESS | typeof FAILURE;

/** Where an object lies, seen from the agent's starting pose. */
export type Location = "left" | "right" | "front" | "behind";
export const LOCATIONS: readonly Location[] = ["left", "right", "front", "behind"];

/** A description such as "a red ball on your left", and the objects that it fits. */
export class ObjectDescription {
  /** Ids of the objects that fitted when the episode began; the set stays for the episode. */
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
      if (!this.fits(world.grid.codes[id]!) || !world.grid.isOnGrid(id)) continue;
      const cell = world.grid.places[id]!;
      if (this.location !== null && !isAt(this.location, cell, world)) continue;
      objects.push(id);
      cells.push(cell);
    }
  }

  /** Looks up where the bound objects are now. */
  refresh(world: RoomGrid): void {
    this.cells.length = 0;
    for (const id of this.objects) {
      if (world.grid.isOnGrid(id)) this.cells.push(world.grid.places[id]!);
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

/** A description of an object by its type and color. */
export function like(world: RoomGrid, id: number): ObjectDescription {
  const code = world.grid.codes[id]!;
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
  const forward = dx * DX[agentDir]! + dy * DY[agentDir]!;
  const rightward = dy * DX[agentDir]! - dx * DY[agentDir]!;
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

/** A node of the mission's tree. */
export interface Instruction {
  readonly kind: string;
  /** How many walks it takes at most; sets the step limit. */
  readonly navigations: number;
  /** The mission in words; valid once bound. */
  surface(): string;
  /** Starts the verifier of an episode. */
  bind(world: RoomGrid): void;
  /** Looks up moved objects after a drop. */
  refresh(world: RoomGrid): void;
  verify(action: number, world: RoomGrid): Status;
  /** Descriptions used in this node and below. */
  descriptions(): ObjectDescription[];
}

/** A single clause: go to, pick up, open or put next to. */
export type ActionInstruction = GoTo | PickUp | Open | PutNext;
/** What a sequence may join. */
export type Clause = ActionInstruction | And;
export type AnyInstruction = Clause | Before | After;

export class GoTo implements Instruction {
  readonly kind = "GoTo";
  readonly navigations = 1;
  constructor(readonly target: ObjectDescription) {}

  surface(): string {
    return `go to ${this.target.surface()}`;
  }
  bind(world: RoomGrid): void {
    this.target.bind(world);
  }
  refresh(world: RoomGrid): void {
    this.target.refresh(world);
  }
  verify(_action: number, world: RoomGrid): Status {
    return this.target.cells.includes(world.frontCell) ? SUCCESS : CONTINUE;
  }
  descriptions(): ObjectDescription[] {
    return [this.target];
  }
}

export class Open implements Instruction {
  readonly kind = "Open";
  readonly navigations = 1;
  /** strict: opening or closing any other door fails the mission. */
  constructor(
    readonly target: ObjectDescription,
    readonly strict = false,
  ) {}

  surface(): string {
    return `open ${this.target.surface()}`;
  }
  bind(world: RoomGrid): void {
    this.target.bind(world);
  }
  refresh(world: RoomGrid): void {
    this.target.refresh(world);
  }
  verify(action: number, world: RoomGrid): Status {
    if (action !== TOGGLE) return CONTINUE;
    const id = world.grid.idAt(world.frontCell);
    const code = world.grid.codes[id]!;
    if (typeOf(code) !== DOOR) return CONTINUE;
    if (stateOf(code) === OPEN && this.target.objects.includes(id)) return SUCCESS;
    return this.strict ? FAILURE : CONTINUE;
  }
  descriptions(): ObjectDescription[] {
    return [this.target];
  }
}

export class PickUp implements Instruction {
  readonly kind = "PickUp";
  readonly navigations = 1;
  private carriedBefore = NOTHING;
  /** strict: picking up anything else fails the mission. */
  constructor(
    readonly target: ObjectDescription,
    readonly strict = false,
  ) {}

  surface(): string {
    return `pick up ${this.target.surface()}`;
  }
  bind(world: RoomGrid): void {
    this.target.bind(world);
    this.carriedBefore = NOTHING;
  }
  refresh(world: RoomGrid): void {
    this.target.refresh(world);
  }
  verify(action: number, world: RoomGrid): Status {
    const { carrying } = world;
    const before = this.carriedBefore;
    this.carriedBefore = carrying;
    if (action !== PICK_UP || carrying === NOTHING) return CONTINUE;
    if (before === NOTHING && this.target.objects.includes(carrying)) return SUCCESS;
    return this.strict ? FAILURE : CONTINUE;
  }
  descriptions(): ObjectDescription[] {
    return [this.target];
  }
}

export class PutNext implements Instruction {
  readonly kind = "PutNext";
  readonly navigations = 2;
  private carriedBefore = NOTHING;
  constructor(
    readonly move: ObjectDescription,
    readonly fixed: ObjectDescription,
  ) {}

  surface(): string {
    return `put ${this.move.surface()} next to ${this.fixed.surface()}`;
  }
  bind(world: RoomGrid): void {
    this.move.bind(world);
    this.fixed.bind(world);
    this.carriedBefore = NOTHING;
  }
  refresh(world: RoomGrid): void {
    this.move.refresh(world);
    this.fixed.refresh(world);
  }
  verify(action: number, world: RoomGrid): Status {
    const before = this.carriedBefore;
    this.carriedBefore = world.carrying;
    if (action !== DROP || before === NOTHING || !this.move.objects.includes(before))
      return CONTINUE;
    return this.isNext(before, world) ? SUCCESS : CONTINUE;
  }
  descriptions(): ObjectDescription[] {
    return [this.move, this.fixed];
  }

  /** Whether some object to move lies beside a fixed one already. */
  isDone(world: RoomGrid): boolean {
    return this.move.objects.some((id) => this.isNext(id, world));
  }

  private isNext(id: number, world: RoomGrid): boolean {
    const cell = world.grid.places[id]!;
    return this.fixed.cells.some((other) => {
      const distance = Math.abs(cell - other);
      return distance === 1 || distance === world.grid.stride;
    });
  }
}

/** Two instructions joined; which is verified when differs by kind. */
abstract class Sequence implements Instruction {
  abstract readonly kind: string;
  readonly navigations: number;
  /** Whether a part has succeeded; of the part that comes last in time only And keeps account. */
  aDone = false;
  bDone = false;

  constructor(
    readonly a: Clause,
    readonly b: Clause,
  ) {
    this.navigations = a.navigations + b.navigations;
  }

  abstract surface(): string;
  abstract verify(action: number, world: RoomGrid): Status;

  bind(world: RoomGrid): void {
    this.a.bind(world);
    this.b.bind(world);
    this.aDone = false;
    this.bDone = false;
  }
  refresh(world: RoomGrid): void {
    this.a.refresh(world);
    this.b.refresh(world);
  }
  descriptions(): ObjectDescription[] {
    return [...this.a.descriptions(), ...this.b.descriptions()];
  }
}

/** "a, then b". */
export class Before extends Sequence {
  readonly kind = "Before";

  surface(): string {
    return `${this.a.surface()}, then ${this.b.surface()}`;
  }
  verify(action: number, world: RoomGrid): Status {
    if (!this.aDone) {
      const status = this.a.verify(action, world);
      if (status !== SUCCESS) return status;
      this.aDone = true;
    }
    // subtle: the step that completes a is already verified against b.
    return this.b.verify(action, world);
  }
}

/** "a after you b". */
export class After extends Sequence {
  readonly kind = "After";

  surface(): string {
    return `${this.a.surface()} after you ${this.b.surface()}`;
  }
  verify(action: number, world: RoomGrid): Status {
    if (!this.bDone) {
      const status = this.b.verify(action, world);
      if (status !== SUCCESS) return status;
      this.bDone = true;
    }
    return this.a.verify(action, world);
  }
}

/** "a and b", in any order. */
export class And extends Sequence {
  readonly kind = "And";
  declare readonly a: ActionInstruction;
  declare readonly b: ActionInstruction;

  constructor(a: ActionInstruction, b: ActionInstruction) {
    super(a, b);
  }

  surface(): string {
    return `${this.a.surface()} and ${this.b.surface()}`;
  }
  verify(action: number, world: RoomGrid): Status {
    // subtle: a strict part's failure does not fail the conjunction.
    this.aDone ||= this.a.verify(action, world) === SUCCESS;
    this.bDone ||= this.b.verify(action, world) === SUCCESS;
    return this.aDone && this.bDone ? SUCCESS : CONTINUE;
  }
}

/** The clauses still to do, in each order in which they may be done. */
export function remainingOrders(mission: AnyInstruction): ActionInstruction[][] {
  if (mission instanceof Before || mission instanceof After) {
    const [first, second] =
      mission instanceof Before ? [mission.a, mission.b] : [mission.b, mission.a];
    const isFirstDone = mission instanceof Before ? mission.aDone : mission.bDone;
    const orders = remainingOrders(second);
    if (isFirstDone) return orders;
    return remainingOrders(first).flatMap((start) => orders.map((rest) => [...start, ...rest]));
  }
  if (mission instanceof And) {
    if (mission.aDone) return [[mission.b]];
    if (mission.bDone) return [[mission.a]];
    return [
      [mission.a, mission.b],
      [mission.b, mission.a],
    ];
  }
  return [[mission]];
}
