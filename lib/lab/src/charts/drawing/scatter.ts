import { fitText } from "./font";
import { placeLabels } from "./place-labels";
import { type ChartSpec, frameOf, INK, MUTED, PADDING, WIDTH } from "./style";

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
/** Room for the numbers and the title of the y axis. */
const Y_AXIS = 52;
/** The success axis reaches a little beyond 0 % and 100 %, so that points there are whole. */
const Y_DOMAIN = [-4, 104] as const;

/** Success in percent against an amount, with the interval of each and a label beside each point. */
export function scatter(chart: Scatter): ChartSpec {
  const width = WIDTH - 2 * PADDING - Y_AXIS;
  const xDomain = domain(chart);
  // subtle: a bound below 0 has no logarithm; its bar starts at the axis.
  const points = chart.points.map((point) => ({
    ...point,
    xLow: point.xLow === null ? null : Math.max(point.xLow, xDomain[0]),
  }));
  return {
    ...frameOf(
      chart.title,
      chart.subtitle,
      chart.points
        .map(({ name, x, y }) => `${name}: ${y.toFixed(1)} % at ${chart.describe(x)}`)
        .join("; "),
    ),
    width,
    height: HEIGHT,
    data: { values: withLabels(points, pixels(chart.scale, xDomain, width), width) },
    layer: [lineToLabel, ...pointLayers(chart, xDomain), text(true), text(false)],
  };
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
function withLabels(points: readonly ScatterPoint[], { along, down }: Pixels, width: number) {
  const labeled = points.map((point) => ({
    ...point,
    label: fitText(point.name, LABEL, FONT_SIZE, point.own ? "600" : "400"),
  }));
  const places = placeLabels(
    labeled.map(({ x, xLow, xHigh, y, yLow, yHigh, label }) => ({
      x: along(x),
      y: down(y),
      xBar: [along(xLow ?? x), along(xHigh ?? x)] as const,
      yBar: [down(yHigh ?? y), down(yLow ?? y)] as const,
      text: label,
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
  }));
}

function pointLayers(chart: Scatter, xDomain: Domain): object[] {
  const ticks = chart.scale === "log" ? { values: logTicks(xDomain) } : { tickCount: 6 };
  const x = (field: string) => ({
    field,
    type: "quantitative",
    title: chart.axis,
    scale: { type: chart.scale, domain: xDomain, nice: false },
    axis: { format: chart.format, ...ticks },
  });
  const y = (field: string) => ({
    field,
    type: "quantitative",
    title: "success rate (%)",
    scale: { domain: Y_DOMAIN, nice: false },
    axis: { values: [0, 20, 40, 60, 80, 100] },
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
      mark: { type: "point", filled: true, opacity: 1 },
      encoding: {
        x: x("x"),
        y: y("y"),
        color: { field: "color", type: "nominal", scale: null },
        size,
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

function text(own: boolean): object {
  return {
    transform: [{ filter: `datum.own === ${own}` }],
    mark: {
      type: "text",
      align: "left",
      baseline: "middle",
      fontSize: FONT_SIZE,
      fontWeight: own ? 600 : 400,
      color: own ? INK : MUTED,
    },
    encoding: {
      x: inPixels("labelX"),
      y: inPixels("labelY"),
      text: { field: "label" },
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

/** 1, 2 and 5 times the powers of ten within the domain. */
function logTicks([from, to]: Domain): number[] {
  const powers = Array.from({ length: 13 }, (_, exponent) => 10 ** exponent);
  return powers
    .flatMap((power) => [power, 2 * power, 5 * power])
    .filter((tick) => tick >= from && tick <= to);
}
