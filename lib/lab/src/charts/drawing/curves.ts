import { fitText, textWidth } from "../text/font";
import { stackLabels } from "./place-labels";
import { type ChartSpec, frameOf, INK, laidOut, MUTED, type Space } from "./style";

/** A step curve: what stands at a step holds until the next. Percentages. */
export interface Curve {
  name: string;
  /** What its label says beside the name. */
  value: string;
  color: string;
  /** SVG's stroke-dasharray. */
  dash: readonly number[];
  /** Default: 2.5 pixels. */
  stroke?: number;
  points: readonly CurvePoint[];
}

export interface CurvePoint {
  step: number;
  /** Where the line is; in its place, where only a range is known, the range's ends. */
  share?: number;
  least?: number;
  most?: number;
  /** Ends of the interval, drawn as a band. */
  low?: number;
  high?: number;
}

/** A dashed line across the chart, at a percentage. */
export interface ReferenceLine {
  share: number;
  name: string;
  /** The second line of its label. */
  source: string;
}

export interface CurveChart {
  title: string;
  subtitle: readonly string[];
  x: string;
  y: string;
  curves: readonly Curve[];
  references: readonly ReferenceLine[];
}

const FONT_SIZE = 13;
const LINE_HEIGHT = 17;
const HEIGHT = 320;
/** Room for the numbers and the title of the y axis, and of the x axis. */
const Y_AXIS = 52;
const X_AXIS = 60;
/** At the right of a narrow plot, for half of the last number. */
const MARGIN = 14;
/** From the plot to its labels, with a piece of each line between. */
const LABEL_GAP = 34;
const DASHED = [4, 3];
const STROKE = 2.5;

/**
 * Curves in percent by step, each with a label at its end; the labels stand beside the plot, where no curve runs, or where there
 * is no room below it.
 */
export function curveChart(chart: CurveChart): ChartSpec {
  return laidOut((space) => curveSpec(chart, space));
}

function curveSpec(chart: CurveChart, space: Space): ChartSpec {
  const { isNarrow } = space;
  const labels = labelsOf(chart, isNarrow ? space.width - LABEL_GAP : space.width / 2);
  const lines = labels.flatMap((label) => label.lines);
  const right = Math.max(...lines.map(widthOf));
  const width = space.width - Y_AXIS - (isNarrow ? MARGIN : LABEL_GAP + Math.ceil(right));
  const height = isNarrow ? HEIGHT : Math.max(HEIGHT, lines.length * LINE_HEIGHT);
  return {
    ...frameOf(space, chart.title, chart.subtitle, labels.map(({ whole }) => whole).join("; ")),
    width,
    height,
    data: {
      values: chart.curves.flatMap(({ name, value, color, dash, stroke = STROKE, points }) =>
        points.map((point) => ({
          ...{ curve: name, color, dash, stroke, tooltip: `${name}: ${value}` },
          ...point,
        })),
      ),
    },
    layer: [
      ...plotLayers(chart),
      ...labelLayers(
        placed(labels, isNarrow ? null : height),
        isNarrow ? { x: -Y_AXIS, y: height + X_AXIS } : { x: width + 8, y: 0 },
      ),
    ],
  };
}

function plotLayers({ x: xTitle, y: yTitle, curves, references }: CurveChart): object[] {
  const last = Math.max(1, ...curves.flatMap(({ points }) => points.map(({ step }) => step)));
  const x = {
    field: "step",
    type: "quantitative",
    title: xTitle,
    scale: { domain: [0, last], nice: false },
    axis: { tickCount: 8, tickMinStep: 1, grid: false },
  };
  const y = (field: string) => ({
    field,
    type: "quantitative",
    title: yTitle,
    scale: { domain: [0, 100] },
    axis: { tickCount: 5 },
  });
  const style = {
    color: raw("color"),
    detail: { field: "curve", type: "nominal" },
    description: { field: "tooltip" },
  };
  const area = (from: string, to: string, opacity: number) => ({
    transform: [{ filter: `isValid(datum.${from})` }],
    mark: { type: "area", interpolate: "step-after", opacity, aria: true },
    encoding: { x, y: y(from), y2: { field: to }, ...style },
  });
  return [
    area("low", "high", Math.min(0.16, 0.8 / curves.length)),
    area("least", "most", 0.3),
    {
      data: { values: references },
      mark: { type: "rule", color: MUTED, strokeDash: DASHED },
      encoding: { y: y("share") },
    },
    {
      transform: [{ filter: "isValid(datum.share)" }],
      mark: { type: "line", interpolate: "step-after", aria: true },
      encoding: {
        ...{ x, y: y("share"), ...style },
        strokeDash: raw("dash"),
        strokeWidth: { field: "stroke", type: "quantitative", scale: null },
      },
    },
  ];
}

