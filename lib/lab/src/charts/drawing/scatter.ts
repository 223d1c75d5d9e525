import { fitText, textWidth, wrapText } from "../text/font";
import { type Place, placeLabels } from "./place-labels";
import { type ChartSpec, frameOf, INK, laidOut, MUTED, type Space } from "./style";

export interface ScatterPoint {
  name: string;
  x: number;
  /** Bounds of the intervals; null: none is drawn. */
  xLow: number | null;
  xHigh: number | null;
  /** In percent. */
  y: number;
  yLow: number | null;
  yHigh: number | null;
  color: string;
  /** A symbol of Vega's, or an SVG path from −1 to 1. */
  shape: string;
  /** This project's: drawn larger, with a darker label. */
  own: boolean;
}

export interface Scatter {
  title: string;
  subtitle: readonly string[];
  /** What is on the x axis, with its unit. */
  axis: string;
  scale: "linear" | "log";
  /** d3-format of the x axis' numbers. */
  format: string;
  /** An x value in words, for the description. */
  describe: (x: number) => string;
  points: readonly ScatterPoint[];
}

const HEIGHT = 440;
const FONT_SIZE = 12;
/** The longest label. */
const LABEL = 300;
/** Room for the numbers and the title of the y axis, and of the x axis. */
const Y_AXIS = 56;
const X_AXIS = 58;
/** At the right, for half of the last number. */
const MARGIN = 12;
const LINE_HEIGHT = 18;
/** The success axis reaches a little beyond 0 % and 100 %, so that points there are whole. */
const Y_DOMAIN = [-4, 104] as const;

/**
 * Success in percent against an amount, with the interval of each and a label beside each point: its name or, where names have
 * no room without covering something, a number that a list below explains.
 */
export function scatter(chart: Scatter): ChartSpec {
  return laidOut((space) => scatterSpec(chart, space));
}

function scatterSpec(chart: Scatter, space: Space): ChartSpec {
  const width = space.width - Y_AXIS - (space.isNarrow ? MARGIN : 0);
  const xDomain = domain(chart);
  const points = [...chart.points]
    .sort((a, b) => Number(b.own) - Number(a.own))
    .map((point) => ({
      ...point,
      // subtle: a bound below 0 has no logarithm; its bar starts at the axis.
      xLow: point.xLow === null ? null : Math.max(point.xLow, xDomain[0]),
      tooltip: `${point.name}: ${point.y.toFixed(1)} % at ${chart.describe(point.x)}`,
    }));
  const at = pixels(chart.scale, xDomain, width);
  const named = withLabels(points, ({ name }) => name, at, width);
  const isNamed = !space.isNarrow && named.every(({ isClear }) => isClear);
  const numbers = new Map(
    points.toSorted((a, b) => b.y - a.y || a.x - b.x).map(({ name }, i) => [name, i + 1]),
  );
  const numbered = () => withLabels(points, ({ name }) => String(numbers.get(name)), at, width);
  return {
    ...frameOf(
      space,
      chart.title,
      chart.subtitle,
      chart.points
        .map(({ name, x, y }) => `${name}: ${y.toFixed(1)} % at ${chart.describe(x)}`)
        .join("; "),
    ),
    width,
    height: HEIGHT,
    data: { values: isNamed ? named : numbered() },
    layer: [
      lineToLabel,
      ...pointLayers(chart, xDomain, width),
      text(true),
      text(false),
      ...(isNamed ? [] : listLayers(points, numbers, space, axisHeight(chart, width))),
    ],
  };
}

type Point = ScatterPoint & { tooltip: string };

/** What the numbers stand for: below the plot, in as many columns as there is room for. */
function listLayers(
  points: readonly Point[],
  numbers: ReadonlyMap<string, number>,
  { width, isNarrow }: Space,
  below: number,
): object[] {
  const columns = isNarrow ? 1 : 3;
  const rows = Math.ceil(points.length / columns);
  const column = width / columns;
  const entries = points
    .toSorted((a, b) => (numbers.get(a.name) ?? 0) - (numbers.get(b.name) ?? 0))
    .map((point, i) => ({
      ...point,
      number: `${numbers.get(point.name)}`,
      shown: fitText(point.name, column - 54, FONT_SIZE, point.own ? "600" : "400"),
      left: -Y_AXIS + Math.floor(i / rows) * column,
      top: HEIGHT + below + (i % rows) * LINE_HEIGHT,
    }));
  const part = (mark: object, shift: number, encoding: object) => ({
    data: { values: entries.map((entry) => ({ ...entry, left: entry.left + shift })) },
    mark,
    encoding: { x: inPixels("left"), y: inPixels("top"), ...encoding },
  });
  const written = (own: boolean) => ({
    ...part(textMark(own), 38, { text: { field: "shown" }, description: { field: "tooltip" } }),
    transform: [{ filter: `datum.own === ${own}` }],
  });
  return [
    part({ ...textMark(false), align: "right" }, 18, { text: { field: "number" } }),
    part({ type: "point", filled: true, opacity: 1, size: 60 }, 28, {
      color: { field: "color", type: "nominal", scale: null },
      shape: { field: "shape", type: "nominal", scale: null },
    }),
    written(true),
    written(false),
  ];
}

interface Pixels {
  along: (x: number) => number;
  down: (y: number) => number;
}

