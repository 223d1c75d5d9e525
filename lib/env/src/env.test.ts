import fc from "fast-check";
import {
  type AnyInstruction,
  actions,
  BALL,
  Before,
  BOX,
  COLOR_INDEX,
  DOOR,
  type Env,
  GenerationError,
  GoTo,
  InvalidActionError,
  InvalidMissionError,
  InvalidOptionError,
  InvalidSeedError,
  make,
  NotResetError,
  ObjectDescription,
  Open,
  PickUp,
  PutNext,
  registeredEnvs,
  tasks,
  UnknownEnvError,
} from "./index";

const [goto, pickup, open, putnext, sequence] = tasks as [string, string, string, string, string];

/** Everything that an episode under these actions shows. */
function play(env: Env, seed: number | bigint | undefined, steps: readonly number[]): string[] {
  const shown: unknown[] = [];
  const first = env.reset(seed === undefined ? {} : { seed });
  shown.push(first.observation, env.maxSteps, [...env.encode()], env.agentPos, env.carrying);
  for (const action of steps) {
    const result = env.step(action);
    shown.push(result.observation, result.reward, result.terminated, result.truncated);
    shown.push(env.agentPos, env.carrying);
  }
  shown.push([...env.encode()], String(env.world.random.position.state));
  return shown.map((item) => JSON.stringify(item));
}

const ids = registeredEnvs().map(({ id }) => id);
/** Those that are the same each time they are made. */
const fixedIds = ids.filter((id) => !/Mixed\w+-v0$/.test(id));
const anyActions = fc.array(fc.nat(5), { maxLength: 40 });

