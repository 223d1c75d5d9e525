import { textWidth } from "./font";
import { BACKGROUND, type ChartSpec, frameOf, GRID, INK, MUTED, PADDING, WIDTH } from "./style";

/** One estimate of an interval chart. */
export interface IntervalRow {
  name: string;
  /** Second line under the name, in gray: how many episodes, and what played them. */
  note?: string;
  /** Null: there is nothing to draw, and `label` says why; or there is only a range. */
  mean: number | null;
  /** The range of a mean that is not known; `most` null: it has no upper end. */
  least?: number | null;
  most?: number | null;
  low: number | null;
  high: number | null;
  /** Printed at the right: the numbers. */
  label: string;
  color: string;
  /** The expert's value; a dashed line through the row marks it. */
  bound?: number | null;
}

/** A line that names the rows below it. */
export interface Heading {
  heading: string;
}

export interface IntervalChart {
  title: string;
  subtitle: readonly string[];
  /** What is on the x axis, with its unit. */
  axis: string;
  /** Heads the column of numbers. */
  column: string;
  rows: readonly (IntervalRow | Heading)[];
  /** Ends of the x axis; they move out where a bound lies beyond. */
  domain: readonly [number, number | null];
  /** d3-format of the axis' numbers. */
  format: string;
  /** Bars from 0, or points. */
  mark: "bar" | "point";
  /** Where to draw a dashed line, if anywhere. */
  reference?: number;
}

const NAME = 14;
const NOTE = 12;
const NUMBER = 13;
const GAP = 14;

/**
 * Names at the left, an estimate with its interval in the middle, the numbers at the right: one line a row,
 * in the order given.
 */
