import { pairsForMean, pairsForSuccess } from "./power";

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

test("by hand: 0.6 against 0.8, independent: ψ = 0.44, (1.95996·0.66332 + 0.84162·0.63246)² / 0.04 = 84 pairs", () => {
  // (1.30007 + 0.53229)² / 0.04 = 83.94
  expect(pairsForSuccess(0.6, 0.8)).toBe(84);
  expect(pairsForSuccess(0.8, 0.6)).toBe(84);
});

test("pairs that agree more often need fewer episodes", () => {
  expect(pairsForSuccess(0.6, 0.8, { discordant: 0.2 })).toBeLessThan(pairsForSuccess(0.6, 0.8));
});

test("what cannot be is refused", () => {
  expect(() => pairsForSuccess(0.5, 0.5)).toThrow("not 0");
  expect(() => pairsForSuccess(0.5, 60)).toThrow("not 60");
  expect(() => pairsForSuccess(-0.1, 0.5)).toThrow("not -0.1");
  expect(() => pairsForSuccess(0.5, 0.9, { discordant: 0.3 })).toThrow("not 0.3");
  expect(() => pairsForSuccess(0.5, 0.9, { power: 1 })).toThrow("strictly between 0 and 1");
  expect(() => pairsForMean(1, 0)).toThrow("not 0");
});
