import fc from "fast-check";
import type { EpisodeRow } from "../queries/episodes";
import { compareVariants } from "./compare";
import { pairedDifference } from "./statistics/paired";

const episode = (variant: string, seed: number, length: number | null): EpisodeRow => ({
  run: "run-1",
  variant,
  task: "goto",
  seed,
  episode_id: `${variant}-${seed}`,
  success: length === null ? null : length < 64,
  episode_return: length === null ? null : length < 64 ? 1 - (0.9 * length) / 64 : 0,
  progression: null,
  episode_length: length,
  invalid_actions: 0,
  input_tokens: (length ?? 0) * 100,
  output_tokens: (length ?? 0) * 10,
  cached_input_tokens: 0,
  inferences: length ?? 0,
  error: length === null ? "429" : null,
});

const rows = [
  ...[64, 64, 10, 20, 64].map((length, i) => episode("baseline", 200 + i, length)),
  ...[8, 12, 10, 64, 9, 7].map((length, i) => episode("history", 200 + i, length)),
  episode("baseline", 206, 8),
];

test("pairs share task and seed; what has no counterpart is counted", () => {
  const [comparison, ...others] = compareVariants(rows, "success");
  expect(others).toEqual([]);
  // Seeds 200..204: only history solves 200, 201, 204; only baseline 203; both 202.
  expect(comparison).toMatchObject({
    a: "baseline",
    b: "history",
    difference: { n: 5, mean: 0.4, least: 0.4, most: 0.4 },
    differences: [1, 1, 0, -1, 1],
    unknown: 0,
    unpaired: 2,
  });
  // 2 P(X <= 1) over 4 fair tosses is 2 · 5/16.
  expect(comparison!.p).toBeCloseTo(0.625, 12);
});

test("by hand: lengths differ by -56, -52, 0, 44, -55: mean -23.8, t = -1.1923 on 4 degrees", () => {
  const [comparison] = compareVariants(rows, "episode_length");
  expect(comparison!.difference.mean).toBeCloseTo(-23.8, 12);
  // scipy 1.17.1: ttest_1samp([-56, -52, 0, 44, -55], 0).pvalue.
  expect(comparison!.p).toBeCloseTo(0.29903055376363924, 10);
});

test("a pair without an outcome leaves the range of the difference, and no test", () => {
  const open = [...rows, episode("baseline", 205, null), episode("history", 206, null)];
  const [success] = compareVariants(open, "success");
  // Of seven pairs three are won and one is lost; 205 may be won or not, 206 lost or not.
  const least = pairedDifference([{ both: 2, onlyA: 2, onlyB: 3, neither: 0 }]);
  const most = pairedDifference([{ both: 2, onlyA: 1, onlyB: 4, neither: 0 }]);
  expect(success).toMatchObject({
    difference: { n: 5, mean: null, low: least.low, high: most.high },
    ...{ differences: [], p: null, adjusted: null, unknown: 2, unpaired: 0 },
  });
  expect(success!.difference.least).toBeCloseTo(1 / 7, 12);
  expect(success!.difference.most).toBeCloseTo(3 / 7, 12);
  const [episodeReturn] = compareVariants(open, "episode_return");
  const sum = rows
    .slice(0, 10)
    .reduce((total, row, i) => total + (i < 5 ? -1 : 1) * row.episode_return!, 0);
  const [of205, of206] = [rows[10]!.episode_return!, rows[11]!.episode_return!];
  expect(episodeReturn!.difference.least).toBeCloseTo((sum + of205 - 1 - of206) / 7, 12);
  expect(episodeReturn!.difference.most).toBeCloseTo((sum + of205 + 1 - of206) / 7, 12);
  expect(compareVariants(open, "input_tokens")).toMatchObject([
    { difference: { mean: null, least: null, most: null }, p: null, unknown: 2 },
  ]);
});

test("every two variants are compared, later ones against earlier, with Bonferroni's correction over all", () => {
  const three = [
    ...rows,
    ...[64, 64, 64, 64, 64].map((length, i) => episode("random", 200 + i, length)),
  ];
  const comparisons = compareVariants(three, "episode_return");
  expect(comparisons.map(({ a, b }) => [a, b])).toEqual([
    ["random", "baseline"],
    ["random", "history"],
    ["baseline", "history"],
  ]);
  for (const { p, adjusted } of comparisons) {
    expect(adjusted).toBeCloseTo(Math.min(1, 3 * p!), 12);
  }
});

test("intervals leave out 0 exactly where the corrected p is at most 0.05, on any rows and for every quantity", () => {
  const length = fc.constantFrom(...[5, 20, 40].flatMap((steps) => [steps, 64, 64, 64]), null);
  const ofVariant = fc.array(length, { minLength: 10, maxLength: 14 });
  const quantities = ["success", "episode_return", "episode_length", "input_tokens"] as const;
  let apart = 0;
  fc.assert(
    fc.property(fc.array(ofVariant, { minLength: 2, maxLength: 3 }), (lengths) => {
      // Later variants end sooner, so that some differences are plain; tasks have unequal numbers.
      const all = lengths.flatMap((own, v) =>
        own.map((length, i) => ({
          ...episode(`v${v}`, 200 + i, v === 2 && length !== null ? 2 + (i % 3) : length),
          task: i < 5 ? "goto" : "open",
        })),
      );
      for (const quantity of quantities) {
        for (const { difference, p, adjusted } of compareVariants(all, quantity)) {
          if (p === null || difference.low === null) continue;
          const isOff0 = difference.low > 0 || difference.high! < 0;
          expect(isOff0).toBe(adjusted! <= 0.05);
          apart += Number(isOff0);
        }
      }
    }),
    { numRuns: 12, seed: 5 },
  );
  expect(apart).toBeGreaterThan(0);
});

test("tasks weigh the same: winning both pairs of a small task and none of a large one is half", () => {
  const many = Array.from({ length: 20 }, (_, i) => 200 + i);
  const on = (task: string, variant: string, seeds: readonly number[], length: number) =>
    seeds.map((seed) => ({ ...episode(variant, seed, length), task }));
  const uneven = [
    ...on("goto", "baseline", many, 10),
    ...on("goto", "history", many, 10),
    ...on("open", "baseline", [1, 2], 64),
    ...on("open", "history", [1, 2], 10),
  ];
  for (const quantity of ["success", "episode_length"] as const) {
    const mean = compareVariants(uneven, quantity)[0]!.difference.mean;
    expect(mean).toBeCloseTo(quantity === "success" ? 0.5 : -27, 12);
  }
});

test("variants without a common world have no difference and no test", () => {
  const apart = [episode("baseline", 1, 5), episode("history", 2, 5)];
  for (const quantity of ["success", "input_tokens"] as const) {
    expect(compareVariants(apart, quantity)).toMatchObject([
      { difference: { n: 0, mean: null }, p: null, adjusted: null, unpaired: 2 },
    ]);
  }
});

test("two episodes of a variant on one seed are refused", () => {
  expect(() => compareVariants([...rows, episode("history", 200, 5)], "success")).toThrow(
    "history has two episodes on goto, seed 200",
  );
});
