import {
  BALL,
  BOX,
  Before,
  defineLevel,
  GoTo,
  like,
  make,
  PickUp,
  register,
  solve,
} from "babyai";

/** A level of one's own, whole: two rooms with a door between them. */
const fetchTheBall = defineLevel({
  summary: "Fetch the ball from the other room and bring it to the box.",
  competences: ["Room", "Maze", "Distractor", "PickUp", "GoTo", "Seq"],
  options: { roomSize: 6, numDists: 2 },
  shape: ({ roomSize }) => ({ roomSize, numRows: 1, numCols: 2 }),
  navigations: () => 2, // walks that the mission asks for: they set the step limit
  generate(world, { numDists }) {
    const box = world.addObject(0, 0, { type: BOX });
    const ball = world.addObject(1, 0, { type: BALL });
    world.placeAgent(0, 0);
    world.connectAll();
    world.addDistractors(numDists); // no two objects look alike
    world.requireAllReachable();
    return new Before(new PickUp(like(world, ball)), new GoTo(like(world, box)));
  },
});

register("My-Fetch-v0", fetchTheBall);
register("My-Fetch-v0/large", fetchTheBall, { roomSize: 9, numDists: 6 });

const env = make("My-Fetch-v0");
const { observation } = env.reset({ seed: 7 });
console.log(observation.mission);
console.log(observation.text);
console.log(solve("My-Fetch-v0", 7)?.join(", "));
