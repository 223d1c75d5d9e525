import { fitText, textWidth } from "./font";
import { stackLabels } from "./place-labels";
import { type ChartSpec, frameOf, INK, MUTED, PADDING, WIDTH } from "./style";

/** A step curve: what stands at a step holds until the next. Percentages. */
export interface Curve {
  name: string;
  /** What its label says beside the name. */
  value: string;
  color: string;
  dotted?: boolean;
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
/** Room for the numbers and the title of the y axis. */
const Y_AXIS = 52;
/** From the plot to its labels, with a piece of each line between. */
const LABEL_GAP = 34;
const DOTTED = [1.5, 2.5];
const DASHED = [4, 3];

/** Curves in percent by step, each with a label at its end; the labels stand beside the plot, where no curve runs. */
export function curveChart(chart: CurveChart): ChartSpec {
  const labels = labelsOf(chart);
  const height = Math.max(HEIGHT, labels.flatMap(({ lines }) => lines).length * LINE_HEIGHT);
  const right = Math.max(...labels.flatMap(({ lines }) => lines.map(widthOf)));
  const width = WIDTH - 2 * PADDING - Y_AXIS - LABEL_GAP - Math.ceil(right);
  return {
    ...frameOf(
      chart.title,
      chart.subtitle,
      labels.map(({ lines }) => lines.map(({ text }) => text).join(", ")).join("; "),
    ),
    width,
    height,
    data: {
      values: chart.curves.flatMap(({ name, color, dotted, points }) =>
        points.map((point) => ({ curve: name, color, dash: dotted ? DOTTED : [1, 0], ...point })),
      ),
    },
    layer: [...plotLayers(chart), ...labelLayers(labels, width, height)],
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
  const style = { color: raw("color"), detail: { field: "curve", type: "nominal" } };
  const area = (from: string, to: string, opacity: number) => ({
    transform: [{ filter: `isValid(datum.${from})` }],
    mark: { type: "area", interpolate: "step-after", opacity },
    encoding: { x, y: y(from), y2: { field: to }, ...style },
  });
  const line = (isDotted: boolean, mark: object) => ({
    transform: [{ filter: `isValid(datum.share) && (datum.dash[1] > 0) === ${isDotted}` }],
    mark: { type: "line", interpolate: "step-after", ...mark },
    encoding: { x, y: y("share"), ...style },
  });
  return [
    area("low", "high", 0.16),
    area("least", "most", 0.3),
    {
      data: { values: references },
      mark: { type: "rule", color: MUTED, strokeDash: DASHED },
      encoding: { y: y("share") },
    },
    line(false, { strokeWidth: 2.5 }),
    line(true, { strokeWidth: 1.5, strokeDash: DOTTED }),
  ];
}

interface Label {
  /** Where its curve or line ends, in percent. */
  share: number;
  lines: readonly { text: string; ink: string }[];
  color: string;
  dash: readonly number[];
}

function labelsOf({ curves, references }: CurveChart): Label[] {
  const room = WIDTH / 2;
  return [
    ...curves.map(({ name, value, color, dotted, points }) => {
      const { share, least = 0, most = 100 } = points.at(-1) ?? {};
      const rest = `: ${value}`;
      const text = `${fitText(name, room - textWidth(rest, FONT_SIZE), FONT_SIZE)}${rest}`;
      return {
        share: share ?? (least + most) / 2,
        lines: [{ text, ink: INK }],
        color,
        dash: dotted ? DOTTED : [1, 0],
      };
    }),
    ...references.map(({ share, name, source }) => ({
      share,
      lines: [`${name}: ${share.toFixed(1)} %`, source].map((text) => ({
        text: fitText(text, room, FONT_SIZE),
        ink: MUTED,
      })),
      color: MUTED,
      dash: DASHED,
    })),
  ];
}

// subtle: labels are laid out in pixels, on scales of their own that equal the plot's size.
function labelLayers(labels: readonly Label[], width: number, height: number): object[] {
  const middles = stackLabels(
    labels.map(({ share, lines }) => ({
      y: height * (1 - share / 100),
      height: lines.length * LINE_HEIGHT,
    })),
    height,
  );
  const placed = labels.map((label, index) => {
    const top = (middles[index] ?? 0) - ((label.lines.length - 1) * LINE_HEIGHT) / 2;
    return label.lines.map((line, row) => ({ ...label, ...line, top: top + row * LINE_HEIGHT }));
  });
  const y = { field: "top", type: "quantitative", scale: null };
  return [
    {
      data: { values: placed.map(([first]) => first) },
      mark: { type: "rule", strokeWidth: 2.5 },
      encoding: {
        x: { value: width + 8 },
        x2: { value: width + 26 },
        y,
        color: raw("color"),
        strokeDash: raw("dash"),
      },
    },
    {
      data: { values: placed.flat() },
      mark: { type: "text", align: "left", baseline: "middle", fontSize: FONT_SIZE },
      encoding: { x: { value: width + LABEL_GAP }, y, text: { field: "text" }, color: raw("ink") },
    },
  ];
}

const widthOf = ({ text }: { text: string }) => textWidth(text, FONT_SIZE);

/** A field whose values are drawn as they are. */
const raw = (field: string) => ({ field, type: "nominal", scale: null });
