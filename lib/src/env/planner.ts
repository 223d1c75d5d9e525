import { NoPlanError } from "./errors";
import { NOTHING, WALL_ID } from "./grid";
import {
  type ActionInstruction,
  type AnyInstruction,
  type ObjectDescription,
  Open,
  PickUp,
  remainingOrders,
} from "./instructions";
import {
  BOX,
  CLOSED,
  colorOf,
  DOOR,
  isPortable,
  isWalkable,
  KEY,
  LOCKED,
  OPEN,
  stateOf,
  typeOf,
  WALL,
} from "./objects";
import { FREE, findRoute, IMPASSABLE, OPENABLE, type Route } from "./route";
import { DROP, PICK_UP, type Scene, TOGGLE } from "./scene";

// Estimates, in steps, of getting past what stands in the way.
const MOVE_ASIDE = 12;
const FETCH_KEY = 30;

/** A leg before it is known how obstacles count; see `Leg`. */
interface PlannedLeg {
  goals: ReadonlySet<number>;
  action: number | null;
  /** Ids of what the agent has held so far; the last is in its hand, if any. */
  held: readonly number[];
  /** Cells that earlier legs have cleared or opened. */
  freed: readonly number[];
}

/** Legs under construction, and how things stand at their end. */
interface Draft {
  legs: PlannedLeg[];
  held: readonly number[];
  freed: readonly number[];
  /** Nothing may follow before a new plan. */
  isEnd?: true;
}

interface Choice {
  legs: readonly PlannedLeg[];
  route: Route;
}

/** Choices of objects considered for one order of clauses; the nearest come first. */
const MAX_CHOICES = 32;
const MAX_DEPTH = 12;
/** Stands for the cost of what is not possible. */
const NO_WAY = 1000;

/** Plans in a scene of its own, by trying actions out in it. */
export class Planner {
  /** What has been done in the scene so far. */
  readonly done: number[] = [];
  /** Locked doors whose keys are being fetched: no way leads through them to their own keys. */
  private readonly barred = new Set<number>();
  private readonly named: ReadonlySet<number>;
  private readonly mayOpenOthers: boolean;
  private readonly mayTakeOthers: boolean;

  constructor(
    private readonly scene: Scene,
    private readonly mission: AnyInstruction,
  ) {
    this.named = new Set(mission.descriptions().flatMap(({ objects }) => objects));
    const clauses = remainingOrders(mission).flat();
    this.mayOpenOthers = !clauses.some((clause) => clause instanceof Open && clause.strict);
    this.mayTakeOthers = !clauses.some((clause) => clause instanceof PickUp && clause.strict);
  }

  /** An action that changes nothing, for the verifier to look again. */
  wait(): number {
    return this.scene.grid.isFree(this.scene.frontCell) ? PICK_UP : DROP;
  }

  /** The legs of some clauses in this order, for each choice of objects, up to the first drop or full hand. */
  legsFor(clauses: readonly ActionInstruction[]): PlannedLeg[][] {
    const choices: PlannedLeg[][] = [];
    this.extend({ legs: [], held: [this.scene.carrying], freed: [] }, clauses, choices);
    return choices;
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
    const hand = draft.held.at(-1)!;
    // What is in hand now can be put down first; what later legs take would be put down who knows where.
    const canTake = hand === NOTHING || draft.legs.length === 0;
    const within = (id: number) => !draft.freed.includes(grid.places[id]!);
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
    const cell = this.scene.grid.places[id]!;
    return withLeg(draft, { goals: [cell], action: PICK_UP, takes: id, frees: cell });
  }

  private opening(draft: Draft, door: number, canTake: boolean): Draft[] {
    const { grid } = this.scene;
    const cell = grid.places[door]!;
    const code = grid.codes[door]!;
    const toggle = { goals: [cell], action: TOGGLE, frees: cell };
    if (stateOf(code) === LOCKED && !opens(grid.codes[draft.held.at(-1)!]!, code)) {
      if (!canTake) return [];
      const keys = this.keysTo(code);
      if (keys.length > 0) return keys.map((key) => withLeg(this.taking(draft, key), toggle));
      return this.boxesWithKeyTo(code).map((box) => ({
        ...withLeg(draft, { goals: [grid.places[box]!], action: TOGGLE }),
        isEnd: true,
      }));
    }
    // An open door has to be closed and opened again.
    const isOpen = stateOf(code) === OPEN && !draft.freed.includes(cell);
    return [withLeg(isOpen ? withLeg(draft, toggle) : draft, toggle)];
  }

