import { like, ObjectDescription } from "../missions/descriptions";
import { Open, PickUp } from "../missions/instructions";
import { BALL, BOX, colorOf, DOOR, KEY } from "../world/objects";
import type { RoomGrid } from "../world/room-grid";
import { COLORS_TO_DRAW, RIGHT } from "../world/rooms";
import { atLeast, defineLevel, NINE_ROOMS, type Registration, registration } from "./level";

const colorOfDoor = (world: RoomGrid, door: number): number => colorOf(world.grid.codeOf(door));

const unlock = defineLevel({
  summary: "Open a locked door somewhere in the maze.",
  competences: ["Room", "Distractor", "Maze", "Open", "Unlock"],
  options: { ...NINE_ROOMS },
  shape: (options) => options,
  navigations: () => 1,
  generate(world) {
    const i = world.int(world.numCols);
    const j = world.int(world.numRows);
    const door = world.addDoor(i, j, { locked: true });
    const color = colorOfDoor(world, door);
    // subtle: the reference means to keep the key and the distractors out of the locked room, but its
    // comparison never holds.
    world.addObject(world.int(world.numCols), world.int(world.numRows), { type: KEY, color });
    // Half of the time no other door has the color.
    world.connectAll(
      world.flip() ? COLORS_TO_DRAW.filter((other) => other !== color) : COLORS_TO_DRAW,
    );
    for (let column = 0; column < world.numCols; column++) {
      for (let row = 0; row < world.numRows; row++) {
        world.addDistractors(3, { i: column, j: row, unique: false });
      }
    }
    const lockedRoom = world.room(i, j);
    world.placeAgentOutside((room) => room === lockedRoom);
    world.requireAllReachable();
    return new Open(like(world, door));
  },
});

const unlockLocal = defineLevel({
  summary: "Fetch the key in the agent's room and open its locked door.",
  competences: ["Room", "Open", "Unlock"],
  options: { ...NINE_ROOMS, distractors: false },
  shape: (options) => atLeast(2, 2, options),
  navigations: () => 1,
  generate(world, { distractors }) {
    const door = world.addDoor(1, 1, { locked: true });
    world.addObject(1, 1, { type: KEY, color: colorOfDoor(world, door) });
    if (distractors) world.addDistractors(3, { i: 1, j: 1 });
    world.placeAgent(1, 1);
    return new Open(new ObjectDescription(DOOR));
  },
});

const keyInBox = defineLevel({
  summary: "Open a locked door whose key is in a box.",
  competences: ["Room", "Open", "Unlock"],
  options: { ...NINE_ROOMS },
  shape: (options) => atLeast(2, 2, options),
  navigations: () => 1,
  generate(world) {
    const { grid } = world;
    const door = world.addDoor(1, 1, { locked: true });
    const key = grid.create(KEY, colorOfDoor(world, door));
    const box = grid.create(BOX, world.pick(COLORS_TO_DRAW));
    grid.putInto(box, key);
    world.place(box, 1, 1);
    world.placeAgent(1, 1);
    return new Open(new ObjectDescription(DOOR));
  },
});

const unlockPickup = defineLevel({
  summary: "Pick up the box in the locked second room.",
  competences: ["Room", "Maze", "PickUp", "Unlock"],
  options: { distractors: false },
  shape: () => ({ roomSize: 6, numRows: 1, numCols: 2 }),
  navigations: () => 1,
  generate(world, { distractors }) {
    const box = world.addObject(1, 0, { type: BOX });
    const door = world.addDoor(0, 0, { side: RIGHT, locked: true });
    world.addObject(0, 0, { type: KEY, color: colorOfDoor(world, door) });
    if (distractors) world.addDistractors(4);
    world.placeAgent(0, 0);
    return new PickUp(like(world, box));
  },
});

const blockedUnlockPickup = defineLevel({
  summary: "Pick up the box in the locked second room; a ball stands before the door.",
  competences: ["Room", "Maze", "Unblock", "PickUp", "Unlock"],
  options: {},
  shape: () => ({ roomSize: 6, numRows: 1, numCols: 2 }),
  maxSteps: () => 16 * 6 ** 2,
  navigations: () => 1,
  generate(world) {
    const { grid } = world;
    world.addObject(1, 0, { type: BOX });
    const door = world.addDoor(0, 0, { side: RIGHT, locked: true });
    grid.put(grid.create(BALL, world.pick(COLORS_TO_DRAW)), grid.cellOf(door) - 1);
    world.addObject(0, 0, { type: KEY, color: colorOfDoor(world, door) });
    world.placeAgent(0, 0);
    return new PickUp(new ObjectDescription(BOX));
  },
});

const unlockToUnlock = defineLevel({
  summary: "Pick up the ball behind a locked door whose key is behind another.",
  competences: ["Room", "Maze", "PickUp", "Unlock"],
  options: {},
  shape: () => ({ roomSize: 6, numRows: 1, numCols: 3 }),
  maxSteps: () => 30 * 6 ** 2,
  navigations: () => 1,
  generate(world) {
    const [first, second] = world.pickSome(COLORS_TO_DRAW);
    world.addDoor(0, 0, { side: RIGHT, color: first, locked: true });
    world.addObject(2, 0, { type: KEY, color: first });
    world.addDoor(1, 0, { side: RIGHT, color: second, locked: true });
    world.addObject(1, 0, { type: KEY, color: second });
    world.addObject(0, 0, { type: BALL });
    world.placeAgent(1, 0);
    return new PickUp(new ObjectDescription(BALL));
  },
});

export const unlockLevels: Registration[] = [
  registration("BabyAI-Unlock-v0", unlock),
  registration("BabyAI-UnlockLocal-v0", unlockLocal),
  registration("BabyAI-UnlockLocalDist-v0", unlockLocal, { distractors: true }),
  registration("BabyAI-KeyInBox-v0", keyInBox),
  registration("BabyAI-UnlockPickup-v0", unlockPickup),
  registration("BabyAI-UnlockPickupDist-v0", unlockPickup, { distractors: true }),
  registration("BabyAI-BlockedUnlockPickup-v0", blockedUnlockPickup),
  registration("BabyAI-UnlockToUnlock-v0", unlockToUnlock),
];
