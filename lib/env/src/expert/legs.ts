import type { ObjectDescription } from "../missions/descriptions";
import type { ActionInstruction } from "../missions/instructions";
import { NOTHING, WALL_ID } from "../world/grid";
import { colorOf, isPortable, KEY, LOCKED, OPEN, stateOf, typeOf } from "../world/objects";
import { type ActionIndex, DROP, PICK_UP, type Scene, TOGGLE } from "../world/scene";

/** A leg before it is known how obstacles count; see `Leg`. */
export interface PlannedLeg {
  goals: ReadonlySet<number>;
  action: ActionIndex | null;
  /** Ids of what the agent has held so far. */
  held: readonly number[];
  /** Cells that earlier legs have cleared or opened. */
  freed: readonly number[];
}

/** Legs under construction, and how things stand at their end. */
interface Draft {
  legs: PlannedLeg[];
  /** Id of what is in the agent's hand, or NOTHING. */
  hand: number;
  held: readonly number[];
  freed: readonly number[];
  /** Nothing may follow before a new plan. */
  isEnd?: true;
}

/** Choices of objects considered for one order of clauses; the nearest come first. */
const MAX_CHOICES = 32;

/** What the agent has to do for clauses of a mission, leg by leg, for each choice of the objects that are meant. */
export class Legs {
  constructor(private readonly scene: Scene) {}

  /** The legs of some clauses in this order, for each choice of objects, up to the first drop or full hand. */
  forClauses(clauses: readonly ActionInstruction[]): PlannedLeg[][] {
    const choices: PlannedLeg[][] = [];
    this.extend(this.emptyDraft(), clauses, choices);
    return choices;
  }

  private emptyDraft(): Draft {
    const { carrying } = this.scene;
    return { legs: [], hand: carrying, held: [carrying], freed: [] };
  }

  private extend(
    draft: Draft,
    clauses: readonly ActionInstruction[],
    choices: PlannedLeg[][],
  ): void {
    const [clause, ...rest] = clauses;
    const drafts = clause === undefined ? [] : this.draftsFor(draft, clause);
    for (const next of drafts) {
      if (choices.length === MAX_CHOICES) return;
      if (next.isEnd) choices.push(next.legs);
      else this.extend(next, rest, choices);
    }
    if (drafts.length === 0 && draft.legs.length > 0) choices.push(draft.legs);
  }

  /** The draft with the legs of one more clause, for each choice of objects; none if it cannot follow at once. */
  private draftsFor(draft: Draft, clause: ActionInstruction): Draft[] {
    const { grid } = this.scene;
    const { hand } = draft;
    // What is in hand now can be put down first. Where to put down what later legs take is not known yet.
    const canTake = hand === NOTHING || draft.legs.length === 0;
    const within = (id: number) => !draft.freed.includes(grid.cellOf(id));
    switch (clause.kind) {
      case "GoTo":
        return clause.target.cells.length === 0
          ? []
          : [withLeg(draft, { goals: clause.target.cells, action: null })];
      case "PickUp":
        return (canTake ? this.byDistance(clause.target).filter(within) : []).map((id) =>
          this.taking(draft, id),
        );
      case "Open":
        return this.byDistance(clause.target).flatMap((door) => this.opening(draft, door, canTake));
      case "PutNext": {
        if (clause.move.objects.includes(hand)) return this.puttingNext(draft, clause.fixed);
        const movable = canTake ? this.byDistance(clause.move).filter(within) : [];
        return movable.flatMap((id) => this.puttingNext(this.taking(draft, id), clause.fixed));
      }
    }
  }

  private taking(draft: Draft, id: number): Draft {
    const cell = this.scene.grid.cellOf(id);
    return withLeg(draft, { goals: [cell], action: PICK_UP, takes: id, frees: cell });
  }

  private opening(draft: Draft, door: number, canTake: boolean): Draft[] {
    const { grid } = this.scene;
    const cell = grid.cellOf(door);
    const code = grid.codeOf(door);
    const toggle: NewLeg = { goals: [cell], action: TOGGLE, frees: cell };
    if (stateOf(code) === LOCKED && !opens(grid.codeOf(draft.hand), code)) {
      if (!canTake) return [];
      const keys = this.keysTo(code);
      if (keys.length > 0) return keys.map((key) => withLeg(this.taking(draft, key), toggle));
      return this.boxesWithKeyTo(code).map((box) => ({
        ...withLeg(draft, { goals: [grid.cellOf(box)], action: TOGGLE }),
        isEnd: true,
      }));
    }
    // An open door has to be closed and opened again.
    const isOpen = stateOf(code) === OPEN && !draft.freed.includes(cell);
    return [withLeg(isOpen ? withLeg(draft, toggle) : draft, toggle)];
  }

  private puttingNext(draft: Draft, fixed: ObjectDescription): Draft[] {
    const goals = this.cellsNextTo(fixed, draft.hand);
    return [{ ...withLeg(draft, { goals, action: DROP }), isEnd: true }];
  }

  /** The legs that open a locked door, for each key and box. */
  forUnlocking(door: number): PlannedLeg[][] {
    return this.opening(this.emptyDraft(), door, true).map(({ legs }) => legs);
  }

  private objects(): number[] {
    const { grid } = this.scene;
    const ids: number[] = [];
    for (let id = WALL_ID + 1; id < grid.end; id++) if (grid.isOnGrid(id)) ids.push(id);
    return ids;
  }

  private boxesWithKeyTo(door: number): number[] {
    const { grid } = this.scene;
    return this.objects().filter((id) => opens(grid.codeOf(grid.contentOf(id)), door));
  }

  private keysTo(door: number): number[] {
    return this.objects().filter((id) => opens(this.scene.grid.codeOf(id), door));
  }

  private byDistance({ objects }: ObjectDescription): number[] {
    const { grid, agentCell } = this.scene;
    const distance = (id: number) => manhattan(grid.cellOf(id) - agentCell, grid.stride);
    return objects.filter((id) => grid.isOnGrid(id)).sort((a, b) => distance(a) - distance(b));
  }

  /** Cells next to the objects described, without the one that is to be put there. */
  private cellsNextTo(fixed: ObjectDescription, moved: number): number[] {
    const { grid } = this.scene;
    return fixed.objects
      .filter((id) => id !== moved && grid.isOnGrid(id))
      .flatMap((id) => grid.ahead.map((step) => grid.cellOf(id) + step))
      .filter((cell) => grid.isFree(cell) || isPortable(grid.code(cell)));
  }
}

interface NewLeg {
  goals: Iterable<number>;
  action: ActionIndex | null;
  /** Id of what the agent then holds. */
  takes?: number;
  /** Cell that is then free. */
  frees?: number;
}

function withLeg({ legs, hand, held, freed }: Draft, leg: NewLeg): Draft {
  const { goals, action, takes, frees } = leg;
  return {
    legs: [...legs, { goals: new Set(goals), action, held, freed }],
    hand: takes ?? hand,
    held: takes === undefined ? held : [...held, takes],
    freed: frees === undefined ? freed : [...freed, frees],
  };
}

/** Whether what is held is a key to a door, by their looks. */
export function opens(key: number, door: number): boolean {
  return typeOf(key) === KEY && colorOf(key) === colorOf(door);
}

/** Steps between two cells whose indices differ by `offset`. */
export function manhattan(offset: number, stride: number): number {
  const dy = Math.round(offset / stride);
  return Math.abs(dy) + Math.abs(offset - dy * stride);
}
