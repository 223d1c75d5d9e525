import { turned } from "../world/grid";
import {
  type ActionIndex,
  GO_FORWARD,
  type Scene,
  TOGGLE,
  TURN_LEFT,
  TURN_RIGHT,
} from "../world/scene";

/** What it costs to enter a cell: FREE is walked into, OPENABLE takes a toggle first. */
export const FREE = 1;
export const OPENABLE = 2;
/** Never entered. */
export const IMPASSABLE = 0;

/** A leg of a route: get to face one of some cells, then act on it. */
export interface Leg {
  /** Cells of which the agent has to face one. */
  goals: ReadonlySet<number>;
  /** What it then does, or null. */
  action: ActionIndex | null;
  /** Estimated steps to clear a goal before the action: 0 if it can be acted on as it is. */
  clear(goal: number): number;
  /** FREE, OPENABLE, IMPASSABLE, or for an obstacle that can be dealt with an estimate of the steps that takes. */
  enter(cell: number): number;
}

export interface Route {
  /** Steps to the end, obstacles as estimated. */
  cost: number;
  /** Actions up to the end or to the first obstacle, which the agent then faces. */
  actions: ActionIndex[];
  /** The first obstacle and the leg on which it is met, or null if the actions lead to the end. */
  obstacle: { cell: number; leg: number } | null;
}

/**
 * The cheapest route through all legs in order, or null if there is none: Dijkstra's algorithm on
 * (leg, cell, direction), with Dial's buckets since costs are small whole numbers.
 */
export function findRoute(scene: Scene, legs: readonly Leg[]): Route | null {
  const { grid } = scene;
  const poses = grid.cells.length * 4;
  const cost = new Int32Array(poses * legs.length + 1).fill(-1);
  const previous = new Int32Array(poses * legs.length + 1);
  const settled = new Uint8Array(poses * legs.length + 1);
  const start = scene.agentCell * 4 + scene.agentDir;
  const end = poses * legs.length;
  const buckets: number[][] = [[start]];
  cost[start] = 0;
  const offer = (from: number, to: number, total: number): void => {
    const known = cost[to] ?? -1;
    if (known >= 0 && known <= total) return;
    cost[to] = total;
    previous[to] = from;
    buckets[total] ??= [];
    buckets[total].push(to);
  };
  for (let total = 0; total < buckets.length; total++) {
    for (const state of buckets[total] ?? []) {
      if (settled[state]) continue;
      settled[state] = 1;
      const index = Math.floor(state / poses);
      const leg = legs[index];
      if (leg === undefined) return trace(scene, legs, previous, start, total);
      const pose = state % poses;
      const direction = turned(0, pose);
      const front = (pose >> 2) + grid.ahead[direction];
      if (leg.goals.has(front)) {
        const next = index === legs.length - 1 ? end : state + poses;
        offer(state, next, total + leg.clear(front) + (leg.action === null ? 0 : 1));
      }
      const base = state - direction;
      offer(state, base + turned(direction, -1), total + 1);
      offer(state, base + turned(direction, 1), total + 1);
      const step = leg.enter(front);
      if (step !== IMPASSABLE) offer(state, index * poses + front * 4 + direction, total + step);
    }
  }
  return null;
}

function trace(
  scene: Scene,
  legs: readonly Leg[],
  previous: Int32Array,
  start: number,
  cost: number,
): Route {
  const poses = scene.grid.cells.length * 4;
  const moves: { from: number; to: number }[] = [];
  for (let to = poses * legs.length; to !== start; ) {
    const from = previous[to] ?? start;
    moves.unshift({ from, to });
    to = from;
  }
  const actions: ActionIndex[] = [];
  for (const [index, leg] of legs.entries()) {
    for (const { from, to } of moves.filter(({ from }) => Math.floor(from / poses) === index)) {
      if (Math.floor(to / poses) !== index) {
        const pose = from % poses;
        const front = (pose >> 2) + scene.grid.ahead[turned(0, pose)];
        if (leg.clear(front) > 0) return { cost, actions, obstacle: { cell: front, leg: index } };
        if (leg.action !== null) actions.push(leg.action);
      } else if (to >> 2 === from >> 2) {
        actions.push(((to - from) & 3) === 1 ? TURN_RIGHT : TURN_LEFT);
      } else {
        const cell = (to % poses) >> 2;
        const step = leg.enter(cell);
        if (step > OPENABLE) return { cost, actions, obstacle: { cell, leg: index } };
        if (step === OPENABLE) actions.push(TOGGLE);
        actions.push(GO_FORWARD);
      }
    }
  }
  return { cost, actions, obstacle: null };
}
