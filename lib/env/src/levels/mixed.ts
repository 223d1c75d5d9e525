import { like, ObjectDescription, objectsOf } from "../missions/descriptions";
import {
  After,
  type AnyInstruction,
  Before,
  GoTo,
  Open,
  PickUp,
  PutNext,
} from "../missions/instructions";
import { BALL, BOX, COLOR_INDEX, DOOR, encode, KEY, typeOf } from "../world/objects";
import type { RoomGrid } from "../world/room-grid";
import {
  defineLevel,
  isValid,
  type Level,
  oneRoom,
  type Registration,
  registration,
  retry,
} from "./level";

/** The five kinds of mission; BALROG names a task by the environment's id, "/" and one of these. */
export const MIXED_TASKS = ["goto", "pickup", "open", "putnext", "pick_up_seq_go_to"] as const;
export type MixedTask = (typeof MIXED_TASKS)[number];

const { red, green, blue, purple, yellow, grey } = COLOR_INDEX;

/** Never named in training missions; test missions name nothing else. */
const HELD_OUT = [
  encode(BOX, yellow),
  encode(KEY, red),
  encode(DOOR, red),
  encode(BALL, green),
  encode(DOOR, grey),
];

export type Split = "train" | "test";

/** A vocabulary that leaves out some combinations of color and type, to test generalization (Carta et al., 2023). */
function isInVocabulary(instruction: AnyInstruction, split: Split): boolean {
  const isHeldOut = ({ type, color }: ObjectDescription) =>
    type !== null && color !== null && HELD_OUT.includes(encode(type, color));
  const descriptions = instruction.descriptions();
  return split === "train" ? !descriptions.some(isHeldOut) : descriptions.every(isHeldOut);
}

/** Draws two objects to name; where they look alike, there must be two such objects. */
function pickTwo(
  world: RoomGrid,
  objects: readonly number[],
): [ObjectDescription, ObjectDescription] {
  const { grid } = world;
  const first = world.pick(objects);
  let second = world.pick(objects);
  const lookAlike = () => grid.codeOf(second) === grid.codeOf(first);
  if (lookAlike() && world.countLike(first) < 2) {
    while (lookAlike()) second = world.pick(objects);
  }
  return [like(world, first), like(world, second)];
}

type Generate = (world: RoomGrid, numDists: number, split: Split) => AnyInstruction | null;

/** A task in one room: the agent, then the objects, then the mission. */
function inOneRoom(
  named: number,
  mission: (world: RoomGrid, objects: readonly number[]) => AnyInstruction,
): Generate {
  return (world, numDists) => {
    world.placeAgent();
    const objects = world.addDistractors(numDists + named, { i: 0, j: 0, unique: false });
    const reachable = world.areAllReachable();
    const instruction = mission(world, objects);
    return reachable ? instruction : null;
  };
}

/** Two rooms with a locked door between them, the agent on the key's side. */
function openDoor(world: RoomGrid, numDists: number, split: Split): AnyInstruction | null {
  const color = world.pick(split === "train" ? [yellow, green, blue, purple] : [red, grey]);
  world.addLockedRoom(color);
  for (let i = 0; i < world.numCols; i++) {
    if (!world.isLockedRoom(world.room(i, 0)))
      world.addDistractors(numDists, { i, j: 0, unique: false });
  }
  world.placeAgentOutside((room) => world.isLockedRoom(room));
  const reachable = world.areAllReachable();
  const named = split === "train" ? world.pick([null, color]) : color;
  return reachable ? new Open(new ObjectDescription(DOOR, named)) : null;
}

const GENERATE: Record<MixedTask, Generate> = {
  goto: inOneRoom(1, (world, objects) => new GoTo(like(world, world.pick(objects)))),
  pickup: inOneRoom(1, (world, objects) => new PickUp(like(world, world.pick(objects)))),
  open: openDoor,
  putnext: inOneRoom(2, (world, objects) => new PutNext(...pickTwo(world, objects))),
  pick_up_seq_go_to: inOneRoom(2, (world, objects) => {
    const [taken, reached] = pickTwo(world, objects);
    const pickUp = new PickUp(taken);
    const goTo = new GoTo(reached);
    return world.flip() ? new Before(pickUp, goTo) : new After(goTo, pickUp);
  }),
};

