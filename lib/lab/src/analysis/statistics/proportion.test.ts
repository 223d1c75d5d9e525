import fc from "fast-check";
import { binomialChance } from "./distributions";
import { leastFavorable, proportion, stratifiedProportion } from "./proportion";

describe("a proportion", () => {
  // scipy 1.17.1: binomtest(k, n).proportion_ci(0.95, method="exact").
  test.each([
    [0, 20, 0, 0.16843347098308548],
    [20, 20, 0.8315665290169145, 1],
    [1, 1, 0.025, 1],
    [7, 20, 0.1539092047845412, 0.5921885345328283],
    [96, 100, 0.90074284328734, 0.9889955060138118],
    [11, 97, 0.057988696644653025, 0.19385385964257237],
  ])("of %d in %d has scipy's exact interval", (successes, n, low, high) => {
    const estimate = proportion(successes, n);
    expect(estimate.mean).toBe(successes / n);
    expect(estimate.low).toBeCloseTo(low, 11);
    expect(estimate.high).toBeCloseTo(high, 11);
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

const strataOf = (sizes: readonly number[], successes: readonly number[]) =>
  sizes.map((n, i) => ({ n, successes: successes[i]! }));

describe("a stratified proportion", () => {
  test("with equal strata is the pooled one", () => {
    const strata = strataOf([20, 20, 20, 20, 20], [20, 20, 17, 4, 12]);
    const pooled = proportion(73, 100);
    const { n, mean, low, high } = stratifiedProportion(strata);
    expect(n).toBe(100);
    expect(mean).toBeCloseTo(0.73, 14);
    expect(low).toBeCloseTo(pooled.low!, 11);
    expect(high).toBeCloseTo(pooled.high!, 11);
  });

  test("weighs tasks the same, whatever their n: all of four tasks and none of two episodes are 80 %", () => {
    const { n, mean } = stratifiedProportion(strataOf([20, 20, 20, 20, 2], [20, 20, 20, 20, 0]));
    expect([n, mean]).toEqual([82, 0.8]);
  });

  test("leaves out strata without an episode", () => {
    expect(stratifiedProportion(strataOf([9, 0], [3, 0]))).toEqual(proportion(3, 9));
    expect(stratifiedProportion([]).mean).toBeNull();
  });

  test("takes the strata's rates at their worst: no rates with the same average let the estimate vary more", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        sizes,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (n, rates) => {
          const own = n.map((_, i) => rates[i]!);
          const p = own.reduce((a, b) => a + b, 0) / n.length;
          fc.pre(p > 1e-6 && p < 1 - 1e-6);
          const variance =
            own.reduce((total, q, i) => total + (q * (1 - q)) / n[i]!, 0) / n.length ** 2;
          const most = (p * (1 - p)) / leastFavorable(n)(p);
          expect(variance).toBeLessThanOrEqual(most * (1 + 1e-9));
        },
      ),
    );
  });

  test("by hand: at 95 % and 20, 20, 20, 20, 2 episodes the worst is 75 % on the small task, 100 % elsewhere", () => {
    // V = 0.75 · 0.25 / (25 · 2) = 0.00375, so n_eff = 0.0475 / 0.00375.
    expect(leastFavorable([20, 20, 2, 20, 20])(0.95)).toBeCloseTo(0.0475 / 0.00375, 12);
  });

  // The old interval, Wilson's with Kish's effective n, covered 50 % here. Exact: every outcome with its chance.
  test.each([
    [[1, 1, 1, 1, 0.5]],
    [[0, 0, 0, 0, 0.5]],
    [[0.98, 0.98, 0.98, 0.98, 0.98]],
    [[0.005, 0.005, 0.005, 0.005, 0.005]],
    [[0.02, 0.02, 0.02, 0.02, 0.9]],
  ])("covers the rates %p with 20, 20, 20, 20, 2 episodes in 93 % or more", (rates) => {
    const many = binomialSum(20, rates.slice(0, 4));
    const few = binomialSum(2, rates.slice(4));
    const truth = rates.reduce((a, b) => a + b, 0) / 5;
    let covered = 0;
    many.forEach((chance, k) => {
      few.forEach((other, l) => {
        if (chance * other < 1e-12) return;
        const spread = [0, 1, 2, 3].map((i) => Math.floor((k + i) / 4));
        const { low, high } = stratifiedProportion(strataOf([20, 20, 20, 20, 2], [...spread, l]));
        if (low! <= truth + 1e-9 && truth - 1e-9 <= high!) covered += chance * other;
      });
    });
    expect(covered).toBeGreaterThanOrEqual(0.93);
  });
});

/** The distribution of the successes in n episodes at each of the rates. */
function binomialSum(n: number, rates: readonly number[]): number[] {
  return rates.reduce(
    (sum, rate) => {
      const next = Array.from({ length: sum.length + n }, () => 0);
      sum.forEach((chance, i) => {
        for (let k = 0; k <= n; k++) next[i + k]! += chance * binomialChance(k, n, rate);
      });
      return next;
    },
    [1],
  );
}
