import type { Action } from "../reading/prompt";
import type { Floor } from "./floor";

type Move = Extract<Action, "turn left" | "turn right" | "go forward">;

/** Order in which ties are broken: to walk on keeps in view what lies ahead. */
const moves: readonly Move[] = ["go forward", "turn left", "turn right"];

const opposite: Record<Move, Move | null> = {
  "go forward": null,
  "turn left": "turn right",
  "turn right": "turn left",
};

/** How many actions ahead a search for something unseen looks. */
const searchDepth = 8;
/** Steps that finding and reaching a thing takes beyond that horizon; a guess, which only ranks long searches. */
const beyondHorizon = 6;

function after(floor: Floor, pose: number, move: Move): number {
  if (move === "go forward") return floor.afterForward(pose);
  return floor.afterTurn(pose, move === "turn right" ? 1 : -1);
}

/** Steps from a pose; Infinity beyond the walls, from where no way leads on. */
export function stepsFrom(pose: number, cost: Float64Array): number {
  return cost[pose] ?? Number.POSITIVE_INFINITY;
}

/**
 * Fewest steps to the end from every pose, where `end` gives the steps still needed once there (Infinity: no end).
 * Dijkstra's algorithm from the ends backwards. Every move costs 1, so poses are found in the order of their cost and
 * a plain queue, merged with the sorted ends, does for the priority queue.
 */
export function costToGo(floor: Floor, end: Float64Array): Float64Array {
  const cost = end.slice();
  const ends = posesInside(floor)
    .filter((pose) => Number.isFinite(end[pose]))
    .sort((a, b) => stepsFrom(a, end) - stepsFrom(b, end));
  const found: number[] = [];
  const reach = (pose: number, steps: number) => {
    if (steps >= stepsFrom(pose, cost)) return;
    cost[pose] = steps;
    found.push(pose);
  };
  let [i, j] = [0, 0];
  const cheapest = (): number | undefined => {
    const atEnd = ends[i];
    const onTheWay = found[j];
    const isEnd =
      onTheWay === undefined ||
      (atEnd !== undefined && stepsFrom(atEnd, end) <= stepsFrom(onTheWay, cost));
    if (isEnd) i++;
    else j++;
    return isEnd ? atEnd : onTheWay;
  };
  for (let pose = cheapest(); pose !== undefined; pose = cheapest()) {
    const steps = stepsFrom(pose, cost) + 1;
    reach(floor.afterTurn(pose, 1), steps);
    reach(floor.afterTurn(pose, -1), steps);
    const behind = floor.behind(pose);
    if (floor.inside[behind >> 2] === 1 && floor.free[pose >> 2] === 1) reach(behind, steps);
  }
  return cost;
}

export function posesInside(floor: Floor): number[] {
  const poses: number[] = [];
  for (let cell = 0; cell < floor.cellCount; cell++) {
    if (floor.inside[cell] === 1) poses.push(cell * 4, cell * 4 + 1, cell * 4 + 2, cell * 4 + 3);
  }
  return poses;
}

/** How much more a move may cost if it keeps the goal in sight, for an agent that forgets what it does not see. */
const worthOfSight = 1.5;

/** The move with the fewest steps to go, allowing for a detour to keep one of the cells `inSight`. */
export function bestMove(floor: Floor, cost: Float64Array, inSight: readonly number[]): Move {
  let best: Move = "go forward";
  let bestCost = Number.POSITIVE_INFINITY;
  for (const move of moves) {
    const next = after(floor, floor.start, move);
    if (next === floor.start) continue;
    const sees = floor.view(next).some((cell) => inSight.includes(cell));
    const total = stepsFrom(next, cost) - (sees ? worthOfSight : 0);
    if (total < bestCost) {
      bestCost = total;
      best = move;
    }
  }
  return best;
}

/**
 * The first move of the search that reaches a thing soonest on average, were the thing equally likely in every cell
 * of `unseen`: minimizes the sum over these cells of (step at which the cell comes into view + steps from there to it).
 * Undefined when nothing is unseen or no move leads anywhere.
 */
export function searchMove(floor: Floor, unseen: readonly number[]): Move | undefined {
  const hidden = new Uint8Array(floor.cellCount);
  for (const cell of unseen) hidden[cell] = 1;
  let best: Move | undefined;
  let bestCost = Number.POSITIVE_INFINITY;

  const shown: number[] = [];
  const visit = (
    pose: number,
    step: number,
    spent: number,
    left: number,
    first?: Move,
    last?: Move,
  ): void => {
    if (spent + left * (step + 1) >= bestCost) return;
    if (left === 0 || step === searchDepth) {
      const total = spent + left * (step + beyondHorizon);
      if (total < bestCost) {
        bestCost = total;
        best = first;
      }
      return;
    }
    for (const move of moves) {
      const next = after(floor, pose, move);
      if (next === pose || last === opposite[move]) continue;
      const before = shown.length;
      let cost = spent;
      for (const cell of floor.view(next)) {
        if (hidden[cell] === 0) continue;
        hidden[cell] = 0;
        shown.push(cell);
        cost += step + 1 + floor.stepsToFace(next, cell);
      }
      visit(next, step + 1, cost, left - (shown.length - before), first ?? move, move);
      for (const cell of shown.splice(before)) hidden[cell] = 1;
    }
  };
  if (unseen.length > 0) visit(floor.start, 0, 0, unseen.length);
  return best;
}