  private puttingNext(draft: Draft, fixed: ObjectDescription): Draft[] {
    const goals = this.cellsNextTo(fixed, draft.held.at(-1)!);
    return [{ ...withLeg(draft, { goals, action: DROP }), isEnd: true }];
  }

  /** The cheapest of some choices with its route; without obstacles unless they count as estimated. */
  cheapest(choices: readonly PlannedLeg[][], withObstacles: boolean): Choice | null {
    let best: Choice | null = null;
    for (const legs of choices) {
      const needsEmptyHand = legs[0]!.action === PICK_UP && this.scene.carrying !== NOTHING;
      if (needsEmptyHand && !withObstacles) continue;
      const route = this.route(this.scene, legs, withObstacles);
      if (route !== null && (best === null || route.cost < best.route.cost)) best = { legs, route };
    }
    return best;
  }

  /** Deals with the first thing in the way of the cheapest choice, or does what it can. */
  makeWay(choices: readonly PlannedLeg[][], depth = 0): void {
    const choice = depth > MAX_DEPTH ? null : this.cheapest(choices, true);
    if (choice === null) {
      if (this.scene.carrying === NOTHING)
        throw new NoPlanError("There is no way to complete the mission.");
      this.putDown([]);
      return;
    }
    const { legs, route } = choice;
    const { scene } = this;
    const { obstacle } = route;
    if (obstacle !== null && typeOf(scene.grid.code(obstacle.cell)) === DOOR) {
      this.barred.add(obstacle.cell);
      this.makeWay(this.waysToUnlock(obstacle.cell), depth + 1);
      return;
    }
    if (scene.carrying !== NOTHING) {
      const take = route.actions.indexOf(PICK_UP);
      if (obstacle !== null) {
        // With free hands the obstacle comes first, wherever it is met: later they would be full again.
        if (take < 0) this.do(route.actions);
        this.putDown([this.leg(obstacle.cell, PICK_UP)]);
        return;
      }
      if (take >= 0) {
        this.do(route.actions.slice(0, take));
        this.putDown(legs);
        return;
      }
    }
    if (obstacle === null) {
      this.do(route.actions);
      return;
    }
    if (obstacle.leg > 0) {
      this.makeWay([[this.leg(obstacle.cell, PICK_UP)]], depth + 1);
      return;
    }
    this.do([...route.actions, PICK_UP]);
  }

  private waysToUnlock(cell: number): PlannedLeg[][] {
    const start: Draft = { legs: [], held: [this.scene.carrying], freed: [] };
    return this.opening(start, this.scene.grid.idAt(cell), true).map(({ legs }) => legs);
  }

  private leg(cell: number, action: number): PlannedLeg {
    return { goals: new Set([cell]), action, held: [this.scene.carrying], freed: [] };
  }

  /** Drops what the agent holds near by, where it least stands in the way ahead and of the mission. */
  private putDown(ahead: readonly PlannedLeg[]): void {
    const { scene } = this;
    let best: Route | null = null;
    let bestTotal = Number.POSITIVE_INFINITY;
    for (const cell of this.freeCellsNear(scene.agentCell)) {
      const route = this.route(scene, [this.leg(cell, DROP)], false);
      if (route === null || route.cost >= bestTotal) continue;
      const after = scene.copy();
      for (const action of route.actions) after.act(action);
      const rest = ahead.length === 0 ? 0 : (this.route(after, ahead, true)?.cost ?? NO_WAY);
      const outlook = new Planner(after, this.mission).outlook();
      const total = route.cost + rest + outlook + (this.isDoorway(cell) ? MOVE_ASIDE : 0);
      if (total < bestTotal) {
        best = route;
        bestTotal = total;
      }
    }
    if (best === null)
      throw new NoPlanError("There is no room to put down what the agent carries.");
    this.do(best.actions);
  }

  /** Estimated steps to the end of the next clause. */
  private outlook(): number {
    return this.cheapest(this.firstClauses(), true)?.route.cost ?? NO_WAY;
  }

  /** The legs of the clause that comes next, for each order and choice of objects. */
  firstClauses(): PlannedLeg[][] {
    return remainingOrders(this.mission).flatMap(([first]) => this.legsFor([first!]));
  }

  private do(list: readonly number[]): void {
    for (const action of list) this.scene.act(action);
    this.done.push(...list);
  }

