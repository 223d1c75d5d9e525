import fc from "fast-check";
import { bonferroni, pairedDifference } from "./paired";

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
  expect(pairedDifference([counts(7, onlyA, onlyB, 2)]).p).toBeCloseTo(p, 12);
  expect(pairedDifference([counts(0, onlyB, onlyA, 1)]).p).toBeCloseTo(p, 12);
});

// The integrals of Fay & Lumbard with scipy 1.17.1's quad and brentq; the sums here are good to 1e-4.
test.each([
  [16, 6, 161, -0.0006075403456600072, 0.12679869599309296],
  [9, 2, 161, -0.0024517187194151783, 0.09385468418236581],
  [7, 1, 21, -0.02044951875179634, 0.5454987534266531],
  [30, 10, 100, 0.06744479495043573, 0.3243065026700615],
  [60, 40, 1000, -0.0005584468019020695, 0.040774217594777395],
  [20, 0, 20, 0.6209054892674707, 1],
  [0, 0, 20, -0.16843347098308548, 0.16843347098308548],
])("%d won and %d lost of %d pairs have the melded interval", (onlyB, onlyA, n, low, high) => {
  const found = pairedDifference([counts(0, onlyA, onlyB, n - onlyA - onlyB)]);
  expect(found).toMatchObject({ n, mean: expect.closeTo((onlyB - onlyA) / n, 12) });
  expect(Math.abs(found.low! - low)).toBeLessThan(1e-4);
  expect(Math.abs(found.high! - high)).toBeLessThan(1e-4);
});

test("strata with the same number of pairs are as one", () => {
  const apart = pairedDifference([counts(4, 1, 5, 0), counts(9, 0, 1, 0), counts(0, 0, 4, 6)]);
  const pooled = pairedDifference([counts(13, 1, 10, 6)]);
  expect(apart.p).toBeCloseTo(pooled.p!, 12);
  for (const key of ["mean", "low", "high"] as const) {
    expect(apart[key]).toBeCloseTo(pooled[key]!, 10);
  }
});

test("tasks weigh the same: one that b wins with few pairs is a fifth of the difference", () => {
  const { n, mean } = pairedDifference([
    ...Array.from({ length: 4 }, () => counts(20, 0, 0, 0)),
    counts(0, 0, 2, 0),
  ]);
  expect(n).toBe(82);
  expect(mean).toBeCloseTo(0.2, 14);
});

test("the interval leaves out 0 exactly where the test rejects, at any level, and mirrors when a and b change places", () => {
  const count = fc.nat(12);
  const table = fc.tuple(count, count, count, count).map((four) => counts(...four));
  const tail = fc.constantFrom(0.025, 0.05 / 6, 0.2);
  fc.assert(
    fc.property(fc.array(table, { minLength: 1, maxLength: 4 }), tail, (tables, tail) => {
      const forth = pairedDifference(tables, tail);
      fc.pre(forth.n > 0);
      const { low, high, mean, p } = forth;
      expect(low! > 0 || high! < 0).toBe(p! <= 2 * tail);
      expect(low).toBeLessThanOrEqual(mean! + 1e-9);
      expect(high).toBeGreaterThanOrEqual(mean! - 1e-9);
      expect(Math.max(-low!, high!)).toBeLessThanOrEqual(1);
      const back = pairedDifference(
        tables.map(({ both, onlyA, onlyB, neither }) => counts(both, onlyB, onlyA, neither)),
        tail,
      );
      expect([back.low, back.high]).toEqual([-high!, -low!].map((end) => expect.closeTo(end, 9)));
    }),
    { numRuns: 12 },
  );
});

test("without a pair nothing is known", () => {
  const none = { mean: null, low: null, high: null, p: null };
  expect(pairedDifference([counts(0, 0, 0, 0)])).toEqual({ n: 0, ...none });
});

test("Bonferroni's correction", () => {
  expect([bonferroni(0.01, 3), bonferroni(0.5, 3), bonferroni(null, 3)]).toEqual([0.03, 1, null]);
});