export function intervalChart(chart: IntervalChart): ChartSpec {
  const rows = chart.rows.filter(isEstimate);
  const left = widest([
    ...rows.map((row) => textWidth(row.name, NAME, "600")),
    ...rows.map((row) => textWidth(row.note ?? "", NOTE)),
  ]);
  const right = widest([
    textWidth(chart.column, NOTE),
    ...rows.map((row) => textWidth(row.label, NUMBER)),
  ]);
  const width = Math.max(280, WIDTH - 2 * PADDING - left - right - 2 * GAP);
  const twoLines = rows.some((row) => row.note !== undefined);
  const step = twoLines ? 46 : 26;
  const place = (shift = 0) => ({
    field: "line",
    type: "ordinal",
    axis: null,
    scale: { padding: 0 },
    bandPosition: 0.5 + shift / step,
  });
  const scale = { type: "quantitative", title: chart.axis, ...axis(chart) };
  const x = (field: string) => ({ field, ...scale });
  const color = { field: "color", type: "nominal", scale: null };
  const bounded = [{ filter: "isValid(datum.low)" }];
  const cap = (field: "low" | "high") => ({
    transform: bounded,
    mark: { type: "tick", color: INK, thickness: 1.5, size: 10 },
    encoding: { y: place(), x: x(field) },
  });
  const text = (field: string, at: number, shift: number, style: object) => ({
    transform: [{ filter: `isValid(datum.${field})` }],
    mark: { type: "text", baseline: "middle", ...style },
    encoding: { y: place(shift), x: { value: at }, text: { field } },
  });
  const fixed = (mark: object, encoding: object) => ({ data: { values: [{}] }, mark, encoding });
  const bar = {
    transform: [{ filter: "isValid(datum.mean)" }, { calculate: "0", as: "zero" }],
    mark: { type: "bar", height: 18 },
    encoding: { y: place(), x: x("zero"), x2: { field: "mean" }, color },
  };
  const point = {
    transform: [{ filter: "isValid(datum.mean)" }],
    mark: { type: "point", filled: true, size: 80, opacity: 1 },
    encoding: { y: place(), x: x("mean"), color },
  };
  const interval = {
    transform: bounded,
    mark: { type: "rule", color: INK, strokeWidth: 1.5 },
    encoding: { y: place(), x: x("low"), x2: { field: "high" } },
  };
  const range = (filter: string, to: object) => ({
    transform: [{ filter: `isValid(datum.least) && ${filter}` }],
    mark: { type: "rule", strokeWidth: chart.mark === "bar" ? 18 : 8, opacity: 0.35 },
    encoding: { y: place(), x: x("least"), x2: to, color },
  });
  const sure = {
    transform: [{ filter: "isValid(datum.least)" }, { calculate: "0", as: "zero" }],
    mark: { type: "bar", height: 18 },
    encoding: { y: place(), x: x("zero"), x2: { field: "least" }, color },
  };
  const ranges = rows.some((row) => typeof row.least === "number")
    ? [
        ...(chart.mark === "bar" ? [sure] : []),
        range("isValid(datum.most)", { field: "most" }),
        range("!isValid(datum.most)", { value: width }),
      ]
    : [];
  const whiskers = [interval, cap("low"), cap("high")];
  const reference = fixed(
    { type: "rule", color: INK, strokeDash: [4, 3] },
    { x: { datum: chart.reference, ...scale } },
  );
  const bounds = {
    transform: [{ filter: "isValid(datum.bound)" }],
    mark: { type: "rule", color: INK, strokeDash: [4, 3], strokeWidth: 1.5 },
    encoding: {
      x: x("bound"),
      y: { ...place(), bandPosition: 0 },
      y2: { field: "line", bandPosition: 1 },
    },
  };
  const edge = fixed(
    { type: "rule", color: GRID },
    { x: { value: 0 }, x2: { value: width }, y: { value: 0 } },
  );
  return {
    ...frameOf(chart.title, chart.subtitle, describe(chart.axis, chart.column, chart.rows)),
    width,
    height: { step },
    data: { values: chart.rows.map((row, line) => ({ ...row, line })) },
    layer: [
      ...(chart.reference === undefined ? [] : [reference]),
      ...ranges,
      ...(chart.mark === "bar" ? [bar, ...whiskers] : [...whiskers, point]),
      ...(rows.some((row) => typeof row.bound === "number") ? [bounds] : []),
      text("name", -GAP, twoLines ? -8 : 0, { align: "right", fontSize: NAME, fontWeight: 600 }),
      text("note", -GAP, 9, { align: "right", fontSize: NOTE, color: MUTED }),
      {
        transform: [{ filter: "isValid(datum.heading)" }],
        mark: { type: "bar", color: BACKGROUND, height: step },
        encoding: { y: place(), x: { value: -1 }, x2: { value: width + 2 } },
      },
      text("heading", -GAP - left, 3, { align: "left", fontSize: NUMBER, color: MUTED }),
      text("label", width + GAP, 0, { align: "left", fontSize: NUMBER }),
      fixed(
        { type: "text", align: "left", baseline: "bottom", fontSize: NOTE, color: MUTED },
        { x: { value: width + GAP }, y: { value: -4 }, text: { value: chart.column } },
      ),
      ...("heading" in chart.rows[0]! ? [] : [edge]),
    ],
  };
}

function isEstimate(row: IntervalRow | Heading): row is IntervalRow {
  return !("heading" in row);
}

/** The x axis: the domain asked for, moved out where an interval reaches further. */
function axis({ rows, domain, format, reference }: IntervalChart): object {
  const estimates = rows.filter(isEstimate);
  // A range without an upper end needs room to be seen.
  const open = estimates.flatMap(({ least, most }) =>
    typeof least === "number" && most === null ? [1.25 * least] : [],
  );
  const ends = estimates
    .flatMap((row) => [row.mean, row.least, row.most, row.low, row.high, row.bound, reference])
    .filter((end): end is number => typeof end === "number")
    .concat(open);
  const [from, to] = domain;
  const last = Math.max(...(to === null ? [] : [to]), ...ends);
  return {
    scale: {
      // subtle: with nothing to show, or only zeros, a domain would have no width.
      domain: [Math.min(from, ...ends), last > from ? last : from + 10],
      nice: to === null,
      zero: false,
    },
    axis: { format, tickCount: 5, grid: true, ...(format.endsWith("d") ? { tickMinStep: 1 } : {}) },
  };
}

function describe(axis: string, column: string, rows: readonly (IntervalRow | Heading)[]): string {
  const lines = rows.map((row) =>
    isEstimate(row)
      ? `${row.name}${row.note ? ` (${row.note})` : ""}: ${row.label}.`
      : `${row.heading}.`,
  );
  return [`${axis}, ${column}.`, ...lines].join(" ");
}

function widest(widths: readonly number[]): number {
  return Math.ceil(Math.max(...widths));
}
