import { effectiveSize, mean, stratifiedMean } from "./statistics";

describe("a mean", () => {
  test("by hand: 3 and 5 have mean 4, sd sqrt 2, sem 1 and t(0.975, 1) = 12.7062", () => {
    const estimate = mean([3, 5]);
    expect(estimate).toMatchObject({ n: 2, mean: 4, sd: Math.SQRT2, sem: 1, df: 1 });
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
    const none = { low: null, high: null, sd: null, sem: null, df: null };
    expect(mean([7])).toEqual({ n: 1, mean: 7, ...none });
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
      df: null,
    });
  });

  test("refuses what is no finite number", () => {
    expect(() => mean([1, Number.NaN])).toThrow("not NaN");
  });
});

describe("a mean over strata", () => {
  const strata = [
    [0.9, 0.8, 0, 0.7],
    [0.2, 0, 0, 0.5],
  ];

  test("with the same n in each is that of all values together", () => {
    const { mean: m, low, high, df } = stratifiedMean(strata);
    const pooled = mean(strata.flat());
    expect(m).toBeCloseTo(pooled.mean!, 14);
    expect([low, high]).toEqual([pooled.low, pooled.high].map((end) => expect.closeTo(end!, 12)));
    expect(df).toBe(7);
  });

  test("weighs strata the same: 20 x 1, 20 x 1, 20 x 1, 20 x 1, 2 x 0 is 0.8, of effectively 36", () => {
    const uneven = [20, 20, 20, 20, 2].map((n, task) =>
      Array.from({ length: n }, () => Number(task < 4)),
    );
    expect(stratifiedMean(uneven).mean).toBeCloseTo(0.8, 14);
    expect(effectiveSize([20, 20, 20, 20, 2])).toBeCloseTo(25 / 0.7, 12);
    expect(effectiveSize([20, 20, 0])).toBe(40);
  });

  test("by hand: a small stratum that varies more than the others makes the error its own", () => {
    // Means 1 and 4: m = 2.5. The spread is (1.5² + (2 · 0.5² + 2 · 3.5² + 1.5²) / 5) / 2 = 3.85, on n_eff = 4 / (1/20 + 1/5) = 16.
    const { mean: m, sem, df } = stratifiedMean([Array(20).fill(1), [2, 2, 6, 6, 4]]);
    const variance = (3.85 * 16) / 15;
    const parts = [variance / (2 * 20) ** 2, (16 + variance) / (2 * 5) ** 2] as const;
    const total = parts[0] + parts[1];
    expect(m).toBe(2.5);
    expect(sem).toBeCloseTo(Math.sqrt(total), 12);
    expect(df).toBeCloseTo(total ** 2 / (parts[0] ** 2 / 20 + parts[1] ** 2 / 5) - 1, 12);
  });

  test("has no interval where unequal strata leave one with less than five values", () => {
    const few = (n: number) =>
      stratifiedMean([[1, 2, 3, 4, 5, 6], Array.from({ length: n }, (_, i) => i)]);
    expect(few(4)).toMatchObject({ low: null, high: null, sem: null, df: null });
    expect(few(5).low).not.toBeNull();
  });
});
