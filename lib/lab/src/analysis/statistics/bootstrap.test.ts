import fc from "fast-check";
import { bootstrapMean } from "./bootstrap";

const noInterval = { low: null, high: null };

test("the interval is scipy's BCa over the draws of NumPy's generator", () => {
  // scipy 1.17.1: bootstrap((v,), np.mean, method="BCa", n_resamples=10000, rng=default_rng(7)) gives 13.125, 20.4769;
  // with rng.integers(0, 40) drawn one by one the same.
  const values = Array.from({ length: 40 }, (_, i) => (i * i) % 37);
  const { mean, low, high } = bootstrapMean(values, { seed: 7 });
  expect(mean).toBe(16.775);
  expect(low).toBeCloseTo(13.125, 10);
  expect(high).toBeCloseTo(20.47689402, 7);
});

test("the same seed gives the same interval, another seed another", () => {
  const values = Array.from({ length: 50 }, (_, i) => Math.sqrt(i));
  const first = bootstrapMean(values, { seed: 1, resamples: 200 });
  expect(bootstrapMean(values, { seed: 1, resamples: 200 })).toEqual(first);
  expect(bootstrapMean(values, { seed: 2, resamples: 200 }).low).not.toBe(first.low);
});

test("there is no interval where it would not hold: few values, or few that differ", () => {
  const ones = (of: number, n: number) => Array.from({ length: n }, (_, i) => Number(i < of));
  expect(bootstrapMean(ones(0, 100))).toEqual({ n: 100, mean: 0, ...noInterval });
  expect(bootstrapMean(ones(9, 100))).toMatchObject(noInterval);
  expect(bootstrapMean(ones(91, 100))).toMatchObject(noInterval);
  expect(bootstrapMean(ones(10, 100), { resamples: 500 }).low).toBeGreaterThan(0);
  expect(bootstrapMean(ones(14, 29))).toMatchObject(noInterval);
  expect(bootstrapMean([4])).toEqual({ n: 1, mean: 4, ...noInterval });
  expect(bootstrapMean([]).mean).toBeNull();
  expect(() => bootstrapMean([1, 2], { resamples: 0 })).toThrow("not 0");
});

test("an interval has a width, and lies within the values", () => {
  const values = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 30, maxLength: 60 });
  fc.assert(
    fc.property(values, (sample) => {
      const { low, high } = bootstrapMean(sample, { resamples: 200 });
      if (low === null || high === null) return;
      expect(high - low).toBeGreaterThan(0);
      expect(low).toBeGreaterThanOrEqual(Math.min(...sample));
      expect(high).toBeLessThanOrEqual(Math.max(...sample));
    }),
    { numRuns: 30 },
  );
});
