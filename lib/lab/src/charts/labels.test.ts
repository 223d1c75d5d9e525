import type { EpisodeRow } from "../queries/episodes";
import { group, scope } from "./labels";

const rows = (tasks: string[], seeds: number[]) =>
  tasks.flatMap((task) => seeds.map((seed) => ({ task, seed }) as EpisodeRow));

test("the scope names the environment once, its tasks and the range of seeds", () => {
  const tasks = ["BabyAI-MixedTrainLocal-v0/open", "BabyAI-MixedTrainLocal-v0/goto"];
  expect(scope(rows(tasks, [202, 200, 201]))).toBe(
    "BabyAI-MixedTrainLocal-v0: goto, open × seeds 200–202",
  );
});

test("what does not fit in a line is counted, and seeds with gaps are no range", () => {
  expect(scope(rows(["a/x", "b/y"], [3]))).toBe("2 tasks × seed 3");
  expect(scope(rows(["BabyAI-GoToObj-v0"], [1, 5, 9]))).toBe(
    "BabyAI-GoToObj-v0 × 3 seeds between 1 and 9",
  );
});

test("numbers have thousands separators and a minus sign", () => {
  expect(group(1234567)).toBe("1,234,567");
  expect(group(-1650.44, 1)).toBe("−1,650.4");
  expect(group(999.5)).toBe("1,000");
  expect(group(0, 2)).toBe("0.00");
  expect(group(-0.04, 1)).toBe("0.0");
  expect(group(1234.5678, 4)).toBe("1,234.5678");
});
