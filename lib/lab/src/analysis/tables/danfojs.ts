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
  groupby(columns: string[]): unknown;
  column(name: string): unknown;
  describe(): DataFrame;
  print(): void;
  toString(): string;
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
}

let loaded: DataFrameClass | undefined;

/**
 * danfojs-node's DataFrame, loaded on first use. subtle: its own `describe()` fails on a null, and its `groupby` counts a
 * null as 0 in a mean or fails; both are put right here, on the class, since what it returns is of that class again. As in
 * pandas, missing values are left out, and what nothing is known of is null.
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
  const grouped = new DataFrame([[0, 0]], { columns: ["key", "value"] }).groupby(["key"]) as object;
  const { prototype } = grouped.constructor as unknown as { prototype: Groupby };
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

function toNumber(value: Cell): Cell {
  return typeof value === "boolean" ? Number(value) : value;
}
