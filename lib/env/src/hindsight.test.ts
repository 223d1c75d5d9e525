import fc from "fast-check";
import { actions, EnvError, hindsight, make, tasks, testTasks } from ".";

const walks = fc.array(fc.constantFrom(...actions, "go forward", "go forward"), {
  minLength: 64,
  maxLength: 128,
});

/** What missions of the five tasks and of the test tasks sound like. */
const SENTENCE =
  /^(go to (the|a) \w+ \w+|pick up (the|a) \w+ \w+|open (the|a)( \w+)? door|put (the|a) \w+ \w+ next to (the|a) \w+ \w+|pick up (the|a) \w+ \w+, then go to (the|a) \w+ \w+|go to (the|a) \w+ \w+ after you pick up (the|a) \w+ \w+)$/;
const HELD_OUT = /yellow box|red key|green ball|red door|grey door/g;

test("what it gives is fulfilled in a fresh world by the actions that are kept, by their last, and not without any of them", () => {
  let found = 0;
  const world = fc.tuple(fc.constantFrom(...tasks, ...testTasks), fc.nat(1e6), walks);
  fc.assert(
    fc.property(world, ([id, seed, walk]) => {
      const env = make(id);
      const said = new Set<string>();
      for (const { mission, kept } of hindsight(id, seed, walk)) {
        found += 1;
        expect([...new Set(kept)].sort((a, b) => a - b)).toEqual(kept);
        const solved = (places: readonly number[]) => {
          env.restart(seed, mission);
          return places.map((place) => {
            env.step(walk[place]!);
            return env.reward > 0;
          });
        };
        expect(solved(kept)).toEqual(kept.map((_, i) => i === kept.length - 1));
        for (const left of kept)
          expect(solved(kept.filter((place) => place !== left)).includes(true)).toBe(false);
        expect(env.mission).toMatch(SENTENCE);
        expect(said.has(env.mission)).toBe(false);
        said.add(env.mission);
        const held = env.mission.match(HELD_OUT)?.length ?? 0;
        const named = env.mission.match(/ball|box|key|door/g)!.length;
        expect(held).toBe(testTasks.includes(id) ? named : 0);
        // Doing nothing does not fulfill it.
        env.restart(seed, mission);
        env.step("drop");
        expect(env.terminated).toBe(false);
      }
    }),
    { numRuns: 200, seed: 1 },
  );
  expect(found).toBeGreaterThan(100);
});

test("the mission that was given is among them when it was fulfilled", () => {
  let solved = 0;
  for (let seed = 0; seed < 60; seed++) {
    for (const id of tasks) {
      const env = make(id);
      const { mission } = env.reset({ seed }).observation;
      const walk = fc.sample(walks, { seed, numRuns: 1 })[0]!;
      const isSolved = walk.some((action) => !env.terminated && env.step(action).reward > 0);
      env.restart(seed);
      env.step("drop");
      if (!isSolved || env.terminated) continue;
      solved += 1;
      const missions = hindsight(id, seed, walk).map(({ mission }) => mission.surface());
      expect(missions).toContain(mission);
    }
  }
  expect(solved).toBeGreaterThan(10);
});

test("levels whose missions it does not know are refused", () => {
  expect(() => hindsight("BabyAI-BossLevel-v0", 1, [])).toThrow(EnvError);
  expect(() => hindsight("BabyAI-BossLevel-v0", 1, [])).toThrow("none of the five tasks");
});
