import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import {
  BALL,
  defineLevel,
  Expert,
  GenerationError,
  GoTo,
  InvalidIdError,
  InvalidOptionError,
  like,
  make,
  Open,
  oneRoom,
  Pcg64,
  register,
  registeredEnvs,
  VectorEnv,
  VectorEnvError,
} from "./index";

const level = defineLevel({
  summary: "Go to the ball.",
  competences: ["Room", "GoTo"],
  options: { roomSize: 6 },
  shape: ({ roomSize }) => oneRoom(roomSize),
  navigations: () => 1,
  generate(world) {
    const ball = world.addObject(0, 0, { type: BALL });
    world.placeAgent();
    return new GoTo(like(world, ball));
  },
});

test("the example's level plays as any other: by seed, with the expert, pictures and texts", () => {
  const log = jest.spyOn(console, "log").mockImplementation();
  require("../examples/fetch");
  const printed = log.mock.calls.flat() as string[];
  log.mockRestore();
  expect(printed[0]).toMatch(/^pick up the \w+ ball, then go to the \w+ box$/);
  for (const [id, width, height] of [
    ["My-Fetch-v0", 11, 6],
    ["My-Fetch-v0/large", 17, 9],
  ] as const) {
    const env = make(id);
    expect(registeredEnvs()).toContainEqual(expect.objectContaining({ id, width, height }));
    for (let seed = 0; seed < 40; seed++) {
      const { observation } = env.reset({ seed });
      const again = make(id);
      again.reset({ seed });
      expect(again.encode()).toEqual(env.encode());
      expect([observation.mission, observation.text.length > 0]).toEqual([again.mission, true]);
      expect(env.renderSvg()).toContain(`<title>${env.mission}</title>`);
      const expert = new Expert(env);
      while (!env.terminated && !env.truncated) env.step(expert.act());
      expect([seed, env.reward > 0]).toEqual([seed, true]);
    }
  }
});

test("an id keeps its level", () => {
  register("Taken-v3", level);
  register("Taken-v4", level);
  expect(make("Taken-v3").width).toBe(6);
  expect(() => register("Taken-v3", level)).toThrow(
    new InvalidIdError(
      "Taken-v3",
      'is taken. A level that has changed gets the next version: "Taken-v5" is free.',
    ),
  );
  for (const id of [
    ...registeredEnvs().map((env) => env.id),
    "BabyAI-MixedTrainLocal-v0/another",
  ]) {
    expect(() => register(id, level)).toThrow(InvalidIdError);
  }
});

test("an id has a name and a version", () => {
  const malformed = fc.oneof(
    fc.constantFrom(
      "",
      "My-Level",
      "v0",
      "-v0",
      "My Level-v0",
      "My-v01",
      "a-v0/",
      "a-v0/b/c",
      "a-v1234567",
      "a,b-v0",
    ),
    fc.string().filter((text) => !/-v\d+(\/.*)?$/s.test(text)),
  );
  fc.assert(
    fc.property(malformed, (id) => {
      expect(() => register(id, level)).toThrow(InvalidIdError);
      expect(registeredEnvs().some((env) => env.id === id)).toBe(false);
    }),
  );
});

test("options are checked when a level is defined and when it is registered", () => {
  register("Sized-v0", level, { roomSize: 9 });
  expect(make("Sized-v0").width).toBe(9);
  expect(make("Sized-v0", { roomSize: 5 }).width).toBe(5);
  expect(() => register("Sized-v1", level, { roomSize: 2 })).toThrow(InvalidOptionError);
  expect(() => register("Sized-v1", level, { numDists: 2 })).toThrow(
    /options are: maxSteps, roomSize/,
  );
  expect(registeredEnvs().some(({ id }) => id === "Sized-v1")).toBe(false);
  const spec = { summary: "", competences: [], shape: () => oneRoom(5), navigations: () => 1 };
  const generate = () => {
    throw new Error("not called");
  };
  expect(() => defineLevel({ ...spec, generate, options: { roomSize: 1 } })).toThrow(/roomSize: 1/);
  const unknown = { roomSize: 5, lava: true };
  expect(() => defineLevel({ ...spec, generate, options: unknown })).toThrow(
    /lava: true\. .*roomSize/,
  );
});

test("a VectorEnv says that its threads do not know the level", () => {
  register("Here-v0", level);
  expect(() => new VectorEnv("Here-v0", { numEnvs: 2 })).toThrow(VectorEnvError);
});

test("the README's level is the example's", () => {
  const [readme = "", example = ""] = ["README.md", "examples/fetch.ts"].map((file) =>
    readFileSync(join(__dirname, "..", file), "utf8"),
  );
  const inReadme = /```ts\n(const fetchTheBall[\s\S]+?)```/.exec(readme)?.[1] ?? "missing";
  expect(example).toContain(inReadme.trimEnd());
});

test("a door goes between two rooms only", () => {
  const outerDoor = (side: 0 | 1 | 2 | 3) =>
    defineLevel({
      summary: "Open the door.",
      competences: ["Open"],
      options: {},
      shape: () => ({ roomSize: 5, numRows: 1, numCols: 2 }),
      navigations: () => 1,
      generate(world) {
        const door = world.addDoor(0, 0, { side });
        world.placeAgent(0, 0);
        return new Open(like(world, door));
      },
    });
  register("Door-v0/right", outerDoor(0));
  expect(make("Door-v0/right").reset({ seed: 1 }).observation.mission).toMatch(/^open the /);
  for (const side of [1, 2, 3] as const) {
    register(`Door-v0/${side}`, outerDoor(side));
    expect(() => make(`Door-v0/${side}`).reset({ seed: 1 })).toThrow(
      new GenerationError(
        `No door can go into side ${side} of the room in column 0 and row 0: there is no room beyond it.`,
      ),
    );
  }
});

test("a choice is one of the list, by seed", () => {
  const choices = (seed: number) => {
    const random = new Pcg64(seed);
    return Array.from({ length: 8 }, () => random.choice(["a", "b", "c"]));
  };
  expect(choices(1)).toEqual(choices(1));
  expect(new Set(choices(1))).toEqual(new Set(["a", "b", "c"]));
  expect(() => new Pcg64(1).choice([])).toThrow("There is nothing to choose from");
});
