import fc from "fast-check";
import { holm, mcnemarExact, pairedProportionDifference, pairedT } from "./hypothesis-tests";

const counts = (both: number, onlyA: number, onlyB: number, neither: number) => ({
  both,
  onlyA,
  onlyB,
  neither,
});

// statsmodels 0.15.0: mcnemar(table, exact=True).pvalue.
test.each([
  [5, 0, 0.0625],
  [12, 2, 0.012939453125],
  [3, 3, 1],
  [1, 0, 1],
  [20, 5, 0.004077315330505371],
  [0, 0, 1],
])("McNemar's exact p for %d against %d is statsmodels'", (onlyA, onlyB, p) => {
  expect(mcnemarExact(counts(7, onlyA, onlyB, 2))).toBeCloseTo(p, 12);
  expect(mcnemarExact(counts(0, onlyB, onlyA, 0))).toBeCloseTo(p, 12);
});

describe("the difference of paired proportions", () => {
  test("has the interval of R's contingencytables 3 for a published table", () => {
    // Newcombe_square_and_add_CI_paired_2x2(rbind(c(59, 6), c(16, 80))): first minus second is
    // -0.0621 [-0.1186, -0.0046], from Fagerland, Lydersen & Laake (2017), ch. 8. Here: second minus first.
    const { n, mean, low, high } = pairedProportionDifference(counts(59, 6, 16, 80));
    expect(n).toBe(161);
    expect(mean).toBeCloseTo(0.0621, 4);
    expect(low).toBeCloseTo(0.0046, 4);
    expect(high).toBeCloseTo(0.1186, 4);
  });

  test("by hand: all succeed with b and none with a, n = 20: 1 - sqrt(2) 0.1611 to 1", () => {
    const { mean, low, high } = pairedProportionDifference(counts(0, 0, 20, 0));
    expect(mean).toBe(1);
    expect(low).toBeCloseTo(1 - Math.SQRT2 * 0.16112515805281935, 12);
    expect(high).toBe(1);
  });

  test("changes sign when a and b change places, and holds the difference within -1 and 1", () => {
    const count = fc.nat(60);
    fc.assert(
      fc.property(count, count, count, count, (both, onlyA, onlyB, neither) => {
        fc.pre(both + onlyA + onlyB + neither > 0);
        const forth = pairedProportionDifference(counts(both, onlyA, onlyB, neither));
        const back = pairedProportionDifference(counts(both, onlyB, onlyA, neither));
        expect(back.low).toBeCloseTo(-forth.high!, 12);
        expect(back.high).toBeCloseTo(-forth.low!, 12);
        expect(forth.low).toBeLessThanOrEqual(forth.mean! + 1e-12);
        expect(forth.high).toBeGreaterThanOrEqual(forth.mean! - 1e-12);
        expect(Math.max(-forth.low!, forth.high!)).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });
});

test("the paired t test is scipy's", () => {
  // scipy 1.17.1: ttest_rel([.9, .5, 0, .7, .2, .95], [.8, 0, 0, .1, .3, .4]).pvalue.
  const differences = [0.1, 0.5, 0, 0.6, -0.1, 0.55];
  expect(pairedT(differences)).toBeCloseTo(0.08143060072469786, 10);
});

test("where differences do not vary there is no t test", () => {
  expect(pairedT([1, 1, 1])).toBeNull();
  expect(pairedT([1])).toBeNull();
});

test("Holm's correction is statsmodels' multipletests, in the order given", () => {
  const rounded = (values: readonly (number | null)[]) =>
    values.map((value) => (value === null ? null : Number(value.toFixed(12))));
  expect(rounded(holm([0.01, 0.04, 0.03, 0.005]))).toEqual([0.03, 0.06, 0.06, 0.02]);
  expect(rounded(holm([0.5, 0.02, 0.02, 0.9, 0.001]))).toEqual([1, 0.08, 0.08, 1, 0.005]);
  expect(rounded(holm([0.01, null, 0.04]))).toEqual([0.02, null, 0.04]);
  expect(holm([])).toEqual([]);
  expect(holm([0, 1])).toEqual([0, 1]);
  expect(() => holm([1.5])).toThrow("not 1.5");
});
