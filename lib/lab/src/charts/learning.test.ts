import { chartToSvg } from "./drawing/render";
import { learningChart, lossCurve } from "./learning";
import { boxesOf, overlap } from "./testing/boxes";

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

test.each([320, 400, 860])(
  "at %d pixels labels and numbers keep apart, within the picture",
  async (look) => {
    const sizes = [50, 100, 200, 500, 1000, 2000, 5000, 10_000];
    const learners = ["student", "nearest example", "random", "another"];
    const spec = learningChart({
      title: "Learning",
      subtitle: ["Two tasks."],
      x: "demonstrated episodes",
      isLogarithmic: true,
      colors: {},
      points: sizes.flatMap((x) => learners.map((learner, i) => point(learner, x, 20 - i))),
    });
    const { texts, symbols, width, height } = boxesOf(await chartToSvg(spec, { width: look }));
    expect(width).toBeLessThanOrEqual(look + 1);
    expect(texts.length).toBeGreaterThan(10);
    for (const [i, box] of texts.entries()) {
      expect([box.left > -1, box.top > -1]).toEqual([true, true]);
      expect([box.right < width + 1, box.bottom < height + 1, box.what]).toEqual([
        true,
        true,
        box.what,
      ]);
      for (const other of [...texts.slice(i + 1), ...symbols])
        expect([box.what, other.what, overlap(box, other) > 1]).toEqual([
          box.what,
          other.what,
          false,
        ]);
    }
  },
);