/** All missions that one of the five tasks could give in this world, each once. They are bound. */
export function mixedMissions(world: RoomGrid, split: Split): AnyInstruction[] {
  const { grid } = world;
  // One object of each look.
  const named = objectsOf(world).filter(
    (id, i, ids) => !ids.slice(0, i).some((other) => grid.codeOf(other) === grid.codeOf(id)),
  );
  const doors = named.filter((id) => typeOf(grid.codeOf(id)) === DOOR);
  const things = named.filter((id) => !doors.includes(id));
  const pairs = things.flatMap((a) =>
    things.filter((b) => b !== a || world.countLike(a) > 1).map((b) => [a, b] as const),
  );
  const of = (id: number) => like(world, id);
  const missions: AnyInstruction[] = [
    ...things.flatMap((id) => [new GoTo(of(id)), new PickUp(of(id))]),
    ...doors.map((id) => new Open(of(id))),
    ...(split === "train" && doors.length > 0 ? [new Open(new ObjectDescription(DOOR))] : []),
    ...pairs.flatMap(([a, b]) => [
      new PutNext(of(a), of(b)),
      new Before(new PickUp(of(a)), new GoTo(of(b))),
      new After(new GoTo(of(b)), new PickUp(of(a))),
    ]),
  ];
  return missions.filter((mission) => {
    mission.bind(world);
    return isInVocabulary(mission, split) && isValid(mission, world, false);
  });
}

const SUMMARY: Record<MixedTask, string> = {
  goto: "Go to an object in a single room.",
  pickup: "Pick up an object in a single room.",
  open: "Open the locked door to the other of two rooms.",
  putnext: "Put an object next to another in a single room.",
  pick_up_seq_go_to: "Pick up one object, then go to another, in a single room.",
};

const COMPETENCES = {
  goto: ["Room", "Distractor", "GoTo"],
  pickup: ["Room", "Distractor", "PickUp"],
  open: ["Maze", "Distractor", "Open", "Unlock"],
  putnext: ["Room", "Distractor", "PutNext"],
  pick_up_seq_go_to: ["Room", "Distractor", "PickUp", "GoTo", "Seq"],
} as const;

const WORDS: Record<Split, string> = {
  train: "Without yellow boxes, red keys, green balls, red or grey doors in the mission.",
  test: "Missions name only yellow boxes, red keys, green balls, red or grey doors.",
};

function mixed(task: MixedTask, split: Split): Level {
  return defineLevel({
    summary: `${SUMMARY[task]} ${WORDS[split]}`,
    competences: COMPETENCES[task],
    options: { roomSize: 8, numDists: 8 },
    shape: ({ roomSize }) => ({ ...oneRoom(roomSize), numCols: task === "open" ? 2 : 1 }),
    navigations: () => (task === "putnext" || task === "pick_up_seq_go_to" ? 2 : 1),
    generate: (world, { numDists }) =>
      retry(() => {
        world.clear();
        const instruction = GENERATE[task](world, numDists, split);
        return instruction !== null && isInVocabulary(instruction, split) ? instruction : null;
      }),
  });
}

export const MIXED_TRAIN_ID = "BabyAI-MixedTrainLocal-v0";
export const MIXED_TEST_ID = "BabyAI-MixedTestLocal-v0";

/** Ids with a task. BALROG plays them without distractors, so that is their default. */
export const mixedLevels: Registration[] = (["train", "test"] as const).flatMap((split) =>
  MIXED_TASKS.map((task) =>
    registration(
      `${split === "train" ? MIXED_TRAIN_ID : MIXED_TEST_ID}/${task}`,
      mixed(task, split),
      {
        numDists: 0,
      },
    ),
  ),
);