interface Label {
  /** Where its curve or line ends, in percent. */
  share: number;
  lines: readonly { text: string; ink: string }[];
  /** Not cut. */
  whole: string;
  color: string;
  dash: readonly number[];
}

function labelsOf({ curves, references }: CurveChart, room: number): Label[] {
  return [
    ...curves.map(({ name, value, color, dash, points }) => {
      const { share, least = 0, most = 100 } = points.at(-1) ?? {};
      const rest = `: ${value}`;
      const text = `${fitText(name, room - textWidth(rest, FONT_SIZE), FONT_SIZE)}${rest}`;
      return {
        share: share ?? (least + most) / 2,
        lines: [{ text, ink: INK }],
        whole: `${name}${rest}`,
        color,
        dash,
      };
    }),
    ...references.map(({ share, name, source }) => {
      const texts = [`${name}: ${share.toFixed(1)} %`, source];
      return {
        share,
        lines: texts.map((text) => ({ text: fitText(text, room, FONT_SIZE), ink: MUTED })),
        whole: texts.join(", "),
        color: MUTED,
        dash: DASHED,
      };
    }),
  ];
}

/** The lines of each label with their middles in pixels: at the ends of the curves, or where there is no plot beside them in a list. */
function placed(labels: readonly Label[], height: number | null) {
  const listed = labels.toSorted((a, b) => b.share - a.share);
  let y = LINE_HEIGHT / 2;
  const list = listed.map(({ lines }) => {
    const middle = y + ((lines.length - 1) * LINE_HEIGHT) / 2;
    y += lines.length * LINE_HEIGHT;
    return middle;
  });
  const middles =
    height === null
      ? list
      : stackLabels(
          listed.map(({ share, lines }) => ({
            y: height * (1 - share / 100),
            height: lines.length * LINE_HEIGHT,
          })),
          height,
        );
  return listed.map((label, index) => {
    const top = (middles[index] ?? 0) - ((label.lines.length - 1) * LINE_HEIGHT) / 2;
    return label.lines.map((line, row) => ({ ...label, ...line, top: top + row * LINE_HEIGHT }));
  });
}

// subtle: labels are laid out in pixels, on scales of their own that equal the plot's size.
function labelLayers(labels: ReturnType<typeof placed>, at: { x: number; y: number }): object[] {
  const shifted = labels.map((lines) => lines.map((line) => ({ ...line, top: line.top + at.y })));
  const y = { field: "top", type: "quantitative", scale: null };
  return [
    {
      data: { values: shifted.map(([first]) => first) },
      mark: { type: "rule", strokeWidth: STROKE },
      encoding: {
        x: { value: at.x },
        x2: { value: at.x + 22 },
        y,
        color: raw("color"),
        strokeDash: raw("dash"),
      },
    },
    {
      data: { values: shifted.flat() },
      mark: { type: "text", align: "left", baseline: "middle", fontSize: FONT_SIZE, aria: true },
      encoding: {
        x: { value: at.x + 26 },
        y,
        text: { field: "text" },
        color: raw("ink"),
        description: { field: "whole" },
      },
    },
  ];
}

const widthOf = ({ text }: { text: string }) => textWidth(text, FONT_SIZE);

/** A field whose values are drawn as they are. */
const raw = (field: string) => ({ field, type: "nominal", scale: null });
