import {
  betaCdf,
  binomialCdf,
  binomialChance,
  normalCdf,
  normalQuantile,
  studentTQuantile,
  studentTTwoSided,
} from "./distributions";

// Expected values: scipy 1.17.1, stats.norm.ppf, stats.t.ppf, 2 * stats.t.sf, stats.binom.
const near = (actual: number, expected: number, relative = 1e-9) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));

test.each([
  [1e-12, -7.034483825301131],
  [0.001, -3.090232306167813],
  [0.025, -1.9599639845400545],
  [0.2, -0.8416212335729142],
  [0.5, 0],
  [0.975, 1.959963984540054],
  [0.999999999, 5.997807019601637],
])("the normal quantile of %d is scipy's", (p, z) => near(normalQuantile(p), z, 1e-14));

test.each([
  [0.975, 1, 12.706204736174694],
  [0.975, 2, 4.302652729749462],
  [0.975, 19, 2.0930240544083087],
  [0.975, 99, 1.9842169515864174],
  [0.975, 59_999, 1.9600035238369327],
  [0.025, 7.5, -2.3330396268649745],
  [0.9995, 3, 12.923978636687961],
  [0.6, 10, 0.2601848294920803],
  [0.975, 0.5, 164.55767348048818],
])("the t quantile of %d with %d degrees of freedom is scipy's", (p, df, t) =>
  near(studentTQuantile(p, df), t),
);

test.each([
  [0.5, 3, 0.651447964848151],
  [-2.1, 19, 0.04931439824327345],
  [9, 99, 1.6567776573622916e-14],
  [40, 5, 1.8411962171772954e-7],
])("the two-sided tail of t = %d with %d degrees of freedom is scipy's", (t, df, p) =>
  near(studentTTwoSided(t, df), p),
);

test.each([
  [-6, 9.865876450376946e-10],
  [-2.5, 0.006209665325776132],
  [-0.3, 0.3820885778110474],
  [0, 0.5],
  [3.3, 0.9995165758576162],
  [9, 1],
])("P(Z <= %d) is scipy's", (z, p) => expect(normalCdf(z)).toBeCloseTo(p, 14));

test.each([
  [0, 5, 0.5, 0.03125, 0.03125],
  [40, 100, 0.5, 0.028443966820490444, 0.010843866711637978],
  [480, 1000, 0.5, 0.10872414660207075, 0.011340982371187717],
  [3, 20, 0.05, 0.9840984739802364, 0.05958214776873281],
  [77, 200, 0.4, 0.3607295213799289, 0.052692835367117566],
  [10, 10, 0.3, 1, 5.9049e-6],
])("P(X <= %d) and P(X = k) over %d trials at %d are scipy's", (k, n, p, atMost, exactly) => {
  near(binomialCdf(k, n, p), atMost);
  near(binomialChance(k, n, p), exactly);
});

test("at their ends distributions are their limits", () => {
  expect([betaCdf(0, 0, 3), betaCdf(0.9, 3, 0), betaCdf(1, 3, 0)]).toEqual([1, 0, 1]);
  expect([binomialCdf(-1, 5, 0.2), binomialChance(5, 5, 1), binomialChance(1, 5, 0)]).toEqual([
    0, 1, 0,
  ]);
});

test("the median is 0 and the two halves mirror each other", () => {
  expect(studentTQuantile(0.5, 7)).toBe(0);
  expect(studentTQuantile(0.1, 7)).toBe(-studentTQuantile(0.9, 7));
});

test.each([0, 1, -0.1, Number.NaN])("%d is no probability to invert", (p) => {
  expect(() => normalQuantile(p)).toThrow("strictly between 0 and 1");
  expect(() => studentTQuantile(p, 3)).toThrow("strictly between 0 and 1");
});

test("degrees of freedom are positive and finite", () => {
  expect(() => studentTQuantile(0.9, 0)).toThrow("not 0");
  expect(() => studentTTwoSided(1, Number.POSITIVE_INFINITY)).toThrow("not Infinity");
});
