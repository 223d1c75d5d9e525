import { randomNumbers } from "../../learn/student/plan";
import { evidenceAbove } from "./sequential";

test("by hand: what bets of 0.05 to 0.95 have become", () => {
  expect(evidenceAbove([])).toBe(1);
  expect(evidenceAbove([0, 0])).toBe(1);
  expect(evidenceAbove([1])).toBeCloseTo(1.5, 12); // the mean of 1 + λ
  expect(evidenceAbove([1, -1])).toBeCloseTo(1 - 6.175 / 19, 12); // that of 1 - λ²
  expect(evidenceAbove(Array<number>(5000).fill(1))).toBe(Number.POSITIVE_INFINITY);
  expect(evidenceAbove(Array<number>(5000).fill(-1))).toBeLessThan(1e-9);
  expect(() => evidenceAbove([0, 1.5])).toThrow("1.5 is no difference from -1 to 1.");
  expect(() => evidenceAbove([Number.NaN])).toThrow(RangeError);
});

test.each([
  ["fair coins", (u: number) => (u < 0.5 ? 1 : -1)],
  ["rare wins, as large as many small losses", (u: number) => (u < 0.1 ? 0.9 : -0.1)],
  ["rare losses", (u: number) => (u < 0.1 ? -0.9 : 0.1)],
  ["mostly ties", (u: number) => (u < 0.05 ? 1 : u < 0.1 ? -1 : 0)],
])(
  "without a difference it reaches 20 in at most 5 %% of 500 trials, looked at 50 times: %s",
  (_, of) => {
    let wrong = 0;
    for (let trial = 0; trial < 500; trial++) {
      const draw = randomNumbers(trial);
      const seen: number[] = [];
      while (seen.length < 50) {
        seen.push(of(draw()));
        if (evidenceAbove(seen) < 20) continue;
        wrong++;
        break;
      }
    }
    expect(wrong).toBeLessThanOrEqual(25);
  },
);
