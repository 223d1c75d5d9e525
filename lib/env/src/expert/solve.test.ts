import { EnvError, make, solve, tasks, testTasks } from "..";

test("the actions that it gives lead to success, and end there", () => {
  for (const id of [
    ...tasks,
    ...testTasks,
    "BabyAI-PutNextS5N2Carrying-v0",
    "BabyAI-BossLevel-v0",
  ]) {
    for (let seed = 0; seed < 5; seed++) {
      const env = make(id);
      env.reset({ seed });
      const played = solve(id, seed)!;
      for (const [i, action] of played.entries()) {
        const { reward, terminated } = env.step(action);
        expect([terminated, reward > 0]).toEqual(Array(2).fill(i === played.length - 1));
      }
    }
  }
});

test("an impossible mission has no solution", () => {
  expect(solve("BabyAI-GoToImpUnlock-v0", 6)).toBeNull();
});

test("an id that draws its task is refused, since the seed alone does not settle the episode", () => {
  expect(() => solve("BabyAI-MixedTrainLocal-v0", 0)).toThrow(EnvError);
  expect(() => solve("BabyAI-MixedTrainLocal-v0", 0)).toThrow("draws its task when it is made");
});

/** What missions of the test tasks name, and those of the tasks do not. */
const HELD_OUT = /yellow box|red key|green ball|red door|grey door/g;

test("missions of the test tasks name only what those of the tasks never name", () => {
  const missions = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const env = make(id);
      return Array.from({ length: 20 }, (_, seed) => env.reset({ seed }).observation.mission);
    });
  expect(missions(tasks).filter((mission) => mission.match(HELD_OUT))).toEqual([]);
  const objects = /(ball|box|key|door)/g;
  for (const mission of missions(testTasks)) {
    expect(mission.match(HELD_OUT)).toHaveLength(mission.match(objects)!.length);
  }
});
