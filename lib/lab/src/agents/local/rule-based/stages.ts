import type { Mission } from "../reading/mission";
import { type Description, matches, nameOf } from "../reading/things";
import type { Floor } from "./floor";
import type { Cell, PlacedThing } from "./room-map";

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

/** In order; the last stage ends the mission. */
export type Plan = [...Stage[], Stage];

/** What is left to do of a mission; what the agent carries tells how far it is. */
export function stagesOf(mission: Mission, floor: Floor): Plan {
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
  return {
    aim: `go to the ${nameOf(target)}`,
    target,
    cells: cellsOf(known(target, floor), floor),
  };
}

/** Hands that hold something, be it the right thing, are emptied first: only the act of picking up counts. */
function pickUp(target: Description, floor: Floor): Plan {
  const take: Stage = {
    aim: `pick up the ${nameOf(target)}`,
    target,
    action: "pick up",
    cells: cellsOf(known(target, floor), floor),
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
  return {
    aim: `put what I carry next to the ${nameOf(fixed)}`,
    target: fixed,
    action: "drop",
    cells: known(fixed, floor).flatMap((thing) => freeBeside(thing, floor)),
  };
}

/** A locked door opens to a key of its own color only; while its color is unknown, any key in sight is taken. */
function open(target: Description, floor: Floor): Plan {
  const { carrying } = floor.map;
  const doors = known(target, floor).filter(({ state }) => state !== "open");
  const opening = doors.filter(
    ({ state, color }) =>
      state === "closed" || (carrying?.kind === "key" && carrying.color === color),
  );
  const toggle: Stage = {
    aim: `open the ${nameOf(target)}`,
    target,
    action: "toggle",
    cells: cellsOf(opening.length > 0 ? opening : doors, floor),
  };
  if (opening.length > 0) return [toggle];
  const color = target.color ?? doors[0]?.color;
  if (color === undefined && carrying?.kind === "key") return [toggle];
  return [...fetch({ kind: "key", color }, floor), toggle];
}

function known(target: Description, floor: Floor): PlacedThing[] {
  return floor.map.things().filter((thing) => matches(thing, target));
}

function cellsOf(things: PlacedThing[], floor: Floor): number[] {
  return things.map((thing) => floor.cell(thing)).filter((cell) => cell >= 0);
}

function freeBeside({ x, y }: Cell, floor: Floor): number[] {
  return [
    floor.cell({ x: x - 1, y }),
    floor.cell({ x: x + 1, y }),
    floor.cell({ x, y: y - 1 }),
    floor.cell({ x, y: y + 1 }),
  ].filter((cell) => floor.free[cell] === 1);
}
