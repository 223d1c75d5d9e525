import fc from "fast-check";
import { mean, proportion, stratifiedProportion } from "./statistics";

describe("a proportion", () => {
  // scipy 1.17.1: binomtest(k, n).proportion_ci(0.95, method="wilson").
  test.each([
    [0, 20, 0, 0.16112515805281935],
    [20, 20, 0.8388748419471808, 1],
    [1, 1, 0.20654931437723745, 1],
    [7, 20, 0.1811918241010821, 0.5671457233147637],
    [96, 100, 0.9016292856411208, 0.9843366960084523],
    [11, 97, 0.06451358102935628, 0.1917446992742115],
  ])("of %d in %d has scipy's Wilson interval", (successes, n, low, high) => {
    const estimate = proportion(successes, n);
    expect(estimate.mean).toBe(successes / n);
    expect(estimate.low).toBeCloseTo(low, 13);
    expect(estimate.high).toBeCloseTo(high, 13);
  });

  test("by hand: 1 of 2, z² = 3.8415, is 0.5 ± sqrt(0.125 z² + z⁴/16) / (1 + z²/2) = [0.0945, 0.9055]", () => {
    expect(proportion(1, 2).low).toBeCloseTo(0.0945, 4);
    expect(proportion(1, 2).high).toBeCloseTo(0.9055, 4);
  });

  test("lies within its interval, which lies within 0 and 1, touching an end only at 0 % and 100 %", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(5000), (n, k) => {
        const successes = k % (n + 1);
        const { mean, low, high } = proportion(successes, n);
        expect(low).toBeLessThanOrEqual(mean!);
        expect(high).toBeGreaterThanOrEqual(mean!);
        expect(low === 0).toBe(successes === 0);
        expect(high === 1).toBe(successes === n);
      }),
    );
  });

  test("of nothing is unknown; of an impossible count, refused", () => {
    expect(proportion(0, 0)).toEqual({ n: 0, mean: null, low: null, high: null });
    expect(() => proportion(3, 2)).toThrow("not 3 of 2");
    expect(() => proportion(0.5, 2)).toThrow("not 0.5 of 2");
    expect(() => proportion(-1, 2)).toThrow("not -1 of 2");
  });
});

describe("a stratified proportion", () => {
  test("with equal strata is the pooled one", () => {
    const strata = [20, 20, 17, 4, 12].map((successes) => ({ successes, n: 20 }));
    const pooled = proportion(73, 100);
    const { n, mean, low, high } = stratifiedProportion(strata);
    expect(n).toBe(100);
    expect(mean).toBeCloseTo(0.73, 14);
    expect(low).toBeCloseTo(pooled.low!, 14);
    expect(high).toBeCloseTo(pooled.high!, 14);
  });

  test("by hand: 10 of 10 and 0 of 40 weigh the same, n_eff = 4 / (1/10 + 1/40) = 32", () => {
    const sixteenOf32 = proportion(16, 32);
    expect(
      stratifiedProportion([
        { successes: 10, n: 10 },
        { successes: 0, n: 40 },
      ]),
    ).toEqual({ ...sixteenOf32, n: 50 });
  });

  test("leaves out strata without an episode", () => {
    expect(
      stratifiedProportion([
        { successes: 3, n: 9 },
        { successes: 0, n: 0 },
      ]),
    ).toEqual(proportion(3, 9));
    expect(stratifiedProportion([]).mean).toBeNull();
  });
});

describe("a mean", () => {
  test("by hand: 3 and 5 have mean 4, sd sqrt 2, sem 1 and t(0.975, 1) = 12.7062", () => {
    const estimate = mean([3, 5]);
    expect(estimate).toMatchObject({ n: 2, mean: 4, sd: Math.SQRT2, sem: 1 });
    expect(estimate.low).toBeCloseTo(4 - 12.706204736, 8);
    expect(estimate.high).toBeCloseTo(4 + 12.706204736, 8);
  });

  test("has scipy's t interval", () => {
    // scipy 1.17.1: stats.t.interval(0.95, 5, loc=mean, scale=stats.sem(values)).
    const { mean: m, sem, low, high } = mean([0.91, 0.0, 0.955, 0.37, 0.0, 0.82]);
    expect(m).toBeCloseTo(0.5091666666666667, 14);
    expect(sem).toBeCloseTo(0.18201839040175158, 14);
    expect(low).toBeCloseTo(0.041273498548164755, 10);
    expect(high).toBeCloseTo(0.9770598347851686, 10);
  });

  test("of one value has no interval, of none no mean", () => {
    expect(mean([7])).toEqual({ n: 1, mean: 7, low: null, high: null, sd: null, sem: null });
    expect(mean([]).mean).toBeNull();
  });

  test("of equal values has no interval: they tell nothing of their spread", () => {
    expect(mean([0.1, 0.1, 0.1])).toEqual({
      n: 3,
      mean: 0.1,
      low: null,
      high: null,
      sd: 0,
      sem: 0,
    });
  });

  test("refuses what is no finite number", () => {
    expect(() => mean([1, Number.NaN])).toThrow("not NaN");
  });
});
