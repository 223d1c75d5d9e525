import { fitText, textWidth } from "./font";
import { BACKGROUND, type ChartSpec, frameOf, GRID, INK, MUTED, PADDING, WIDTH } from "./style";

/** One estimate of an interval chart. */
export interface IntervalRow {
  name: string;
  /** Second line under the name, in gray: how many episodes. */
  note?: string;
  /** Before the note, and cut where there is no room for both: what played the episodes. */
  who?: string;
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
  /** Whose episodes these are, for a page that leads from the chart to them; two variants where the row compares them. */
  episodes?: { variants: readonly string[]; task: string | null };
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
/** The narrowest that the middle may be. */
const PLOT = 280;

/**
 * Names at the left, an estimate with its interval in the middle, the numbers at the right: one line a row,
 * in the order given.
 */
export function intervalChart(chart: IntervalChart): ChartSpec {
  const frame = layout(chart);
  const { width, step } = frame;
  const axis = xAxis(chart);
  const x = (field: string) => ({ field, ...axis });
  const plot = { ...frame, x, place: placeOf(step) };
  const estimates = chart.mark === "bar" ? barLayers(plot) : pointLayers(plot);
  return {
    ...frameOf(chart.title, chart.subtitle, describe(chart)),
    width,
    height: { step },
    data: { values: frame.rows.map((row, line) => ({ ...row, line })) },
    layer: [
      ...(chart.reference === undefined
        ? []
        : [referenceLine({ datum: chart.reference, ...axis })]),
      ...rangeLayers(chart, plot),
      ...estimates,
      ...boundLayers(plot),
      ...textLayers(chart, plot),
      ...(chart.rows.some((row) => !isEstimate(row)) ? [] : [edge(width)]),
    ],
  };
}

interface Layout {
  rows: readonly (IntervalRow | Heading)[];
  /** Pixels of the names, and of the plot. */
  left: number;
  width: number;
  /** Pixels of a row; with two lines of text there are notes. */
  step: number;
  twoLines: boolean;
}

interface Plot extends Layout {
  /** The x channel of a field. */
  x: (field: string) => object;
  /** The y channel, a row's middle shifted by pixels. */
  place: (shift?: number) => object;
}

/** The room is shared: the numbers stand whole, long names give way where else the middle would be too narrow. */
function layout(chart: IntervalChart): Layout {
  const estimates = chart.rows.filter(isEstimate);
  const right = widest([
    textWidth(chart.column, NOTE),
    ...estimates.map((row) => textWidth(row.label, NUMBER)),
  ]);
  const whole = WIDTH - 2 * PADDING - right - 2 * GAP;
  const room = Math.max(NAME, whole - PLOT);
  const rows = chart.rows.map((row) => (isEstimate(row) ? fitRow(row, room) : row));
  const left = widest(
    rows
      .filter(isEstimate)
      .flatMap(({ name, note = "" }) => [textWidth(name, NAME, "600"), textWidth(note, NOTE)]),
  );
  const twoLines = estimates.some((row) => row.note !== undefined);
  return { rows, left, width: Math.max(PLOT, whole - left), step: twoLines ? 46 : 26, twoLines };
}

function fitRow({ who, ...row }: IntervalRow, room: number): IntervalRow {
  const name = fitText(row.name, room, NAME, "600");
  if (who === undefined) return { ...row, name };
  const note = ` · ${row.note}`;
  const rest = room - textWidth(note, NOTE);
  return { ...row, name, note: `${fitText(who, rest, NOTE)}${note}` };
}

const placeOf =
  (step: number) =>
  (shift = 0) => ({
    field: "line",
    type: "ordinal",
    axis: null,
    scale: { padding: 0 },
    bandPosition: 0.5 + shift / step,
  });

const color = { field: "color", type: "nominal", scale: null };
const isValid = (field: string) => ({ filter: `isValid(datum.${field})` });
const fromZero = { calculate: "0", as: "zero" };
const fixed = (mark: object, encoding: object) => ({ data: { values: [{}] }, mark, encoding });

function barLayers({ x, place }: Plot): object[] {
  const bar = {
    transform: [isValid("mean"), fromZero],
    mark: { type: "bar", height: 18 },
    encoding: { y: place(), x: x("zero"), x2: { field: "mean" }, color },
  };
  return [bar, ...whiskers({ x, place })];
}

function pointLayers({ x, place }: Plot): object[] {
  const point = {
    transform: [isValid("mean")],
    mark: { type: "point", filled: true, size: 80, opacity: 1 },
    encoding: { y: place(), x: x("mean"), color },
  };
  return [...whiskers({ x, place }), point];
}

function whiskers({ x, place }: Pick<Plot, "x" | "place">): object[] {
  const cap = (field: "low" | "high") => ({
    transform: [isValid("low")],
    mark: { type: "tick", color: INK, thickness: 1.5, size: 10 },
    encoding: { y: place(), x: x(field) },
  });
  const interval = {
    transform: [isValid("low")],
    mark: { type: "rule", color: INK, strokeWidth: 1.5 },
    encoding: { y: place(), x: x("low"), x2: { field: "high" } },
  };
  return [interval, cap("low"), cap("high")];
}

/** Pale: where a mean that is not known would lie; to the plot's end where nothing bounds it. */
function rangeLayers({ mark }: IntervalChart, { rows, width, x, place }: Plot): object[] {
  if (!rows.some((row) => isEstimate(row) && typeof row.least === "number")) return [];
  const range = (filter: string, to: object) => ({
    transform: [{ filter: `isValid(datum.least) && ${filter}` }],
    mark: { type: "rule", strokeWidth: mark === "bar" ? 18 : 8, opacity: 0.35 },
    encoding: { y: place(), x: x("least"), x2: to, color },
  });
  const sure = {
    transform: [isValid("least"), fromZero],
    mark: { type: "bar", height: 18 },
    encoding: { y: place(), x: x("zero"), x2: { field: "least" }, color },
  };
  return [
    ...(mark === "bar" ? [sure] : []),
    range("isValid(datum.most)", { field: "most" }),
    range("!isValid(datum.most)", { value: width }),
  ];
}

function referenceLine(x: object): object {
  return fixed({ type: "rule", color: INK, strokeDash: [4, 3] }, { x });
}

function boundLayers({ rows, x, place }: Plot): object[] {
  if (!rows.some((row) => isEstimate(row) && typeof row.bound === "number")) return [];
  return [
    {
      transform: [isValid("bound")],
      mark: { type: "rule", color: INK, strokeDash: [4, 3], strokeWidth: 1.5 },
      encoding: {
        x: x("bound"),
        y: { ...place(), bandPosition: 0 },
        y2: { field: "line", bandPosition: 1 },
      },
    },
  ];
}

function textLayers({ column }: IntervalChart, plot: Plot): object[] {
  const { left, width, step, twoLines, place } = plot;
  const text = (field: string, at: number, shift: number, style: object) => ({
    transform: [isValid(field)],
    mark: { type: "text", baseline: "middle", ...style },
    encoding: { y: place(shift), x: { value: at }, text: { field } },
  });
  const behindHeading = {
    transform: [isValid("heading")],
    mark: { type: "bar", color: BACKGROUND, height: step },
    encoding: { y: place(), x: { value: -1 }, x2: { value: width + 2 } },
  };
  const columnHead = fixed(
    { type: "text", align: "left", baseline: "bottom", fontSize: NOTE, color: MUTED },
    { x: { value: width + GAP }, y: { value: -4 }, text: { value: column } },
  );
  return [
    text("name", -GAP, twoLines ? -8 : 0, { align: "right", fontSize: NAME, fontWeight: 600 }),
    text("note", -GAP, 9, { align: "right", fontSize: NOTE, color: MUTED }),
    behindHeading,
    text("heading", -GAP - left, 3, { align: "left", fontSize: NUMBER, color: MUTED }),
    text("label", width + GAP, 0, { align: "left", fontSize: NUMBER }),
    columnHead,
  ];
}

function edge(width: number): object {
  return fixed(
    { type: "rule", color: GRID },
    { x: { value: 0 }, x2: { value: width }, y: { value: 0 } },
  );
}

function isEstimate(row: IntervalRow | Heading): row is IntervalRow {
  return !("heading" in row);
}

/** The x axis: the domain asked for, moved out where an interval reaches further. */
function xAxis({ rows, axis: title, domain, format, reference }: IntervalChart): object {
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
  const scale = {
    // subtle: with nothing to show, or only zeros, a domain would have no width.
    domain: [Math.min(from, ...ends), last > from ? last : from + 10],
    nice: to === null,
    zero: false,
  };
  const whole = format.endsWith("d") ? { tickMinStep: 1 } : {};
  const axis = { format, tickCount: 5, grid: true, ...whole };
  return { type: "quantitative", title, scale, axis };
}

/** With the names whole. */
function describe({ axis, column, rows }: IntervalChart): string {
  const lines = rows.map((row) =>
    isEstimate(row) ? `${row.name}${inBrackets(row)}: ${row.label}.` : `${row.heading}.`,
  );
  return [`${axis}, ${column}.`, ...lines].join(" ");
}

function inBrackets({ who, note }: IntervalRow): string {
  if (note === undefined) return "";
  return who === undefined ? ` (${note})` : ` (${who} · ${note})`;
}

function widest(widths: readonly number[]): number {
  return Math.ceil(Math.max(...widths));
}
