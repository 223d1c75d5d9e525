import { bootstrapMean } from "./bootstrap";

test("the interval is the one that NumPy's generator and quantile give", () => {
  // numpy 2: rng = Generator(PCG64(SeedSequence(7)));
  // quantile([v[[rng.integers(0, 10) for _ in range(10)]].mean() for _ in range(10000)], [.025, .975]).
  expect(bootstrapMean([3, 1, 4, 1, 5, 9, 2, 6, 5, 3], { seed: 7 })).toEqual({
    n: 10,
    mean: 3.9,
    low: 2.5,
    high: 5.4,
  });
});

test("by hand: of 0 and 1, a resample is 0, 1/2, 1/2 or 1, so the interval is the whole range", () => {
  expect(bootstrapMean([0, 1])).toEqual({ n: 2, mean: 0.5, low: 0, high: 1 });
});

test("the same seed gives the same interval, another seed another", () => {
  const values = Array.from({ length: 50 }, (_, i) => Math.sqrt(i));
  const first = bootstrapMean(values, { seed: 1, resamples: 200 });
  expect(bootstrapMean(values, { seed: 1, resamples: 200 })).toEqual(first);
  expect(bootstrapMean(values, { seed: 2, resamples: 200 }).low).not.toBe(first.low);
});

test("one value has no interval, none no mean, and resamples are counted", () => {
  expect(bootstrapMean([4])).toEqual({ n: 1, mean: 4, low: null, high: null });
  expect(bootstrapMean([]).mean).toBeNull();
  expect(() => bootstrapMean([1, 2], { resamples: 0 })).toThrow("not 0");
});
