import { fitText, textWidth, wrapText } from "../text/font";
import {
  BACKGROUND,
  type ChartSpec,
  frameOf,
  GRID,
  INK,
  laidOut,
  MUTED,
  type Space,
} from "./style";

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
 * in the order given. Where it is narrow, the names stand above the estimates and the numbers below.
 */
export function intervalChart(chart: IntervalChart): ChartSpec {
  return laidOut((space) => intervalSpec(chart, space));
}

function intervalSpec(chart: IntervalChart, space: Space): ChartSpec {
  const frame = space.isNarrow ? narrowLayout(chart, space) : layout(chart, space);
  const { width, step } = frame;
  const axis = xAxis(chart, width);
  const x = (field: string) => ({ field, ...axis });
  const place = placeOf(step);
  const band = (shift: number, height: number) => ({
    y: place(shift - height / 2),
    y2: { field: "line", bandPosition: 0.5 + (shift + height / 2) / step },
  });
  const plot = { ...frame, x, place, band, estimate: place(frame.shifts.estimate) };
  const estimates = chart.mark === "bar" ? barLayers(plot) : pointLayers(plot);
  return {
    ...frameOf(space, chart.title, chart.subtitle, describe(chart)),
    width,
    height: { step },
    data: { values: frame.rows.map((row, line) => ({ ...row, line })) },
    layer: [
      ...(chart.reference === undefined
        ? []
        : [referenceLine({ datum: chart.reference, ...axis })]),
      ...(space.isNarrow ? [behindTexts(plot)] : []),
      ...rangeLayers(chart, plot),
      ...estimates,
      ...boundLayers(plot),
      ...textLayers(chart, plot),
      ...(chart.rows.some((row) => !isEstimate(row)) ? [] : [edge(width)]),
    ],
  };
}

interface Layout {
  rows: readonly ((IntervalRow & { tooltip: string }) | Heading)[];
  isNarrow: boolean;
  /** Pixels of the names, and of the plot. */
  left: number;
  width: number;
  /** Pixels of a row. */
  step: number;
  /** Pixels from a row's middle to those of its parts. */
  shifts: { name: number; note: number; estimate: number; label: number; heading: number };
}

interface Plot extends Layout {
  /** The x channel of a field. */
  x: (field: string) => object;
  /** The y channel, a row's middle shifted by pixels. */
  place: (shift?: number) => object;
  /** The y channels of so many pixels around such a place. */
  band: (shift: number, height: number) => object;
  /** The y channel of the estimates. */
  estimate: object;
}

/** The room is shared: the numbers stand whole, long names give way where else the middle would be too narrow. */
function layout(chart: IntervalChart, space: Space): Layout {
  const estimates = chart.rows.filter(isEstimate);
  const right = widest([
    textWidth(chart.column, NOTE),
    ...estimates.map((row) => textWidth(row.label, NUMBER)),
  ]);
  const whole = space.width - right - 2 * GAP;
  const plot = Math.min(PLOT, space.width / 3);
  const room = Math.max(6 * NAME, whole - plot);
  const rows = chart.rows.map((row) => (isEstimate(row) ? fitRow(row, room) : row));
  const left = widest(
    rows.flatMap((row) =>
      isEstimate(row) ? [textWidth(row.name, NAME, "600"), textWidth(row.note ?? "", NOTE)] : [],
    ),
  );
  const twoLines = estimates.some((row) => row.note !== undefined);
  return {
    ...{ rows, left, isNarrow: false, step: twoLines ? 46 : 26 },
    width: Math.max(plot / 2, whole - left),
    shifts: { name: twoLines ? -8 : 0, note: 9, estimate: 0, label: 0, heading: 3 },
  };
}

const LINE = 17;
/** Of a bar and the space around it. */
const ESTIMATE = 26;
/** The widest of the axis. */
const AXIS_NUMBER = 32;

