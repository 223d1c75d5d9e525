import { like, ObjectDescription } from "../missions/descriptions";
import { Before, GoTo, Open, PickUp, PutNext } from "../missions/instructions";
import { InvalidOptionError } from "../world/errors";
import { BALL, colorOf, DOOR, KEY, TYPE_INDEX, typeOf } from "../world/objects";
import { LEFT, RIGHT, UP } from "../world/rooms";
import {
  atLeast,
  defineLevel,
  type LevelOptions,
  oneRoom,
  type Registration,
  registration,
} from "./level";
import { twoRooms } from "./putnext";

const actionObjDoor = defineLevel({
  summary: "Go to, pick up or open something in the agent's room.",
  competences: ["Room", "Distractor", "GoTo", "Open", "PickUp"],
  options: { numRows: 3, numCols: 3 },
  shape: (options) => atLeast(3, 3, { roomSize: 7, ...options }),
  navigations: () => 1,
  generate(world) {
    const things = world.addDistractors(5, { i: 1, j: 1 });
    for (let n = 0; n < 4; n++) things.push(world.addDoor(1, 1, { locked: false }));
    world.placeAgent(1, 1);
    const id = world.pick(things);
    const target = like(world, id);
    if (world.flip()) return new GoTo(target);
    return typeOf(world.grid.codeOf(id)) === DOOR ? new Open(target) : new PickUp(target);
  },
});

const findObj = defineLevel({
  summary: "Pick up the only object, in one of the rooms.",
  competences: ["Room", "Maze", "PickUp"],
  options: { roomSize: 5, numRows: 3, numCols: 3 },
  shape: (options) => {
    // The reference draws the column from the rows and the row from the columns.
    if (options.numRows !== options.numCols) {
      throw new InvalidOptionError(
        "numCols",
        options.numCols,
        "This level needs as many as numRows.",
      );
    }
    return atLeast(2, 2, options);
  },
  maxSteps: ({ roomSize }) => 20 * roomSize ** 2,
  navigations: () => 1,
  generate(world) {
    const i = world.int(world.numRows);
    const id = world.addObject(i, world.int(world.numCols));
    world.placeAgent(1, 1);
    world.connectAll();
    return new PickUp(new ObjectDescription(like(world, id).type));
  },
});

const keyCorridor = defineLevel({
  summary: "Find the key, then pick up the object behind the locked door off the corridor.",
  competences: ["Room", "Maze", "PickUp", "Unlock"],
  options: { roomSize: 6, numRows: 3, numCols: 3, objType: "ball" } as Required<
    Pick<LevelOptions, "roomSize" | "numRows" | "numCols" | "objType">
  >,
  shape: (options) => atLeast(1, 3, options),
  maxSteps: ({ roomSize }) => 30 * roomSize ** 2,
  navigations: () => 1,
  generate(world, { objType }) {
    for (let j = 1; j < world.numRows; j++) world.removeWall(1, j, UP);
    const row = world.int(world.numRows);
    const door = world.addDoor(2, row, { side: LEFT, locked: true });
    const type = TYPE_INDEX[objType];
    world.addObject(2, row, { type });
    world.addObject(0, world.int(world.numRows), {
      type: KEY,
      color: colorOf(world.grid.codeOf(door)),
    });
    world.placeAgent(1, world.numRows >> 1);
    world.connectAll();
    return new PickUp(new ObjectDescription(type));
  },
});

const pickUpBall = defineLevel({
  summary: "Pick up the ball in an otherwise empty room.",
  competences: ["Room", "PickUp"],
  options: { roomSize: 8 },
  shape: ({ roomSize }) => oneRoom(roomSize),
  navigations: () => 1,
  generate(world) {
    world.addObject(0, 0, { type: BALL });
    world.placeAgent();
    return new PickUp(new ObjectDescription(BALL));
  },
});

const moveTwoAcross = defineLevel({
  summary: "Put an object next to one on the other side, then one from there next to one here.",
  competences: ["Room", "Distractor", "PutNext", "Seq"],
  options: { roomSize: 5, objsPerRoom: 2 },
  shape: (options) => twoRooms(options, 2),
  maxSteps: ({ roomSize }) => 16 * roomSize ** 2,
  navigations: () => 4,
  generate(world, { objsPerRoom }) {
    world.placeAgent(0, 0);
    const leftObjects = world.addDistractors(objsPerRoom, { i: 0, j: 0 });
    const rightObjects = world.addDistractors(objsPerRoom, { i: 1, j: 0 });
    world.removeWall(0, 0, RIGHT);
    const [a, d] = world.pickSome(leftObjects);
    const [b, c] = world.pickSome(rightObjects);
    return new Before(
      new PutNext(like(world, a), like(world, b)),
      new PutNext(like(world, c), like(world, d)),
    );
  },
});

export const otherLevels: Registration[] = [
  registration("BabyAI-ActionObjDoor-v0", actionObjDoor),
  ...[5, 6, 7].map((roomSize) =>
    registration(`BabyAI-FindObjS${roomSize}-v0`, findObj, { roomSize }),
  ),
  registration("BabyAI-KeyCorridor-v0", keyCorridor),
  ...(
    [
      [3, 1],
      [3, 2],
      [3, 3],
      [4, 3],
      [5, 3],
      [6, 3],
    ] as const
  ).map(([roomSize, numRows]) =>
    registration(`BabyAI-KeyCorridorS${roomSize}R${numRows}-v0`, keyCorridor, {
      roomSize,
      numRows,
    }),
  ),
  ...[8, 12, 16, 20].map((roomSize) =>
    registration(`BabyAI-OneRoomS${roomSize}-v0`, pickUpBall, { roomSize }),
  ),
  registration("BabyAI-MoveTwoAcrossS5N2-v0", moveTwoAcross),
  registration("BabyAI-MoveTwoAcrossS8N9-v0", moveTwoAcross, { roomSize: 8, objsPerRoom: 9 }),
];
