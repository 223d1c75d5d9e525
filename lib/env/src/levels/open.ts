import { LOCATIONS, like, ObjectDescription } from "../missions/descriptions";
import { After, Before, Open } from "../missions/instructions";
import { turned } from "../world/grid";
import { COLOR_INDEX, DOOR } from "../world/objects";
import { COLORS_TO_DRAW, LEFT, RIGHT } from "../world/rooms";
import {
  atLeast,
  defineLevel,
  type LevelOptions,
  NINE_ROOMS,
  type Registration,
  registration,
} from "./level";

const open = defineLevel({
  summary: "Open a door, which may be that of another room.",
  competences: ["Room", "Distractor", "Maze", "Open"],
  options: { ...NINE_ROOMS },
  shape: (options) => options,
  navigations: () => 1,
  generate(world) {
    world.placeAgent();
    world.connectAll();
    world.addDistractors(18, { unique: false });
    world.requireAllReachable();
    return new Open(like(world, world.pick(world.allDoors())));
  },
});

const openRedDoor = defineLevel({
  summary: "Open the red door between two rooms.",
  competences: ["Room", "Open"],
  options: {},
  shape: () => ({ roomSize: 5, numRows: 1, numCols: 2 }),
  navigations: () => 1,
  generate(world) {
    world.addDoor(0, 0, { side: RIGHT, color: COLOR_INDEX.red, locked: false });
    world.placeAgent(0, 0);
    return new Open(new ObjectDescription(DOOR, COLOR_INDEX.red));
  },
});

const openDoor = defineLevel({
  summary: "Open a door of the agent's room, named by its color or where it is.",
  competences: ["Room", "Open", "Loc"],
  options: { ...NINE_ROOMS, debug: false, selectBy: null } as Required<
    Pick<LevelOptions, "roomSize" | "numRows" | "numCols" | "debug" | "selectBy">
  >,
  shape: (options) => atLeast(3, 3, options),
  navigations: () => 1,
  generate(world, { debug, selectBy }) {
    const colors = world.pickSome(COLORS_TO_DRAW, 4);
    for (const [i, color] of colors.entries()) {
      world.addDoor(1, 1, { side: turned(RIGHT, i), color, locked: false });
    }
    const by = selectBy ?? world.pick(["color", "loc"] as const);
    const door =
      by === "color"
        ? new ObjectDescription(DOOR, colors[0])
        : new ObjectDescription(DOOR, null, world.pick(LOCATIONS));
    world.placeAgent(1, 1);
    return new Open(door, debug);
  },
});

const openTwoDoors = defineLevel({
  summary: "Open two doors in the order given.",
  competences: ["Room", "Open", "Seq"],
  options: {
    numRows: 3,
    numCols: 3,
    firstColor: null,
    secondColor: null,
    strict: false,
  } as Required<
    Pick<LevelOptions, "numRows" | "numCols" | "firstColor" | "secondColor" | "strict">
  >,
  shape: ({ numRows, numCols }) => atLeast(2, 3, { roomSize: 6, numRows, numCols }),
  maxSteps: () => 20 * 6 ** 2,
  navigations: () => 2,
  generate(world, { firstColor, secondColor, strict }) {
    const colors = world.pickSome(COLORS_TO_DRAW);
    const first = world.addDoor(1, 1, {
      side: LEFT,
      color: firstColor === null ? colors[0] : COLOR_INDEX[firstColor],
      locked: false,
    });
    const second = world.addDoor(1, 1, {
      side: RIGHT,
      color: secondColor === null ? colors[1] : COLOR_INDEX[secondColor],
      locked: false,
    });
    world.placeAgent(1, 1);
    return new Before(new Open(like(world, first), strict), new Open(like(world, second)));
  },
});

const openDoorsOrder = defineLevel({
  summary: "Open one or two of the room's doors in the order given.",
  competences: ["Room", "Open", "Seq"],
  options: { numRows: 3, numCols: 3, numDoors: 2, debug: false },
  shape: ({ numRows, numCols }) => atLeast(3, 3, { roomSize: 6, numRows, numCols }),
  maxSteps: () => 20 * 6 ** 2,
  navigations: () => 2,
  generate(world, { numDoors, debug }) {
    const colors = world.pickSome(COLORS_TO_DRAW, numDoors);
    const doors = colors.map((color) => world.addDoor(1, 1, { color, locked: false }));
    world.placeAgent(1, 1);
    const open = (door: number) => new Open(like(world, door), debug);
    const [first, second] = world.pickSome(doors);
    switch (world.int(3)) {
      case 0:
        return open(first);
      case 1:
        return new Before(open(first), open(second));
      default:
        return new After(open(first), open(second));
    }
  },
});

export const openLevels: Registration[] = [
  registration("BabyAI-Open-v0", open),
  registration("BabyAI-OpenRedDoor-v0", openRedDoor),
  registration("BabyAI-OpenDoor-v0", openDoor),
  registration("BabyAI-OpenDoorDebug-v0", openDoor, { debug: true }),
  registration("BabyAI-OpenDoorColor-v0", openDoor, { selectBy: "color" }),
  registration("BabyAI-OpenDoorLoc-v0", openDoor, { selectBy: "loc" }),
  registration("BabyAI-OpenTwoDoors-v0", openTwoDoors),
  registration("BabyAI-OpenRedBlueDoors-v0", openTwoDoors, {
    firstColor: "red",
    secondColor: "blue",
  }),
  registration("BabyAI-OpenRedBlueDoorsDebug-v0", openTwoDoors, {
    firstColor: "red",
    secondColor: "blue",
    strict: true,
  }),
  registration("BabyAI-OpenDoorsOrderN2-v0", openDoorsOrder),
  registration("BabyAI-OpenDoorsOrderN4-v0", openDoorsOrder, { numDoors: 4 }),
  registration("BabyAI-OpenDoorsOrderN2Debug-v0", openDoorsOrder, { debug: true }),
  registration("BabyAI-OpenDoorsOrderN4Debug-v0", openDoorsOrder, { numDoors: 4, debug: true }),
];