/** Each in lines of its own: name, note, estimate, numbers. */
function narrowLayout(chart: IntervalChart, space: Space): Layout {
  // Half of the axis' first number stands beside the plot, and half of its last.
  const width = space.width - AXIS_NUMBER / 2;
  const rows = chart.rows.map((row) =>
    isEstimate(row)
      ? { ...fitRow(row, width), label: fitText(row.label, width, NUMBER) }
      : { heading: wrapText(row.heading, width, NUMBER).join("\n") },
  );
  const notes = Number(chart.rows.some((row) => isEstimate(row) && row.note !== undefined));
  const texts = (1 + notes) * LINE;
  const step = texts + ESTIMATE + LINE + 16;
  const top = 8 - step / 2;
  return {
    ...{ rows, left: -GAP, isNarrow: true, step },
    width: width - AXIS_NUMBER,
    shifts: {
      ...{ name: top + LINE / 2, note: top + 1.5 * LINE, estimate: top + texts + ESTIMATE / 2 },
      label: top + texts + ESTIMATE + LINE / 2,
      heading: -step / 2 + 22,
    },
  };
}

function fitRow({ who, ...row }: IntervalRow, room: number): IntervalRow & { tooltip: string } {
  const name = fitText(row.name, room, NAME, "600");
  const tooltip = `${row.name}${inBrackets({ ...row, who })}: ${row.label}`;
  if (who === undefined) {
    return { ...row, name, tooltip, ...(row.note && { note: fitText(row.note, room, NOTE) }) };
  }
  const note = ` · ${row.note}`;
  const rest = room - textWidth(note, NOTE);
  return { ...row, name, tooltip, note: fitText(`${fitText(who, rest, NOTE)}${note}`, room, NOTE) };
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

const tooltip = { description: { field: "tooltip" } };

function barLayers(plot: Plot): object[] {
  const { x, band, shifts } = plot;
  const bar = {
    transform: [isValid("mean"), fromZero],
    mark: { type: "rect", aria: true },
    encoding: {
      ...band(shifts.estimate, 18),
      x: x("zero"),
      x2: { field: "mean" },
      color,
      ...tooltip,
    },
  };
  return [bar, ...whiskers(plot)];
}

function pointLayers(plot: Plot): object[] {
  const { x, estimate } = plot;
  const point = {
    transform: [isValid("mean")],
    mark: { type: "point", filled: true, size: 80, opacity: 1, aria: true },
    encoding: { y: estimate, x: x("mean"), color, ...tooltip },
  };
  return [...whiskers(plot), point];
}

function whiskers({ x, estimate, band, shifts }: Plot): object[] {
  const drawn = { type: "rule", color: INK, strokeWidth: 1.5 };
  const cap = (field: "low" | "high") => ({
    transform: [isValid("low")],
    mark: drawn,
    encoding: { ...band(shifts.estimate, 10), x: x(field) },
  });
  const interval = {
    transform: [isValid("low")],
    mark: drawn,
    encoding: { y: estimate, x: x("low"), x2: { field: "high" } },
  };
  return [interval, cap("low"), cap("high")];
}

/** Pale: where a mean that is not known would lie; to the plot's end where nothing bounds it. */
function rangeLayers(
  { mark }: IntervalChart,
  { rows, width, x, estimate, band, shifts }: Plot,
): object[] {
  if (!rows.some((row) => isEstimate(row) && typeof row.least === "number")) return [];
  const range = (filter: string, to: object) => ({
    transform: [{ filter: `isValid(datum.least) && ${filter}` }],
    mark: { type: "rule", strokeWidth: mark === "bar" ? 18 : 8, opacity: 0.35 },
    encoding: { y: estimate, x: x("least"), x2: to, color },
  });
  const sure = {
    transform: [isValid("least"), fromZero],
    mark: { type: "rect", aria: true },
    encoding: {
      ...band(shifts.estimate, 18),
      x: x("zero"),
      x2: { field: "least" },
      color,
      ...tooltip,
    },
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

function boundLayers({ rows, x, isNarrow, band, step, shifts }: Plot): object[] {
  if (!rows.some((row) => isEstimate(row) && typeof row.bound === "number")) return [];
  return [
    {
      transform: [isValid("bound")],
      mark: { type: "rule", color: INK, strokeDash: [4, 3], strokeWidth: 1.5 },
      encoding: { x: x("bound"), ...band(shifts.estimate, isNarrow ? 28 : step) },
    },
  ];
}

/** Hides the grid behind what stands above and below the estimates. */
function behindTexts({ band, width, step, shifts }: Plot): object {
  const above = shifts.estimate - 14 + step / 2;
  const hide = (shift: number, height: number) => ({
    mark: { type: "rect", color: BACKGROUND },
    encoding: { ...band(shift, height), x: { value: -1 }, x2: { value: width + 2 } },
  });
  return {
    layer: [hide(-step / 2 + above / 2, above), hide(shifts.label, LINE), hide(step / 2 - 5, 10)],
  };
}

function textLayers({ column }: IntervalChart, plot: Plot): object[] {
  const { left, width, step, place, isNarrow, shifts } = plot;
  const text = (field: string, at: number, shift: number, style: object) => ({
    transform: [isValid(field)],
    mark: { type: "text", baseline: "middle", ...style },
    encoding: { y: place(shift), x: { value: at }, text: { field } },
  });
  const name = isNarrow ? { at: 0, align: "left" } : { at: -GAP, align: "right" };
  const right = isNarrow ? 0 : width + GAP;
  const named = text("name", name.at, shifts.name, {
    ...{ align: name.align, fontSize: NAME, fontWeight: 600, aria: true },
  });
  const behindHeading = {
    transform: [isValid("heading")],
    mark: { type: "bar", color: BACKGROUND, height: step },
    encoding: { y: place(), x: { value: -1 }, x2: { value: width + 2 } },
  };
  const columnHead = fixed(
    { type: "text", align: "left", baseline: "bottom", fontSize: NOTE, color: MUTED },
    { x: { value: right }, y: { value: -4 }, text: { value: column } },
  );
  return [
    { ...named, encoding: { ...named.encoding, ...tooltip } },
    text("note", name.at, shifts.note, { align: name.align, fontSize: NOTE, color: MUTED }),
    behindHeading,
    text("heading", -GAP - left, shifts.heading, {
      ...{ align: "left", fontSize: NUMBER, color: MUTED, lineBreak: "\n", lineHeight: LINE },
    }),
    text("label", right, shifts.label, { align: "left", fontSize: NUMBER }),
    columnHead,
  ];
}

function edge(width: number): object {
  return fixed(
    { type: "rule", color: GRID },
    { x: { value: 0 }, x2: { value: width }, y: { value: 0 } },
  );
}

function isEstimate<R extends IntervalRow>(row: R | Heading): row is R {
  return !("heading" in row);
}

/** The x axis: the domain asked for, moved out where an interval reaches further. */
function xAxis(
  { rows, axis: title, domain, format, reference }: IntervalChart,
  width: number,
): object {
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
  return { type: "quantitative", title: wrapText(title, width + 2 * GAP, NUMBER), scale, axis };
}

/** With the names whole. */
function describe({ axis, column, rows }: IntervalChart): string {
  const lines = rows.map((row) =>
    isEstimate(row) ? `${row.name}${inBrackets(row)}: ${row.label}.` : `${row.heading}.`,
  );
  return [`${axis}, ${column}.`, ...lines].join(" ");
}

function inBrackets({ who, note }: Pick<IntervalRow, "who" | "note">): string {
  if (note === undefined) return "";
  return who === undefined ? ` (${note})` : ` (${who} · ${note})`;
}

function widest(widths: readonly number[]): number {
  return Math.ceil(Math.max(...widths));
}
