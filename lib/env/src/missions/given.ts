import { InvalidMissionError } from "../world/errors";
import { COLORS, colorOf, DOOR, TYPES, typeOf } from "../world/objects";
import type { RoomGrid } from "../world/room-grid";
import { ObjectDescription, objectsOf } from "./descriptions";
import {
  After,
  And,
  type AnyInstruction,
  Before,
  GoTo,
  Open,
  PickUp,
  PutNext,
} from "./instructions";

/** @throws InvalidMissionError what a caller gave is no mission */
export function checkMission(given: unknown): asserts given is AnyInstruction {
  if (isMission(given)) return;
  throw new InvalidMissionError(
    given,
    "A mission is GoTo, Open, PickUp or PutNext of an ObjectDescription, such as new GoTo(new ObjectDescription(BALL, COLOR_INDEX.red)), or two of these joined by And, Before or After.",
  );
}

function isMission(given: unknown): boolean {
  if (given instanceof Before || given instanceof After || given instanceof And)
    return isMission(given.a) && isMission(given.b);
  if (given instanceof PutNext) return isDescription(given.move) && isDescription(given.fixed);
  if (given instanceof GoTo || given instanceof Open || given instanceof PickUp)
    return isDescription(given.target);
  return false;
}

const isDescription = (given: unknown) => given instanceof ObjectDescription;

/**
 * Of a mission that is bound: each clause needs objects that it can be done with.
 *
 * @throws InvalidMissionError the world has none of them
 */
export function checkObjects(mission: AnyInstruction, world: RoomGrid): void {
  const missing = missingOf(mission, world);
  if (missing === null) return;
  throw new InvalidMissionError(
    mission.surface(),
    `This world lacks ${missing}. It has ${look(world)}: reset with a mission of these, or without one.`,
  );
}

/** What the mission needs and the world does not have, in words; null: nothing. */
function missingOf(mission: AnyInstruction, world: RoomGrid): string | null {
  if (mission instanceof Before || mission instanceof After || mission instanceof And)
    return missingOf(mission.a, world) ?? missingOf(mission.b, world);
  const empty = mission.descriptions().find(({ objects }) => objects.length === 0);
  if (empty !== undefined) return `what ${JSON.stringify(empty.surface())} describes`;
  const isDoor = (id: number) => typeOf(world.grid.codeOf(id)) === DOOR;
  switch (mission.kind) {
    case "GoTo":
      return null;
    case "Open":
      return mission.target.objects.some(isDoor) ? null : `a door to ${mission.surface()}`;
    case "PickUp":
      return mission.target.objects.every(isDoor)
        ? "an object to pick up, which a door is not"
        : null;
    case "PutNext": {
      const { move, fixed } = mission;
      const movable = move.objects.filter((id) => !isDoor(id));
      const isPair = movable.some((id) => fixed.objects.some((other) => other !== id));
      return isPair ? null : `two objects to ${mission.surface()}`;
    }
  }
}

/** What is on the grid, each look once. */
function look(world: RoomGrid): string {
  const looks = objectsOf(world).map((id) => {
    const code = world.grid.codeOf(id);
    return `${COLORS[colorOf(code)]} ${TYPES[typeOf(code)]}`;
  });
  return [...new Set(looks)].join(", ") || "no object";
}
