import { chartToSvg } from "./drawing/render";
import { learningChart, lossCurve } from "./learning";

const point = (learner: string, x: number, solved: number) => ({
  learner,
  x,
  tasks: [
    { solved, episodes: 20 },
    { solved: 0, episodes: 20 },
  ],
});

test("a learner is a line, labeled with where it ends; tasks weigh the same", async () => {
  const spec = learningChart({
    title: "Learning",
    subtitle: ["Two tasks."],
    x: "episodes",
    isLogarithmic: true,
    colors: { student: "#a3361f" },
    points: [point("student", 500, 20), point("student", 50, 2), point("random", 50, 1)],
  });
  expect(spec.description).toBe("Learning. Two tasks. student: 50.0 %, random: 2.5 %.");
  const { values } = spec.data as { values: { x: number; low: number; high: number }[] };
  for (const { low, high } of values) expect(high).toBeGreaterThan(low);
  const svg = await chartToSvg(spec);
  expect(svg).toContain("#a3361f");
});

test("a training's loss is drawn with a smoothed line", async () => {
  const losses = Array.from({ length: 64 }, (_, i) => ({ step: i + 1, loss: i % 2 ? 0.5 : 1.5 }));
  const { values } = lossCurve(losses).data as { values: { smooth: number }[] };
  expect(values[32]?.smooth).toBeCloseTo(1, 0);
  expect(await chartToSvg(lossCurve(losses))).toContain("<svg");
});
