import type { Mission } from "./mission";
import { bestMove, costToGo, Floor, searchMove, stepsToFace } from "./planner";
import type { Action, Prompt } from "./prompt";
import {
  type Cell,
  inFront,
  isBlocked,
  type PlacedThing,
  RoomMap,
  relativePosition,
} from "./room-map";
import { type Description, matches, nameOf } from "./things";

export interface Decision {
  action: Action;
  /** The rule that fired, in a sentence or two. */
  thinking: string;
}

/** One part of a plan: come to face one of `cells`, then do `action`, if there is one. */
interface Stage {
  aim: string;
  target?: Description;
  action?: "pick up" | "drop" | "toggle";
  cells: Cell[];
}

/** Chooses the next action from what the prompt says. */
export function decide(prompt: Prompt): Decision {
  const map = new RoomMap(prompt.turns ?? [], prompt.observation);
  const floor = new Floor(map);
  const stages = stagesOf(prompt.mission, map, floor);
  const [stage] = stages;
  const pose = floor.indexOf(map.pose);

  if (stage.cells.length > 0) {
    const cost = planCost(floor, stages);
    if (Number.isFinite(cost.toGo[pose])) {
      if (stage.action && cost.end[pose] <= cost.toGo[pose]) {
        return {
          action: stage.action,
          thinking: `${stage.aim}: it is within reach, so I ${stage.action}.`,
        };
      }
      const later = stages.find(({ cells }) => cells.length === 0);
      const move = bestMove(floor, cost.toGo, pose, later ? unseenCells(floor, later.target) : []);
      return {
        action: move,
        thinking: `${stage.aim}${whereIs(map, stage)}. I ${move} to get there.`,
      };
    }
  }
  const missing = `${stage.aim}, but I know no way to it`;
  if (prompt.turns) {
    const move = searchMove(floor, pose, unseenCells(floor, stage.target));
    if (move) {
      return { action: move, thinking: `${missing}. I ${move} to see more of the room soonest.` };
    }
  }
  const action = roam(prompt);
  return { action, thinking: `${missing}. I ${action} on my way round the room.` };
}

/** Without memory: walk on until a wall is near, then turn right; this circles the room and so shows all of it. */
function roam({ observation }: Prompt): Action {
  const wall = observation.walls.forward ?? Number.POSITIVE_INFINITY;
  return wall <= 3 || isBlocked(observation) ? "turn right" : "go forward";
}

function stagesOf(mission: Mission, map: RoomMap, floor: Floor): Stage[] {
  switch (mission.kind) {
    case "go to":
      return [face(mission.target, map)];
    case "pick up":
      return pickUp(mission.target, map, floor);
    case "pick up then go to":
      return [...pickUp(mission.pickUp, map, floor), face(mission.goTo, map)];
    case "put next to":
      return [...pickUp(mission.move, map, floor), putNextTo(mission.fixed, map, floor)];
    case "open":
      return open(mission.door, map, floor);
  }
}

function face(target: Description, map: RoomMap): Stage {
  return {
    aim: `I go to the ${nameOf(target)}`,
    target,
    cells: map.find((thing) => matches(thing, target)),
  };
}

/** Nothing when it is in hand already; hands that hold something else are emptied first. */
function pickUp(target: Description, map: RoomMap, floor: Floor): Stage[] {
  if (map.carrying && matches(map.carrying, target)) return [];
  const stage: Stage = {
    aim: `I pick up the ${nameOf(target)}`,
    target,
    action: "pick up",
    cells: map.find((thing) => matches(thing, target)),
  };
  if (!map.carrying) return [stage];
  const emptyHands: Stage = {
    aim: `I drop the ${nameOf(map.carrying)} to free my hands`,
    action: "drop",
    cells: floor.freeCells(),
  };
  return [emptyHands, stage];
}

function putNextTo(fixed: Description, map: RoomMap, floor: Floor): Stage {
  const targets = map.find((thing) => matches(thing, fixed));
  return {
    aim: `I put what I carry next to the ${nameOf(fixed)}`,
    target: fixed,
    action: "drop",
    cells: floor
      .freeCells()
      .filter(({ x, y }) => targets.some((it) => Math.abs(it.x - x) + Math.abs(it.y - y) === 1)),
  };
}

/** A locked door opens to the key of its own color only. */
function open(target: Description, map: RoomMap, floor: Floor): Stage[] {
  const isDoor = (thing: PlacedThing) => matches(thing, target) && thing.state !== "open";
  const held = map.carrying?.kind === "key" ? map.carrying.color : undefined;
  const doors = map.find(isDoor);
  const door: Stage = {
    aim: `I open the ${nameOf(target)}`,
    target,
    action: "toggle",
    cells: doors,
  };
  const needsKey = !doors.some((it) => it.state === "closed" || it.color === held);
  if (!needsKey) return [door];
  const color = target.color ?? doors[0]?.color;
  if (held && color === undefined) return [door];
  return [...pickUp({ kind: "key", color }, map, floor), door];
}

/** Steps to the end of all stages; where a later stage's place is unknown, its average over the unseen cells. */
function planCost(floor: Floor, stages: Stage[]): { end: Float64Array; toGo: Float64Array } {
  let toGo = new Float64Array(floor.poses.length);
  let end = toGo;
  for (const stage of [...stages].reverse()) {
    if (stage.cells.length === 0) {
      const unseen = unseenCells(floor, stage.target);
      toGo = Float64Array.from(floor.poses, (pose) =>
        unseen.reduce((sum, cell) => sum + stepsToFace(pose, cell) / unseen.length, 0),
      );
      continue;
    }
    const goals = new Set(stage.cells.map((cell) => floor.cellIndexOf(cell)));
    const later = toGo;
    end = Float64Array.from(floor.poses, (pose, index) =>
      floor.isInside(pose) && goals.has(floor.cellIndexOf(inFront(pose)))
        ? later[index] + (stage.action ? 1 : 0)
        : Number.POSITIVE_INFINITY,
    );
    toGo = costToGo(floor, end);
  }
  return { end, toGo };
}

/** Where the thing may still be: doors are in the walls, all else is inside. */
function unseenCells(floor: Floor, target?: Description): Cell[] {
  const inWall = target?.kind === "door";
  return floor
    .cells()
    .filter((cell) => floor.isInside(cell) !== inWall && !floor.map.hasSeen(cell));
}

function whereIs(map: RoomMap, { target }: Stage): string {
  const thing = target && map.find((it) => matches(it, target))[0];
  if (!thing) return "";
  const { right, forward } = relativePosition(map.pose, thing);
  const parts = [
    right !== 0 && `${Math.abs(right)} to the ${right < 0 ? "left" : "right"}`,
    forward !== 0 && `${Math.abs(forward)} ${forward < 0 ? "behind" : "ahead"}`,
  ].filter(Boolean);
  return `, which is ${parts.join(" and ")}`;
}
