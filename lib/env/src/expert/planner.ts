import { type AnyInstruction, Open, PickUp, remainingOrders } from "../missions/instructions";
import { NoPlanError } from "../world/errors";
import { NOTHING } from "../world/grid";
import { BOX, CLOSED, DOOR, isWalkable, stateOf, typeOf, WALL } from "../world/objects";
import { type ActionIndex, DROP, PICK_UP, type Scene } from "../world/scene";
import { Legs, manhattan, opens, type PlannedLeg } from "./legs";
import { FREE, findRoute, IMPASSABLE, OPENABLE, type Route } from "./route";

// Estimates, in steps, of getting past what stands in the way.
const MOVE_ASIDE = 12;
const FETCH_KEY = 30;

interface Choice {
  legs: readonly PlannedLeg[];
  route: Route;
}

const MAX_DEPTH = 12;
/** Stands for the cost of what is not possible. */
const NO_WAY = 1000;

/** Plans by trying actions out in a scene of its own. */
export class Planner {
  /** What has been done in the scene so far. */
  readonly done: ActionIndex[] = [];
  readonly legs: Legs;
  /** Locked doors whose keys are being fetched: no way leads through them to their own keys. */
  private readonly barred = new Set<number>();
  private readonly named: ReadonlySet<number>;
  private readonly mayOpenOthers: boolean;
  private readonly mayTakeOthers: boolean;

  constructor(
    private readonly scene: Scene,
    private readonly mission: AnyInstruction,
  ) {
    this.legs = new Legs(scene);
    this.named = new Set(mission.descriptions().flatMap(({ objects }) => objects));
    const clauses = remainingOrders(mission).flat();
    this.mayOpenOthers = !clauses.some((clause) => clause instanceof Open && clause.strict);
    this.mayTakeOthers = !clauses.some((clause) => clause instanceof PickUp && clause.strict);
  }

  /** An action that changes nothing, for the verifier to look again. */
  wait(): ActionIndex {
    return this.scene.grid.isFree(this.scene.frontCell) ? PICK_UP : DROP;
  }

  /** The cheapest of some choices with its route; without obstacles unless they count as estimated. */
  cheapest(choices: readonly PlannedLeg[][], withObstacles: boolean): Choice | null {
    let best: Choice | null = null;
    for (const legs of choices) {
      const needsEmptyHand = legs[0]?.action === PICK_UP && this.scene.carrying !== NOTHING;
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
      this.makeWay(this.legs.forUnlocking(scene.grid.idAt(obstacle.cell)), depth + 1);
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

  private leg(cell: number, action: ActionIndex): PlannedLeg {
    return { goals: new Set([cell]), action, held: [this.scene.carrying], freed: [] };
  }

  /** Drops what the agent holds nearby, where it is least in the way of what comes next and of the mission. */
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
    return remainingOrders(this.mission).flatMap((order) =>
      this.legs.forClauses(order.slice(0, 1)),
    );
  }

  private do(list: readonly ActionIndex[]): void {
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
      const hasKey = held.some((key) => opens(grid.codeOf(key), code));
      if (stateOf(code) === CLOSED || hasKey) return OPENABLE;
      return withObstacles && !this.barred.has(cell) ? FETCH_KEY : IMPASSABLE;
    }
    // An empty box that is not part of the mission is gone once opened.
    if (typeOf(code) === BOX && !this.named.has(id) && grid.contentOf(id) === NOTHING)
      return OPENABLE;
    return withObstacles && this.mayTakeOthers ? MOVE_ASIDE : IMPASSABLE;
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
