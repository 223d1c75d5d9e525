import fc from "fast-check";
import type { EpisodeRow } from "../../queries/episodes";
import type { Cell, DataFrame } from "./danfojs";
import { frame } from "./frame";

test("values stand under their names whatever the order of keys, and what a row lacks is null", () => {
  const table = frame([
    { variant: "random", steps: 64 },
    { steps: 5, variant: "history" },
    { error: "429", variant: "baseline" },
  ]);
  expect(table.columns).toEqual(["variant", "steps", "error"]);
  expect(table.values).toEqual([
    ["random", 64, null],
    ["history", 5, null],
    ["baseline", null, "429"],
  ]);
  expect(frame([]).shape).toEqual([0, 0]);
});

test("whatever rows are given, each cell is found again by its row and name", () => {
  const cell = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.boolean());
  const name = fc.constantFrom("a", "b", "c", "constructor");
  const row = fc.dictionary(name, fc.option(cell), { minKeys: 1 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), (rows) => {
      const { columns, values } = frame(rows);
      expect(new Set(columns)).toEqual(new Set(rows.flatMap((given) => Object.keys(given))));
      rows.forEach((given, place) => {
        columns.forEach((column, i) => {
          const value = Object.hasOwn(given, column) ? given[column] : null;
          expect(values[place]![i]).toBe(value);
        });
      });
    }),
    { numRuns: 50 },
  );
});

test("rows of a run describe, group, sort and say what draws them, whatever is missing", () => {
  const table = frame([
    { variant: "b", run: "r", steps: null, success: null, error: null },
    { variant: "a", run: "r", steps: 7, success: true, error: null },
    { variant: "a", run: "r", steps: -3, success: false, error: null },
  ]);
  expect(table.describe().columns).toEqual(["steps", "success", "error"]);
  const grouped = table.groupby(["variant"]);
  expect(grouped.mean().columns).toEqual(["variant", "steps_mean", "success_mean", "error_mean"]);
  expect(grouped.col(["steps"]).mean().values).toEqual([
    ["b", null],
    ["a", 2],
  ]);
  expect(grouped.agg({ steps: "max" }).values).toEqual([
    ["b", null],
    ["a", 7],
  ]);
  const steps = (ascending: boolean) => table.sortValues("steps", { ascending }).column("steps");
  expect(steps(true).values).toEqual([-3, 7, null]);
  expect(steps(false).values).toEqual([7, -3, null]);
  expect(table.sortValues("variant").column("variant").values).toEqual(["a", "a", "b"]);
  expect(steps(true).mean()).toBe(2);
  expect(() => (table as unknown as { plot(id: string): void }).plot("div")).toThrow("showChart(");
});

const episode = (variant: string, seed: number, length: number | null, error: string | null) =>
  ({
    ...{ run: "run-1", variant, task: "goto", seed },
    episode_id: length === null && error === null ? null : `${variant}-${seed}`,
    success: length === null ? null : length < 64,
    episode_return: length === null ? null : length < 64 ? 0.5 : 0,
    progression: length === null ? null : Number(length < 64),
    episode_length: length,
    invalid_actions: length === null ? null : 0,
    ...{
      input_tokens: 100,
      output_tokens: 10,
      cached_input_tokens: 0,
      inferences: length ?? 3,
      error,
    },
  }) satisfies EpisodeRow;

/** As `lab.episodes` gives them: the failed one so late that its error is not seen in the first rows. */
const rows = [
  ...Array.from({ length: 25 }, (_, i) => episode("random", i, 64, null)),
  episode("random", 25, 10, null),
  episode("random", 26, null, "429"),
  episode("random", 27, null, null),
  ...[20, 21, 64].map((length, i) => episode("history", i, length, null)),
  episode("baseline", 0, null, null),
];

const column = ({ columns, values }: DataFrame, name: string) =>
  values.map((row) => row[columns.indexOf(name)]);

test("describe() takes what lab.episodes returns, missing values left out", () => {
  const described = frame(rows).describe();
  expect(described.columns).not.toContain("error");
  expect(described.columns).not.toContain("episode_id");
  const lengths = [...Array<number>(25).fill(64), 10, 20, 21, 64];
  const m = lengths.reduce((a, b) => a + b) / 29;
  const variance = lengths.reduce((a, b) => a + (b - m) ** 2, 0) / 28;
  const close = (value: number) => expect.closeTo(value, 9);
  expect(column(described, "episode_length")).toEqual(
    [29, m, Math.sqrt(variance), 10, 64, 64, variance].map(close),
  );
  expect(column(described, "success").slice(0, 2)).toEqual([29, close(3 / 29)]);
  expect(column(described, "invalid_actions")).toEqual([29, 0, 0, 0, 0, 0, 0]);
});

test.each<[string, Cell[], Cell[]]>([
  ["nulls", [null, null], [0, null, null, null, null, null, null]],
  ["one number", [null, 7], [1, 7, null, 7, 7, 7, null]],
  ["booleans", [true, false, null], [2, 0.5, Math.SQRT1_2, 0, 0.5, 1, Math.SQRT1_2 ** 2]],
])("describe() of a column of %s", (_, values, described) => {
  expect(column(frame(values.map((value) => ({ value }))).describe(), "value")).toEqual(described);
});

test("describe() without a column of numbers, or of mixed values, has no column", () => {
  expect(frame([{ a: "x" }, { a: 1 }, { a: null }]).describe().columns).toEqual([]);
});

interface Grouped {
  col(names: string[]): Record<
    "mean" | "count" | "sum" | "std" | "min" | "max",
    () => DataFrame
  > & {
    cumSum(): DataFrame;
  };
}

test("groupby leaves missing values out, and a group that has none else is null", () => {
  const by = (table: DataFrame) =>
    (table.groupby(["variant"]) as Grouped).col(["episode_length", "success"]);
  const grouped = by(frame(rows));
  expect(grouped.mean().values).toEqual([
    ["random", (25 * 64 + 10) / 26, 1 / 26],
    ["history", 35, 2 / 3],
    ["baseline", null, null],
  ]);
  expect(grouped.count().values).toEqual([
    ["random", 26, 26],
    ["history", 3, 3],
    ["baseline", 0, 0],
  ]);
  expect(grouped.min().values.map(([, length]) => length)).toEqual([10, 20, null]);
  expect(grouped.std().values.map(([, length]) => length)).toEqual([
    expect.any(Number),
    expect.closeTo(25.1197134, 6),
    null,
  ]);
  // What a frame makes is a frame like it.
  expect(by(frame(rows).head(3)).mean().values).toEqual([["random", 64, 0]]);
  expect(frame(rows).head(3).describe().columns).toContain("success");
});

test("a running sum goes on after a missing value", () => {
  const table = frame([1, null, 2].map((value) => ({ key: "a", value })));
  const sums = (table.groupby(["key"]) as Grouped).col(["value"]).cumSum();
  expect(column(sums, "value_cumsum")).toEqual([1, null, 3]);
});
