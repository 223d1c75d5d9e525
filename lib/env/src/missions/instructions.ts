import { NOTHING } from "../world/grid";
import { DOOR, OPEN, stateOf, typeOf } from "../world/objects";
import type { RoomGrid } from "../world/room-grid";
import { DROP, PICK_UP, TOGGLE } from "../world/scene";
import type { ObjectDescription } from "./descriptions";

/** What an instruction makes of the step just taken. */
export const CONTINUE = 0;
export const SUCCESS = 1;
export const FAILURE = 2;
export type Status = typeof CONTINUE | typeof SUCCESS | typeof FAILURE;

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

/**
 * A mission: face an object.
 *
 * @example
 * new GoTo(new ObjectDescription(BOX)).surface(); // "go to the box"
 */
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

/**
 * A mission: open a door.
 *
 * @example
 * new Open(new ObjectDescription(DOOR, COLOR_INDEX.blue)).surface(); // "open the blue door"
 */
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
    const code = world.grid.codeOf(id);
    if (typeOf(code) !== DOOR) return CONTINUE;
    if (stateOf(code) === OPEN && this.target.objects.includes(id)) return SUCCESS;
    return this.strict ? FAILURE : CONTINUE;
  }
  descriptions(): ObjectDescription[] {
    return [this.target];
  }
}

/**
 * A mission: take an object.
 *
 * @example
 * new PickUp(new ObjectDescription(KEY)).surface(); // "pick up the key"
 */
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

/**
 * A mission: put an object next to another.
 *
 * @example
 * const mission = new PutNext(new ObjectDescription(BALL), new ObjectDescription(BOX));
 * mission.surface(); // "put the ball next to the box"
 */
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
    const cell = world.grid.cellOf(id);
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

/**
 * "a, then b".
 *
 * @example
 * const mission = new Before(
 *   new PickUp(new ObjectDescription(BALL)),
 *   new GoTo(new ObjectDescription(BOX)),
 * );
 * mission.surface(); // "pick up the ball, then go to the box"
 */
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

/**
 * "a after you b".
 *
 * @example
 * const mission = new After(
 *   new GoTo(new ObjectDescription(BOX)),
 *   new PickUp(new ObjectDescription(BALL)),
 * );
 * mission.surface(); // "go to the box after you pick up the ball"
 */
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

/**
 * "a and b", in any order.
 *
 * @example
 * const mission = new And(
 *   new GoTo(new ObjectDescription(BOX)),
 *   new GoTo(new ObjectDescription(DOOR)),
 * );
 * mission.surface(); // "go to the box and go to the door"
 */
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
