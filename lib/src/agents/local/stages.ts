import type { Floor } from "./floor";
import type { Mission } from "./mission";
import type { Cell, PlacedThing } from "./room-map";
import { type Description, matches, nameOf } from "./things";

/** One part of a plan: come to face one of `cells`, then do `action`, if there is one. */
export interface Stage {
  /** In words, first person. */
  aim: string;
  /** What must be found for it. */
  target?: Description;
  action?: "pick up" | "drop" | "toggle";
  /** Where it can be done, as far as known; numbers of the floor's cells. */
  cells: number[];
}

/** What is left to do of a mission, in order; what the agent carries tells how far it is. */
export function stagesOf(mission: Mission, floor: Floor): Stage[] {
  switch (mission.kind) {
    case "go to":
      return [goTo(mission.target, floor)];
    case "pick up":
      return pickUp(mission.target, floor);
    case "pick up then go to":
      return [...fetch(mission.pickUp, floor), goTo(mission.goTo, floor)];
    case "put next to":
      return [...fetch(mission.move, floor), putNextTo(mission.fixed, floor)];
    case "open":
      return open(mission.door, floor);
  }
}

function goTo(target: Description, floor: Floor): Stage {
  return { aim: `go to the ${nameOf(target)}`, target, cells: cellsOf(target, floor) };
}

/** Hands that hold something, be it the right thing, are emptied first: only the act of picking up counts. */
function pickUp(target: Description, floor: Floor): Stage[] {
  const take: Stage = {
    aim: `pick up the ${nameOf(target)}`,
    target,
    action: "pick up",
    cells: cellsOf(target, floor),
  };
  const { carrying } = floor.map;
  if (!carrying) return [take];
  const emptyHands: Stage = {
    aim: `drop the ${nameOf(carrying)} to have my hands free`,
    action: "drop",
    cells: freeBeside(floor.map.pose, floor),
  };
  return [emptyHands, take];
}

/** As `pickUp`, but nothing when it is in hand already. */
function fetch(target: Description, floor: Floor): Stage[] {
  const { carrying } = floor.map;
  return carrying && matches(carrying, target) ? [] : pickUp(target, floor);
}

function putNextTo(fixed: Description, floor: Floor): Stage {
  const targets = floor.map.things().filter((thing) => matches(thing, fixed));
  return {
    aim: `put what I carry next to the ${nameOf(fixed)}`,
    target: fixed,
    action: "drop",
    cells: targets.flatMap((thing) => freeBeside(thing, floor)),
  };
}

/** A locked door opens to a key of its own color only, so its color must be known before any of several keys is taken. */
function open(target: Description, floor: Floor): Stage[] {
  const { carrying } = floor.map;
  const doors = floor.map
    .things()
    .filter((thing) => matches(thing, target) && thing.state !== "open");
  const opens = (door: PlacedThing) =>
    door.state === "closed" || (carrying?.kind === "key" && carrying.color === door.color);
  const stage: Stage = {
    aim: `open the ${nameOf(target)}`,
    target,
    action: "toggle",
    cells: doors.map((door) => floor.cell(door)),
  };
  if (doors.some(opens))
    return [{ ...stage, cells: doors.filter(opens).map((door) => floor.cell(door)) }];
  const color = target.color ?? doors[0]?.color;
  if (color === undefined && carrying?.kind === "key") return [stage];
  return [...fetch({ kind: "key", color }, floor), stage];
}

function cellsOf(target: Description, floor: Floor): number[] {
  return floor.map
    .things()
    .filter((thing) => matches(thing, target))
    .map((thing) => floor.cell(thing))
    .filter((cell) => cell >= 0);
}

function freeBeside({ x, y }: Cell, floor: Floor): number[] {
  return [
    floor.cell({ x: x - 1, y }),
    floor.cell({ x: x + 1, y }),
    floor.cell({ x, y: y - 1 }),
    floor.cell({ x, y: y + 1 }),
  ].filter((cell) => floor.free[cell] === 1);
}
