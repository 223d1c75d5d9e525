import type { Action, Prompt } from "../reading/prompt";
import { type Description, matches } from "../reading/things";
import { Floor } from "./floor";
import { bestMove, costToGo, posesInside, searchMove, stepsFrom } from "./planner";
import { isBlocked, RoomMap, relativePosition } from "./room-map";
import { type Stage, stagesOf } from "./stages";

export interface Decision {
  action: Action;
  /** The rule that fired, in a sentence or two. */
  thinking: string;
}

/**
 * Chooses the next action from what the prompt says. The rules, in order:
 * 1. The first stage of the plan can be done here: do it.
 * 2. A place for it is known: take the shortest way through all stages.
 * 3. Something is out of sight and there is a history: search the cells not seen yet.
 * 4. Else circle the room.
 */
export function decide(prompt: Prompt): Decision {
  const map = new RoomMap(prompt.turns ?? [], prompt.observation);
  const floor = new Floor(map);
  const stages = stagesOf(prompt.mission, floor);
  const [stage] = stages;
  const { end, toGo } = planCost(floor, stages);

  const steps = stepsFrom(floor.start, toGo);
  if (stage.cells.length > 0 && Number.isFinite(steps)) {
    const { action } = stage;
    if (action && stepsFrom(floor.start, end) <= steps) {
      return { action, thinking: `I can ${stage.aim} right here.` };
    }
    const move = bestMove(floor, toGo, prompt.turns ? [] : stage.cells);
    return {
      action: move,
      thinking: `I want to ${stage.aim}${whereIs(map, stage)}. To get there I ${move}.`,
    };
  }
  const missing = `I want to ${stage.aim}, but I know no way to it`;
  const move = prompt.turns && searchMove(floor, unseenCells(floor, stage.target));
  if (move) {
    return { action: move, thinking: `${missing}. To see the rest of the room soonest I ${move}.` };
  }
  const action = roam(prompt);
  return { action, thinking: `${missing}. I walk round the room and ${action}.` };
}

/** Walk on until a wall is near, then turn right: this circles the room and so shows all of it without memory. */
function roam({ observation }: Prompt): Action {
  const wall = observation.walls.forward ?? Number.POSITIVE_INFINITY;
  return wall <= 3 || isBlocked(observation) ? "turn right" : "go forward";
}

/**
 * Steps to the end of all stages from each pose, and (`end`) with the first stage done at that very pose. Where a
 * stage's place is unknown, its average over the unseen cells.
 */
function planCost(
  floor: Floor,
  [stage, ...rest]: Stage[],
): { end: Float64Array; toGo: Float64Array } {
  if (!stage) {
    const nothing = new Float64Array(floor.cellCount * 4);
    return { end: nothing, toGo: nothing };
  }
  const end = new Float64Array(floor.cellCount * 4).fill(Number.POSITIVE_INFINITY);
  if (stage.cells.length === 0) {
    const unseen = unseenCells(floor, stage.target);
    for (const pose of posesInside(floor)) {
      const steps = unseen.reduce((sum, cell) => sum + floor.stepsToFace(pose, cell), 0);
      end[pose] = steps / Math.max(1, unseen.length);
    }
    return { end, toGo: end };
  }
  let later = planCost(floor, rest).toGo;
  for (const cell of stage.cells) {
    // subtle: what is dropped on the way to the next stage must not bar it
    if (stage.action === "drop" && rest.length > 0) {
      later = planCost(new Floor(floor.map, cell), rest).toGo;
    }
    for (const pose of floor.posesFacing(cell)) {
      end[pose] = stepsFrom(pose, later) + (stage.action ? 1 : 0);
    }
  }
  return { end, toGo: costToGo(floor, end) };
}

/** Where the thing may still be: doors are in the walls, all else is inside. */
function unseenCells(floor: Floor, target?: Description): number[] {
  const inside = target?.kind === "door" ? 0 : 1;
  const unseen: number[] = [];
  floor.seen.forEach((seen, cell) => {
    if (seen === 0 && floor.inside[cell] === inside) unseen.push(cell);
  });
  return unseen;
}

/** ", seen 2 to the left and 1 ahead": the nearest of the stage's targets, for the explanation. */
function whereIs(map: RoomMap, { target }: Stage): string {
  const [nearest] = map
    .things()
    .filter((thing) => target && matches(thing, target))
    .map((thing) => relativePosition(map.pose, thing))
    .sort((a, b) => distance(a) - distance(b));
  if (!nearest) return "";
  const { right, forward } = nearest;
  const parts = [
    right !== 0 && `${Math.abs(right)} to the ${right < 0 ? "left" : "right"}`,
    forward !== 0 && `${Math.abs(forward)} ${forward < 0 ? "behind" : "ahead"}`,
  ].filter(Boolean);
  return `, seen ${parts.join(" and ")}`;
}

function distance({ right, forward }: { right: number; forward: number }): number {
  return Math.abs(right) + Math.abs(forward);
}
