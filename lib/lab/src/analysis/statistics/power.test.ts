import fc from "fast-check";
import { mcnemarPower, pairsForMean, pairsForSuccess } from "./power";

test.each([
  // statsmodels 0.15.0, TTestPower().solve_power(d, alpha=0.05, power): 198.15, 264.61, 33.37, 44.00, 9.94.
  [0.2, 0.8, 199],
  [0.2, 0.9, 265],
  [0.5, 0.8, 34],
  [0.5, 0.9, 44],
  [1, 0.8, 10],
])("a difference of %d sd with power %d needs statsmodels' number of pairs", (d, power, n) => {
  expect(pairsForMean(d, 1, power)).toBe(n);
  expect(pairsForMean(-10 * d, 10, power)).toBe(n);
});

test.each([
  // scipy 1.17.1, summed over m: the exact test's power at these n and at one pair less; Connor's n would be 84, 23, 202, 140, 47.
  [0.6, 0.8, undefined, 91, 0.8011, 0.7958],
  [0.8, 0.6, undefined, 91, 0.8011, 0.7958],
  [0.5, 0.9, undefined, 25, 0.8202, 0.7994],
  [0.1, 0.2, undefined, 215, 0.8009, 0.7989],
  [0.9, 0.98, undefined, 148, 0.8028, 0.7995],
  [0.6, 0.8, 0.25, 50, 0.8083, 0.7979],
])(
  "%d against %d with %d discordant needs the pairs at which the exact test has its power",
  (a, b, discordant, n, power, less) => {
    expect(pairsForSuccess(a, b, { discordant })).toBe(n);
    const psi = discordant ?? a * (1 - b) + b * (1 - a);
    const powerOf = mcnemarPower(psi, (psi + Math.abs(b - a)) / (2 * psi));
    expect(powerOf(n)).toBeCloseTo(power, 4);
    expect(powerOf(n - 1)).toBeCloseTo(less, 4);
  },
);

test("the promised power holds from there on", () => {
  const rate = fc.integer({ min: 0, max: 20 }).map((twentieths) => twentieths / 20);
  fc.assert(
    fc.property(rate, rate, fc.constantFrom(0.5, 0.8, 0.95), (a, b, power) => {
      fc.pre(a < b);
      const n = pairsForSuccess(a, b, { power });
      const psi = a * (1 - b) + b * (1 - a);
      const powerOf = mcnemarPower(psi, Math.min(1, (psi + b - a) / (2 * psi)));
      for (let more = 0; more <= 40; more++)
        expect(powerOf(n + more)).toBeGreaterThanOrEqual(power);
    }),
    { numRuns: 20 },
  );
});

test("where b solves all that a does, each pair that differs counts: 6 heads in a row reject", () => {
  expect(pairsForSuccess(0, 1)).toBe(6);
});

// The numbers are those of a search down from twice as many, which takes minutes for smaller differences.
test.each([
  [0.3, 0.31, undefined, 33_474],
  [0.5, 0.55, 1, 3213], // where all pairs differ, the power goes up and down most
])("%d against %d is found from not far above", (a, b, discordant, n) => {
  expect(pairsForSuccess(a, b, { discordant })).toBe(n);
});

test("pairs that agree more often need fewer episodes", () => {
  expect(pairsForSuccess(0.6, 0.8, { discordant: 0.2 })).toBeLessThan(pairsForSuccess(0.6, 0.8));
});

test("what cannot be is refused", () => {
  expect(() => pairsForSuccess(0.5, 0.5)).toThrow("not 0");
  expect(() => pairsForSuccess(0.5, 60)).toThrow("not 60");
  expect(() => pairsForSuccess(-0.1, 0.5)).toThrow("not -0.1");
  expect(() => pairsForSuccess(0.5, 0.9, { discordant: 0.3 })).toThrow("not 0.3");
  expect(() => pairsForSuccess(0.5, 0.9, { power: 1 })).toThrow(
    "the power lies strictly between 0 and 1, not 1",
  );
  expect(() => pairsForMean(1, 2, Number.NaN)).toThrow("not NaN");
  expect(() => pairsForMean(1, 0)).toThrow("not 0");
});
