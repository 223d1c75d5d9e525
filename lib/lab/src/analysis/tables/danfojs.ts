import { AnalysisError } from "../statistics/errors";
import { mean } from "../statistics/statistics";

/** A value that fits in one cell of a table. */
export type Cell = string | number | boolean | null;

/**
 * What a notebook needs of danfojs-node's DataFrame; the whole class is there at run time.
 * Declared here because a tslab cell cannot see that package's types.
 */
export interface DataFrame {
  readonly columns: string[];
  /** [rows, columns]. */
  readonly shape: [number, number];
  readonly values: Cell[][];
  head(rows?: number): DataFrame;
  sortValues(column: string, options?: { ascending?: boolean }): DataFrame;
  query(condition: unknown): DataFrame;
  loc(selection: { rows?: unknown[]; columns?: string[] }): DataFrame;
  groupby(columns: string[]): GroupedFrame;
  column(name: string): Column;
  describe(): DataFrame;
  print(): void;
  toString(): string;
}

/** Rows of a DataFrame, grouped. What is computed of all columns leaves out those of text. */
export interface GroupedFrame {
  /** These columns alone. */
  col(names: string[]): GroupedFrame;
  count(): DataFrame;
  sum(): DataFrame;
  mean(): DataFrame;
  std(): DataFrame;
  var(): DataFrame;
  min(): DataFrame;
  max(): DataFrame;
  cumSum(): DataFrame;
  /** `agg({ episode_return: ["mean", "max"], seed: "count" })` */
  agg(operations: Readonly<Record<string, string | string[]>>): DataFrame;
}

/** A column of a DataFrame; missing values are left out. */
export interface Column {
  readonly values: Cell[];
  readonly dtype: string;
  count(): number;
  sum(): number;
  mean(): number;
  median(): number;
  std(): number;
  min(): number;
  max(): number;
  unique(): Column;
  print(): void;
}

interface Options {
  columns?: string[];
  dtypes?: string[];
  index?: string[];
}

export type DataFrameClass = new (
  data: readonly (readonly Cell[])[] | Readonly<Record<string, readonly Cell[]>>,
  options?: Options,
) => DataFrame & { readonly dtypes: string[] };

interface Groupby {
  groupMathLog(values: readonly Cell[], operation: string): Cell[];
  col(names?: readonly string[]): Groupby;
  readonly columnName: readonly string[];
  readonly colDtype: readonly string[];
  readonly colIndex: readonly number[];
}

interface Sortable extends DataFrame {
  iloc(selection: { rows: number[] }): DataFrame;
}

let loaded: DataFrameClass | undefined;

/**
 * danfojs-node's DataFrame, loaded on first use. subtle: its own `describe()` fails on a null, and its `groupby` counts a
 * null as 0 in a mean or fails, and fails on a text; `sortValues` sorts a null as 0; `plot` wants a browser. All are put right here,
 * on the class, since what it returns is of that class again. As in pandas, missing values are left out or come last, and what
 * nothing is known of is null.
 */
export function danfojs(): DataFrameClass {
  if (loaded !== undefined) return loaded;
  const { DataFrame } = require("danfojs-node") as { DataFrame: DataFrameClass };
  DataFrame.prototype.describe = function (this: InstanceType<DataFrameClass>) {
    const columns = this.columns.flatMap((name, place) =>
      this.dtypes[place] === "string"
        ? []
        : [[name, describe(this.values.map((row) => row[place]!))] as const],
    );
    if (columns.length === 0) return new DataFrame([]);
    return new DataFrame(Object.fromEntries(columns), { index: [...STATISTICS] });
  };
  const { sortValues } = DataFrame.prototype;
  const prototypeOfFrame = DataFrame.prototype as DataFrame & { plot(): never };
  prototypeOfFrame.sortValues = function (this: Sortable, column, options = {}) {
    const place = this.columns.indexOf(column);
    if (place < 0 || "inplace" in options) return sortValues.call(this, column, options);
    const sign = options.ascending === false ? -1 : 1;
    const cells = this.values.map((row) => row[place] ?? null);
    const rows = [...cells.keys()].sort((i, j) => sign * order(cells[i]!, cells[j]!) || 0);
    const [known, missing] = [
      rows.filter((i) => isKnown(cells[i])),
      rows.filter((i) => !isKnown(cells[i])),
    ];
    return this.iloc({ rows: [...known, ...missing] });
  };
  prototypeOfFrame.plot = () => {
    throw new AnalysisError(
      "A DataFrame plots in a browser's page alone. Here charts are drawn from rows, as in showChart(successRate(rows)), or from any Vega-Lite spec: showChart({ data: { values: rows }, … }).",
    );
  };
  const grouped = new DataFrame([[0, 0]], { columns: ["key", "value"] }).groupby(["key"]) as object;
  const { prototype } = grouped.constructor as unknown as { prototype: Groupby };
  const { col } = prototype;
  prototype.col = function (names) {
    const { columnName, colDtype, colIndex } = this;
    const isOther = (_: string, i: number) => colDtype[i] !== "string" && !colIndex.includes(i);
    return col.call(this, names ?? columnName.filter(isOther));
  };
  const compute = prototype.groupMathLog;
  prototype.groupMathLog = function (values, operation) {
    const known = values.filter(isKnown).map(toNumber);
    const results = known.length > 0 ? compute.call(this, known, operation) : [];
    if (operation.startsWith("cum")) {
      let next = 0;
      return values.map((value) => (isKnown(value) ? results[next++]! : null));
    }
    return results.length > 0 ? results : [operation === "count" ? 0 : null];
  };
  loaded = DataFrame;
  return DataFrame;
}

const STATISTICS = ["count", "mean", "std", "min", "median", "max", "variance"] as const;

function describe(values: readonly Cell[]): (number | null)[] {
  const known = (values.filter(isKnown).map(toNumber) as number[]).sort((a, b) => a - b);
  const { n, mean: m, sd } = mean(known);
  const [below, above] = [known[Math.floor((n - 1) / 2)], known[Math.floor(n / 2)]];
  const median = below === undefined || above === undefined ? null : (below + above) / 2;
  return [n, m, sd, known[0] ?? null, median, known.at(-1) ?? null, sd === null ? null : sd ** 2];
}

/** Of a column: numbers and booleans keep their type where values are missing; what is mixed counts as text. */
export function dtypeOf(values: readonly Cell[]): string {
  const known = values.filter(isKnown);
  if (known.length > 0 && known.every((value) => typeof value === "boolean")) return "boolean";
  if (!known.every((value) => typeof value === "number")) return "string";
  return known.length > 0 && known.length === values.length && known.every(Number.isInteger)
    ? "int32"
    : "float32";
}

function isKnown(value: Cell | undefined): boolean {
  return value !== null && value !== undefined && !Number.isNaN(value);
}

/** Of known values: texts by their characters' numbers, all others by size. */
function order(a: Cell, b: Cell): number {
  const [left, right] = [a, b].map((cell) => (cell === null ? "" : toNumber(cell)));
  return left! < right! ? -1 : left! > right! ? 1 : 0;
}

function toNumber(value: Cell): Cell {
  return typeof value === "boolean" ? Number(value) : value;
}
