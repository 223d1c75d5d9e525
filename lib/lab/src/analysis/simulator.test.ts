import { make, solve, tasks } from "babyai";
import { withExpertSteps, withStepLimits } from "./simulator";

const rows = tasks.flatMap((task) => [200, 201].map((seed) => ({ task, seed, variant: "any" })));

test("rows keep their columns and order, and have those of their task and seed", () => {
  const expected = rows.map((row) => {
    const env = make(row.task);
    env.reset({ seed: row.seed });
    return { ...row, step_limit: env.maxSteps, expert_steps: solve(row.task, row.seed)!.length };
  });
  expect(withExpertSteps(withStepLimits(rows))).toEqual(expected);
});

test("what the expert does not solve is null", () => {
  const impossible = { task: "BabyAI-GoToImpUnlock-v0", seed: 6 };
  expect(withExpertSteps([impossible])).toEqual([{ ...impossible, expert_steps: null }]);
});

test.each([
  "BabyAI-MixedTrainLocal-v0", // draws its task
  "Crafter-v1",
])("%s, where a seed does not settle the episode, has neither", (task) => {
  const row = { task, seed: 1 };
  expect(withExpertSteps(withStepLimits([row]))).toEqual([{ ...row, step_limit: null }]);
});