/** Where Vega's scales will put a value. */
function pixels(scale: Scatter["scale"], [from, to]: Domain, width: number): Pixels {
  const on = (value: number) => (scale === "log" ? Math.log(value) : value);
  const [bottom, top] = Y_DOMAIN;
  return {
    along: (x) => ((on(x) - on(from)) / (on(to) - on(from))) * width,
    down: (y) => ((top - y) / (top - bottom)) * HEIGHT,
  };
}

/** The points, each with the words beside it and the place of these. */
function withLabels(
  points: readonly Point[],
  labelOf: (point: Point) => string,
  { along, down }: Pixels,
  width: number,
) {
  const labeled = points.map((point) => {
    const weight = point.own ? ("600" as const) : ("400" as const);
    return { ...point, weight, label: fitText(labelOf(point), LABEL, FONT_SIZE, weight) };
  });
  const places: readonly Place[] = placeLabels(
    labeled.map(({ x, xLow, xHigh, y, yLow, yHigh, label, weight }) => ({
      x: along(x),
      y: down(y),
      xBar: [along(xLow ?? x), along(xHigh ?? x)] as const,
      yBar: [down(yHigh ?? y), down(yLow ?? y)] as const,
      text: label,
      weight,
    })),
    { width, height: HEIGHT, fontSize: FONT_SIZE },
  );
  return labeled.map((point, index) => ({
    ...point,
    labelX: places[index]?.x,
    labelY: places[index]?.y,
    pointX: along(point.x),
    pointY: down(point.y),
    lineX: places[index]?.line?.x,
    lineY: places[index]?.line?.y,
    isClear: places[index]?.isClear ?? true,
  }));
}

const axisTitle = ({ axis }: Scatter, width: number) => wrapText(axis, width, 13);
const axisHeight = (chart: Scatter, width: number) =>
  X_AXIS + (axisTitle(chart, width).length - 1) * LINE_HEIGHT;

function pointLayers(chart: Scatter, xDomain: Domain, width: number): object[] {
  const ticks =
    chart.scale === "log"
      ? { values: logTicks(xDomain, width) }
      : { tickCount: Math.round(width / 120) };
  const x = (field: string) => ({
    field,
    type: "quantitative",
    title: axisTitle(chart, width),
    scale: { type: chart.scale, domain: xDomain, nice: false },
    axis: { format: chart.format, ...ticks },
  });
  const y = (field: string) => ({
    field,
    type: "quantitative",
    title: "success rate (%)",
    scale: { domain: Y_DOMAIN, nice: false },
    // Beyond a point that lies on the axis.
    axis: { values: [0, 20, 40, 60, 80, 100], labelPadding: 10 },
  });
  const bar = (from: string, encoding: object) => ({
    transform: [{ filter: `isValid(datum.${from})` }],
    mark: { type: "rule", color: INK, strokeWidth: 1.5 },
    encoding,
  });
  const size = { condition: { test: "datum.own", value: 90 }, value: 45 };
  return [
    bar("xLow", { x: x("xLow"), x2: { field: "xHigh" }, y: y("y") }),
    bar("yLow", { x: x("x"), y: y("yLow"), y2: { field: "yHigh" } }),
    {
      mark: { type: "point", filled: true, opacity: 1, aria: true },
      encoding: {
        x: x("x"),
        y: y("y"),
        color: { field: "color", type: "nominal", scale: null },
        shape: { field: "shape", type: "nominal", scale: null },
        size,
        description: { field: "tooltip" },
      },
    },
  ];
}

// subtle: labels are laid out in pixels, on scales of their own that equal the plot's size.
const inPixels = (field: string) => ({ field, type: "quantitative", scale: null });

const lineToLabel = {
  transform: [{ filter: "isValid(datum.lineX)" }],
  mark: { type: "rule", color: MUTED, strokeWidth: 0.75 },
  encoding: {
    x: inPixels("pointX"),
    y: inPixels("pointY"),
    x2: { field: "lineX" },
    y2: { field: "lineY" },
  },
};

const textMark = (own: boolean) => ({
  type: "text",
  align: "left",
  baseline: "middle",
  fontSize: FONT_SIZE,
  fontWeight: own ? 600 : 400,
  color: own ? INK : MUTED,
  aria: true,
});

function text(own: boolean): object {
  return {
    transform: [{ filter: `datum.own === ${own}` }],
    mark: textMark(own),
    encoding: {
      x: inPixels("labelX"),
      y: inPixels("labelY"),
      text: { field: "label" },
      description: { field: "tooltip" },
    },
  };
}

type Domain = readonly [number, number];

/** The x axis around all points and bounds: with 0, or where logarithmic with a margin instead. */
function domain({ points, scale }: Scatter): Domain {
  const ends = points.flatMap(({ x, xLow, xHigh }) => [x, xLow ?? x, xHigh ?? x]);
  const last = Math.max(...ends);
  if (scale === "linear") return [Math.min(0, ...ends), last > 0 ? 1.08 * last : 1];
  return [Math.min(...ends.filter((end) => end > 0)) / 1.5, 1.5 * last];
}

/** 1, 2 and 5 times the powers of ten within the domain, or as many of them as have room beside each other. */
function logTicks([from, to]: Domain, width: number): number[] {
  const powers = Array.from({ length: 13 }, (_, exponent) => 10 ** exponent);
  const room = textWidth("1,000,000", 12) + 8;
  const within = (factors: readonly number[]) =>
    powers
      .flatMap((power) => factors.map((factor) => factor * power))
      .filter((tick) => tick >= from && tick <= to);
  const hasRoom = (ticks: readonly number[]) => ticks.length * room <= width;
  const all = within([1, 2, 5]);
  return hasRoom(all) ? all : within([1]);
}
