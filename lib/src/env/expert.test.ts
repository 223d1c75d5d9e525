import { Expert, make, NoPlanError, registeredEnvs, solve, tasks } from "./index";

test("solves the five tasks on seeds 1000..1199, in 8.66 steps on average", () => {
  const played = tasks.flatMap((id) => Array.from({ length: 200 }, (_, i) => solve(id, 1000 + i)));
  expect(played.filter((actions) => actions === null)).toEqual([]);
  const mean = played.reduce((sum, actions) => sum + actions!.length, 0) / played.length;
  expect(mean).toBeCloseTo(8.658, 6);
});

/** Where a mission can be impossible: strict sequences fail by themselves, and a key may lie behind its own door. */
const SOMETIMES_IMPOSSIBLE = [
  "BabyAI-OpenDoorsOrderN2Debug-v0",
  "BabyAI-OpenDoorsOrderN4Debug-v0",
  "BabyAI-Unlock-v0",
  "BabyAI-GoToImpUnlock-v0",
];
const isDrawnWhenMade = (id: string) => /Mixed\w+-v0$/.test(id);
const others = registeredEnvs()
  .map(({ id }) => id)
  .filter((id) => !SOMETIMES_IMPOSSIBLE.includes(id) && !isDrawnWhenMade(id));

test.each(others)("solves %s", (id) => {
  for (let seed = 0; seed < 3; seed++) expect([seed, solve(id, seed)]).not.toEqual([seed, null]);
});

test("says so when the key lies behind its own door", () => {
  const env = make("BabyAI-GoToImpUnlock-v0");
  env.reset({ seed: 6 });
  expect(() => new Expert(env).act()).toThrow(NoPlanError);
  expect(solve(env.id, 0)).not.toBeNull();
});

test("can be asked at any moment, whatever was done before", () => {
  for (const id of [...tasks, "BabyAI-BossLevel-v0"]) {
    const env = make(id);
    for (let seed = 0; seed < 10; seed++) {
      env.reset({ seed });
      const expert = new Expert(env);
      for (let i = 0; i < 6; i++) {
        expert.act();
        env.step((seed + i * 5) % 3);
      }
      while (!env.terminated && !env.truncated) env.step(expert.act());
      expect(env.reward).toBeGreaterThan(0);
    }
  }
});
