import { like, ObjectDescription } from "../missions/descriptions";
import { PickUp } from "../missions/instructions";
import { REJECTED, UP } from "../world/rooms";
import {
  atLeast,
  defineLevel,
  NINE_ROOMS,
  oneRoom,
  type Registration,
  registration,
} from "./level";
import { levelGen } from "./level-gen";

const pickup = defineLevel({
  summary: "Pick up an object that may be in another room.",
  competences: ["Room", "Distractor", "Maze", "PickUp"],
  options: { ...NINE_ROOMS },
  shape: (options) => options,
  navigations: () => 1,
  generate(world) {
    world.placeAgent();
    world.connectAll();
    const objects = world.addDistractors(18, { unique: false });
    world.requireAllReachable();
    return new PickUp(like(world, world.pick(objects)));
  },
});

const unblockPickup = defineLevel({
  summary: "Pick up an object in another room, with others in the way.",
  competences: ["Room", "Distractor", "Maze", "Unblock", "PickUp"],
  options: { ...NINE_ROOMS },
  shape: (options) => options,
  navigations: () => 1,
  generate(world) {
    world.placeAgent();
    world.connectAll();
    const objects = world.addDistractors(20, { unique: false });
    if (world.areAllReachable()) throw REJECTED;
    return new PickUp(like(world, world.pick(objects)));
  },
});

const pickupLoc = levelGen({
  summary: "Pick up an object that may be described by where it is.",
  competences: ["Room", "Distractor", "PickUp", "Loc"],
  options: { roomSize: 8 },
  fixed: {
    numRows: 1,
    numCols: 1,
    numDists: 8,
    actionKinds: ["pickup"],
    instrKinds: ["action"],
    lockedRoomProb: 0,
    locations: true,
    unblocking: false,
  },
});

const pickupDist = defineLevel({
  summary: "Pick up an object given by its type, its color or both.",
  competences: ["Room", "Distractor", "PickUp"],
  options: { debug: false },
  shape: () => oneRoom(7),
  navigations: () => 1,
  generate(world, { debug }) {
    const objects = world.addDistractors(5, { i: 0, j: 0 });
    world.placeAgent(0, 0);
    const { type, color } = like(world, world.pick(objects));
    const by = world.pick(["type", "color", "both"] as const);
    const target = new ObjectDescription(
      by === "color" ? null : type,
      by === "type" ? null : color,
    );
    return new PickUp(target, debug);
  },
});

const pickupAbove = defineLevel({
  summary: "Pick up the object in the room above.",
  competences: ["Room", "Maze", "PickUp"],
  options: { numRows: 3, numCols: 3 },
  shape: (options) => atLeast(2, 2, { roomSize: 6, ...options }),
  maxSteps: () => 8 * 6 ** 2,
  navigations: () => 1,
  generate(world) {
    const id = world.addObject(1, 0);
    world.addDoor(1, 1, { side: UP, locked: false });
    world.placeAgent(1, 1);
    world.connectAll();
    return new PickUp(like(world, id));
  },
});

export const pickupLevels: Registration[] = [
  registration("BabyAI-Pickup-v0", pickup),
  registration("BabyAI-UnblockPickup-v0", unblockPickup),
  registration("BabyAI-PickupLoc-v0", pickupLoc),
  registration("BabyAI-PickupDist-v0", pickupDist),
  registration("BabyAI-PickupDistDebug-v0", pickupDist, { debug: true }),
  registration("BabyAI-PickupAbove-v0", pickupAbove),
];
