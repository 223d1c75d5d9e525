import { like } from "../missions/descriptions";
import { PutNext } from "../missions/instructions";
import { InvalidOptionError } from "../world/errors";
import { RIGHT, type Shape } from "../world/rooms";
import { defineLevel, oneRoom, type Registration, registration } from "./level";

const putNextLocal = defineLevel({
  summary: "Put an object next to another in a single room.",
  competences: ["Room", "Distractor", "PutNext"],
  options: { roomSize: 8, numObjs: 8 },
  shape: ({ roomSize }) => oneRoom(roomSize),
  navigations: () => 2,
  generate(world, { numObjs }) {
    world.placeAgent();
    const objects = world.addDistractors(numObjs, { i: 0, j: 0 });
    world.requireAllReachable();
    const [moved, fixed] = world.pickSome(objects);
    return new PutNext(like(world, moved), like(world, fixed));
  },
});

/** Two rooms that will become one, with so many objects in each. */
export function twoRooms(
  { roomSize, objsPerRoom }: { roomSize: number; objsPerRoom: number },
  fewest = 1,
): Shape {
  if (roomSize < 4)
    throw new InvalidOptionError("roomSize", roomSize, "This level needs 4 or more.");
  if (objsPerRoom < fewest || objsPerRoom > 9) {
    throw new InvalidOptionError(
      "objsPerRoom",
      objsPerRoom,
      `It takes a whole number from ${fewest} to 9.`,
    );
  }
  return { roomSize, numRows: 1, numCols: 2 };
}

const putNext = defineLevel({
  summary: "Put an object next to one on the other side of a large room.",
  competences: ["Room", "Distractor", "PutNext"],
  options: { roomSize: 5, objsPerRoom: 2, startCarrying: false },
  shape: (options) => twoRooms(options),
  maxSteps: ({ roomSize }) => 8 * roomSize ** 2,
  navigations: () => 2,
  generate(world, { objsPerRoom }) {
    world.placeAgent(0, 0);
    const left = world.addDistractors(objsPerRoom, { i: 0, j: 0 });
    const right = world.addDistractors(objsPerRoom, { i: 1, j: 0 });
    world.removeWall(0, 0, RIGHT);
    const a = like(world, world.pick(left));
    const b = like(world, world.pick(right));
    return world.flip() ? new PutNext(b, a) : new PutNext(a, b);
  },
});

export const putNextLevels: Registration[] = [
  registration("BabyAI-PutNextLocal-v0", putNextLocal),
  registration("BabyAI-PutNextLocalS5N3-v0", putNextLocal, { roomSize: 5, numObjs: 3 }),
  registration("BabyAI-PutNextLocalS6N4-v0", putNextLocal, { roomSize: 6, numObjs: 4 }),
  registration("BabyAI-PutNextS4N1-v0", putNext, { roomSize: 4, objsPerRoom: 1 }),
  registration("BabyAI-PutNextS5N2-v0", putNext),
  registration("BabyAI-PutNextS5N1-v0", putNext, { objsPerRoom: 1 }),
  registration("BabyAI-PutNextS6N3-v0", putNext, { roomSize: 6, objsPerRoom: 3 }),
  registration("BabyAI-PutNextS7N4-v0", putNext, { roomSize: 7, objsPerRoom: 4 }),
  registration("BabyAI-PutNextS5N2Carrying-v0", putNext, { startCarrying: true }),
  registration("BabyAI-PutNextS6N3Carrying-v0", putNext, {
    roomSize: 6,
    objsPerRoom: 3,
    startCarrying: true,
  }),
  registration("BabyAI-PutNextS7N4Carrying-v0", putNext, {
    roomSize: 7,
    objsPerRoom: 4,
    startCarrying: true,
  }),
];