describe("reset", () => {
  test("a used environment gives the same episode as a fresh one, on every id", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...fixedIds),
        fc.nat(),
        fc.nat(),
        anyActions,
        anyActions,
        (id, earlierSeed, seed, earlier, later) => {
          const used = make(id);
          play(used, earlierSeed, earlier);
          expect(play(used, seed, later)).toEqual(play(make(id), seed, later));
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  test("without a seed continues the stream, so that the rest of a run follows from its first seed", () => {
    const [a, b] = [make(putnext), make(putnext)];
    expect(play(a, 7, [2, 2])).toEqual(play(b, 7, [2, 2]));
    const second = play(a, undefined, [0]);
    expect(second).toEqual(play(b, undefined, [0]));
    expect(second).not.toEqual(play(make(putnext), 7, [0]));
  });

  test("without any seed starts anywhere", () => {
    const states = Array.from({ length: 5 }, () => {
      const env = make(goto);
      env.reset();
      return env.world.random.position.state;
    });
    expect(new Set(states).size).toBe(5);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53 + 2, -1n, "7", null, {}])(
    "refuses the seed %p and leaves the episode alone",
    (seed) => {
      const env = make(goto);
      const before = play(env, 3, [2]);
      expect(() => env.reset({ seed: seed as number })).toThrow(InvalidSeedError);
      expect(JSON.stringify([...env.encode()])).toBe(before.at(-2));
    },
  );

  test("a number and the bigint of the same value are the same seed", () => {
    for (const seed of [0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      expect(play(make(open), seed, [2, 5])).toEqual(play(make(open), BigInt(seed), [2, 5]));
    }
  });
});

describe("make", () => {
  test.each(["", "BabyAI-Goto-v0", "BabyAI-MixedTrainLocal-v0/jump", "constructor", undefined, 3])(
    "refuses the id %p",
    (id) => {
      expect(() => make(id as string)).toThrow(UnknownEnvError);
    },
  );

  test("says what may have been meant", () => {
    expect(() => make("BabyAI-PutNextLocalS5-v0")).toThrow(/PutNextLocalS5N3/);
    expect(() => make("BabyAI-MixedTrainLocal-v0/pikup")).toThrow(
      'Did you mean "BabyAI-MixedTrainLocal-v0/pickup"',
    );
    expect(() => make("BabyAI-GoToOjb-v0")).toThrow('Did you mean "BabyAI-GoToObj-v0"');
    expect(() => make("nothing of the kind")).toThrow(
      'Unknown environment "nothing of the kind". registeredEnvs()',
    );
  });

  test.each([
    ["BabyAI-GoToLocal-v0", { numDists: -1 }],
    ["BabyAI-GoToLocal-v0", { numDists: 1.5 }],
    ["BabyAI-GoToLocal-v0", { roomSize: 2 }],
    ["BabyAI-GoToLocal-v0", { numRows: 2 }],
    ["BabyAI-GoToLocal-v0", { maxSteps: 0 }],
    ["BabyAI-GoToDoor-v0", { numRows: 1 }],
    ["BabyAI-OpenDoor-v0", { selectBy: "size" }],
    ["BabyAI-PutNextS5N2-v0", { objsPerRoom: 10 }],
    ["BabyAI-MoveTwoAcrossS5N2-v0", { objsPerRoom: 1 }],
    ["BabyAI-FindObjS5-v0", { numRows: 4 }],
    ["BabyAI-BossLevel-v0", { actionKinds: [] }],
    ["BabyAI-BossLevel-v0", { lockedRoomProb: 2 }],
    [goto, { num_dists: 3 }],
  ])("%s refuses the options %p", (id, options) => {
    expect(() => make(id, options as object)).toThrow(InvalidOptionError);
  });

  test("a level that cannot exist is an error instead of an endless search", () => {
    expect(() => make("BabyAI-PutNextLocal-v0", { numObjs: 19 }).reset({ seed: 0 })).toThrow(
      GenerationError,
    );
    expect(() => make("BabyAI-GoToLocal-v0", { numDists: 0 }).reset({ seed: 0 })).toThrow(
      GenerationError,
    );
  });

  test("takes an option that is undefined as not given", () => {
    expect(play(make(goto, { numDists: undefined }), 1, [2])).toEqual(play(make(goto), 1, [2]));
  });

  test("maxSteps fixes the step limit", () => {
    const env = make(sequence, { maxSteps: 2 });
    env.reset({ seed: 1 });
    expect(env.step(0).truncated).toBe(false);
    expect(env.step(0).truncated).toBe(true);
  });

  test("the Mixed ids without a task draw one and say which", () => {
    const drawn = new Set(
      Array.from({ length: 100 }, () => make("BabyAI-MixedTestLocal-v0").id.split("/")[1]),
    );
    expect(drawn).toEqual(new Set(tasks.map((id) => id.split("/")[1])));
  });
});

describe("a mission of one's own", () => {
  const red = (type: typeof BALL | typeof BOX | typeof DOOR) =>
    new ObjectDescription(type, COLOR_INDEX.red);
  const ball = red(BALL);

  test.each([
    "go to the red ball",
    null,
    {},
    new GoTo("ball" as never),
    new PutNext(ball, "box" as never),
    new Before(new GoTo(ball), "pick it up" as never),
  ])("%p is refused before anything changes", (mission) => {
    const env = make("BabyAI-GoToRedBall-v0");
    const before = JSON.stringify(env.reset({ seed: 1 }));
    const again = () => env.reset({ seed: 2, mission: mission as AnyInstruction });
    expect(again).toThrow(InvalidMissionError);
    expect(again).toThrow("Invalid mission ");
    expect(again).toThrow("GoTo, Open, PickUp or PutNext of an ObjectDescription");
    expect(JSON.stringify(env.observe())).toBe(JSON.stringify(JSON.parse(before).observation));
    env.step("go forward");
  });

  test.each([
    [new GoTo(red(BOX)), 'what "the red box" describes'],
    [new Before(new GoTo(ball), new PickUp(red(BOX))), 'what "the red box" describes'],
    [new PutNext(ball, red(BOX)), 'what "the red box" describes'],
    [new PutNext(ball, ball), "two objects to put the red ball next to the red ball"],
    [new Open(ball), "a door to open the red ball"],
  ])("nothing can fulfill %p", (mission, why) => {
    const env = make("BabyAI-GoToRedBall-v0", { numDists: 0 });
    for (const begin of [() => env.reset({ seed: 1, mission }), () => env.restart(1, mission)]) {
      expect(begin).toThrow(InvalidMissionError);
      expect(begin).toThrow(
        `Invalid mission "${mission.surface()}". This world lacks ${why}. It has red ball`,
      );
      expect(() => env.step("go forward")).toThrow(NotResetError);
    }
    expect(env.reset({ seed: 1, mission: new GoTo(ball) }).observation.mission).toBe(
      "go to the red ball",
    );
  });

  test("a door is not picked up", () => {
    const mission = new PickUp(new ObjectDescription(DOOR));
    expect(() => make(open).reset({ seed: 1, mission })).toThrow("an object to pick up");
  });
});

describe("step", () => {
  test.each(["pickup", "Go Forward", "", 6, -1, 0.5, Number.NaN, null, undefined])(
    "refuses the action %p without taking a step",
    (action) => {
      const env = make(pickup);
      env.reset({ seed: 1 });
      const before = JSON.stringify(env.observe());
      expect(() => env.step(action as number)).toThrow(InvalidActionError);
      expect(env.stepCount).toBe(0);
      expect(JSON.stringify(env.observe())).toBe(before);
    },
  );

  test("takes names and indices alike", () => {
    const [byName, byIndex] = [make(open), make(open)];
    byName.reset({ seed: 5 });
    byIndex.reset({ seed: 5 });
    for (const index of [2, 1, 3, 5, 4, 0, 2, 2]) {
      const a = byName.step(actions[index]!);
      const b = byIndex.step(index);
      expect(JSON.stringify(a)).toBe(JSON.stringify(b));
    }
  });

  test("needs a reset first", () => {
    expect(() => make(goto).step(0)).toThrow(NotResetError);
    expect(() => make(goto).renderSvg()).toThrow(NotResetError);
  });
});

describe("observations", () => {
  test("stay as they are, whether read before or after the environment moved on", () => {
    fc.assert(
      fc.property(fc.constantFrom(...fixedIds), fc.nat(), anyActions, (id, seed, steps) => {
        const [readAtOnce, readLater] = [make(id), make(id)];
        const atOnce = [JSON.stringify(readAtOnce.reset({ seed }).observation)];
        const kept = [readLater.reset({ seed }).observation];
        for (const action of steps) {
          atOnce.push(JSON.stringify(readAtOnce.step(action).observation));
          kept.push(readLater.step(action).observation);
        }
        readLater.reset();
        expect(kept.map((observation) => JSON.stringify(observation))).toEqual(atOnce);
      }),
      { numRuns: 25, seed: 2 },
    );
  });

  test("writeImage writes what observation.image holds, and nothing else", () => {
    const env = make(open, { numDists: 4 });
    env.reset({ seed: 9 });
    const target = new Uint8Array(160).fill(255);
    env.writeImage(target, 5);
    expect([...target.subarray(5, 152)]).toEqual([...env.observe().image]);
    expect([...target.subarray(0, 5), ...target.subarray(152)]).toEqual(new Array(13).fill(255));
  });

  test("info holds the reference's sentences", () => {
    const { observation, info } = make(goto).reset({ seed: 200 });
    expect(info.descriptions.map((line) => line.replace("You see ", "")).join("\n")).toBe(
      observation.text,
    );
  });
});

describe("registeredEnvs", () => {
  test("lists every id once, and tells its size and longest step limit truly", () => {
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, summary, width, height, maxSteps, competences } of registeredEnvs()) {
      expect(summary).toMatch(/^[A-Z].*\.$/);
      expect(competences.length).toBeGreaterThan(0);
      const env = make(id);
      for (let seed = 0; seed < 2; seed++) {
        env.restart(seed);
        if (env.maxSteps > maxSteps) throw new Error(`${id} seed ${seed}: ${env.maxSteps} steps`);
      }
      if (env.id === id) expect([env.width, env.height]).toEqual([width, height]);
    }
  });

  test("holds the fork's 98 ids, and those of BALROG's tasks", () => {
    expect(ids.filter((id) => !id.includes("/"))).toHaveLength(98);
    expect(ids).toHaveLength(98 + 10);
  });

  test("holds the five tasks", () => {
    expect(ids).toEqual(expect.arrayContaining([...tasks]));
  });
});

describe("renderSvg", () => {
  test("shows every object, the mission and the agent", () => {
    const env = make(open, { numDists: 3 });
    env.reset({ seed: 4 });
    const svg = env.renderSvg();
    expect(svg).toContain(`<title>${env.mission}</title>`);
    expect(svg).toContain("<title>agent</title>");
    // One door, its key and three distractors; the mission, the walls and the agent have titles too.
    expect(svg.match(/<title>/g)).toHaveLength(1 + 3 + 1 + 3);
    expect(svg).toContain("<title>wall</title>");
    expect(svg).toMatch(/<title>locked (yellow|green|blue|purple) door<\/title>/);
  });
});