  private route(scene: Scene, legs: readonly PlannedLeg[], withObstacles: boolean): Route | null {
    const legsHere = legs.map((leg) => {
      // Only a drop needs the goal free.
      const isTaken = (goal: number) =>
        leg.action === DROP && !scene.grid.isFree(goal) && !leg.freed.includes(goal);
      return {
        goals: withObstacles ? leg.goals : new Set([...leg.goals].filter((goal) => !isTaken(goal))),
        action: leg.action,
        clear: (goal: number) => (isTaken(goal) ? MOVE_ASIDE : 0),
        enter: (cell: number) => this.enter(scene, cell, leg, withObstacles),
      };
    });
    return findRoute(scene, legsHere);
  }

  /** See `Leg.enter`. */
  private enter(
    scene: Scene,
    cell: number,
    { held, freed }: PlannedLeg,
    withObstacles: boolean,
  ): number {
    const { grid } = scene;
    const code = grid.code(cell);
    if (isWalkable(code) || freed.includes(cell)) return FREE;
    if (code === WALL) return IMPASSABLE;
    const id = grid.idAt(cell);
    if (typeOf(code) === DOOR) {
      if (!this.mayOpenOthers) return IMPASSABLE;
      // A key held earlier has opened its doors by then, if they are on the way.
      const hasKey = held.some((key) => opens(grid.codes[key]!, code));
      if (stateOf(code) === CLOSED || hasKey) return OPENABLE;
      return withObstacles && !this.barred.has(cell) ? FETCH_KEY : IMPASSABLE;
    }
    // An empty box that is not part of the mission is gone once opened.
    if (typeOf(code) === BOX && !this.named.has(id) && grid.contents[id] === NOTHING)
      return OPENABLE;
    return withObstacles && this.mayTakeOthers ? MOVE_ASIDE : IMPASSABLE;
  }

  private objects(): number[] {
    const { grid } = this.scene;
    const ids: number[] = [];
    for (let id = WALL_ID + 1; id < grid.end; id++) if (grid.isOnGrid(id)) ids.push(id);
    return ids;
  }

  private boxesWithKeyTo(door: number): number[] {
    const { codes, contents } = this.scene.grid;
    return this.objects().filter((id) => opens(codes[contents[id]!]!, door));
  }

  private keysTo(door: number): number[] {
    return this.objects().filter((id) => opens(this.scene.grid.codes[id]!, door));
  }

  private byDistance({ objects }: ObjectDescription): number[] {
    const { grid, agentCell } = this.scene;
    const distance = (id: number) => manhattan(grid.places[id]! - agentCell, grid.stride);
    return objects.filter((id) => grid.isOnGrid(id)).sort((a, b) => distance(a) - distance(b));
  }

  /** Cells beside the objects described, other than the one that is to be put there. */
  private cellsNextTo(fixed: ObjectDescription, moved: number): number[] {
    const { grid } = this.scene;
    return fixed.objects
      .filter((id) => id !== moved && grid.isOnGrid(id))
      .flatMap((id) => grid.ahead.map((step) => grid.places[id]! + step))
      .filter((cell) => grid.isFree(cell) || isPortable(grid.code(cell)));
  }

  private isDoorway(cell: number): boolean {
    const { grid } = this.scene;
    return grid.ahead.some((step) => typeOf(grid.code(cell + step)) === DOOR);
  }

  private freeCellsNear(center: number): number[] {
    const { grid } = this.scene;
    const cells: number[] = [];
    for (let dy = -4; dy <= 4; dy++) {
      for (let dx = -4; dx <= 4; dx++) {
        const cell = center + dy * grid.stride + dx;
        if (grid.isFree(cell)) cells.push(cell);
      }
    }
    return cells.sort(
      (a, b) => manhattan(a - center, grid.stride) - manhattan(b - center, grid.stride),
    );
  }
}

interface NewLeg {
  goals: Iterable<number>;
  action: number | null;
  /** Id of what the agent then holds. */
  takes?: number;
  /** Cell that is then free. */
  frees?: number;
}

function withLeg({ legs, held, freed }: Draft, { goals, action, takes, frees }: NewLeg): Draft {
  return {
    legs: [...legs, { goals: new Set(goals), action, held, freed }],
    held: takes === undefined ? held : [...held, takes],
    freed: frees === undefined ? freed : [...freed, frees],
  };
}

function opens(key: number, door: number): boolean {
  return typeOf(key) === KEY && colorOf(key) === colorOf(door);
}

/** Steps between two cells whose indices differ by `offset`. */
function manhattan(offset: number, stride: number): number {
  const dy = Math.round(offset / stride);
  return Math.abs(dy) + Math.abs(offset - dy * stride);
}
