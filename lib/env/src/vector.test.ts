import { join } from "node:path";
import { InvalidOptionError, make, UnknownEnvError } from "./index";
import { VectorEnv } from "./vector";

/** Threads run compiled files only, so here they come from where `npm test` has put them. */
const compiled = require(join(__dirname, "..", "dist", "vector.js")) as {
  VectorEnv: typeof VectorEnv;
};

test.each([1, 3])("%p threads give what the environments give one by one", async (workers) => {
  const numEnvs = 7;
  const id = "BabyAI-GoToLocalS5N2-v0";
  const vector = new compiled.VectorEnv(id, { numEnvs, workers, maxSteps: 9 });
  const envs = Array.from({ length: numEnvs }, () => make(id, { maxSteps: 9 }));
  vector.reset({ seed: 40 });
  let observations = envs.map((env, i) => env.reset({ seed: 40 + i }).observation);
  for (let step = 0; step < 60; step++) {
    for (const [i, { image, direction, mission }] of observations.entries()) {
      expect([...vector.images.subarray(i * 147, (i + 1) * 147)]).toEqual([...image]);
      expect(vector.directions[i]).toBe(direction);
      expect(vector.mission(i)).toBe(mission);
    }
    const actions = envs.map((_, i) => (step * 7 + i * i) % 6);
    vector.step(actions);
    observations = envs.map((env, i) => {
      const result = env.step(actions[i]!);
      expect(vector.rewards[i]).toBe(result.reward);
      expect(vector.terminated[i]).toBe(Number(result.terminated));
      expect(vector.truncated[i]).toBe(Number(result.truncated));
      return result.terminated || result.truncated ? env.reset().observation : result.observation;
    });
  }
  await vector.close();
});

test("refuses what make and step refuse", async () => {
  expect(() => new VectorEnv("BabyAI-Nothing-v0", { numEnvs: 2 })).toThrow(UnknownEnvError);
  expect(() => new VectorEnv("BabyAI-GoTo-v0", { numEnvs: 0 })).toThrow(InvalidOptionError);
  expect(() => new VectorEnv("BabyAI-GoTo-v0", { numEnvs: 2, workers: 0 })).toThrow(
    InvalidOptionError,
  );
  const vector = new compiled.VectorEnv("BabyAI-GoToObj-v0", { numEnvs: 2, workers: 1 });
  vector.reset({ seed: 0 });
  expect(() => vector.step([1])).toThrow(/There must be 2/);
  expect(() => vector.step([1, 6])).toThrow(/Invalid action 6/);
  await vector.close();
});
