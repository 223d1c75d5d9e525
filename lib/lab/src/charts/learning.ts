import { stratifiedProportion } from "../analysis/statistics/proportion";
import { stackLabels } from "./drawing/place-labels";
import { type ChartSpec, frameOf, INK, laidOut, type Space } from "./drawing/style";
import { textWidth } from "./text/font";

/** How often a learner solved what it was evaluated on. */
export interface LearningPoint {
  /** The learner: a line of the chart. */
  learner: string;
  /** What it had learned from, or the round. */
  x: number;
  /** Tasks weigh the same. */
  tasks: readonly { solved: number; episodes: number }[];
}

export interface LearningChart {
  title: string;
  subtitle: readonly string[];
  /** What the x axis shows, such as "demonstrated episodes". */
  x: string;
  /** For what grows by factors. Default false. */
  isLogarithmic?: boolean;
  /** Of learners. */
  colors: Readonly<Record<string, string>>;
  points: readonly LearningPoint[];
}

const HEIGHT = 300;
const Y_AXIS = 52;
const LABEL_GAP = 14;
const FONT_SIZE = 13;
const LINE_HEIGHT = 17;

/**
 * Success by what was learned from, or by round: a line a learner, with 95 % intervals (`stratifiedProportion`, as in all charts).
 *
 * @example
 * const point = (x: number, solved: number) => ({ learner: "student", x, tasks: [{ solved, episodes: 100 }] });
 * await showChart(learningChart({
 *   ...{ title: "Learning", subtitle: [], x: "episodes", colors: { student: "#d55e00" } },
 *   points: [point(50, 20), point(500, 80)],
 * }));
 */
export function learningChart(chart: LearningChart): ChartSpec {
  return laidOut((space) => learningSpec(chart, space));
}

function learningSpec(chart: LearningChart, space: Space): ChartSpec {
  const values = chart.points.map(({ learner, x, tasks }) => {
    const strata = tasks.map(({ solved, episodes }) => ({ successes: solved, n: episodes }));
    const { mean, low, high } = stratifiedProportion(strata);
    const percent = (share: number | null) => 100 * (share ?? 0);
    const color = chart.colors[learner] ?? INK;
    return { learner, color, x, share: percent(mean), low: percent(low), high: percent(high) };
  });
  const learners = [...new Set(values.map(({ learner }) => learner))];
  const ends = learners.map((learner) => {
    const own = values.filter((value) => value.learner === learner);
    const last = own.reduce((a, b) => (b.x > a.x ? b : a));
    return { ...last, text: `${learner}: ${last.share.toFixed(1)} %` };
  });
  const room = Math.ceil(Math.max(...ends.map(({ text }) => textWidth(text, FONT_SIZE))));
  const width = space.width - Y_AXIS - LABEL_GAP - room;
  const tops = stackLabels(
    ends.map(({ share }) => ({ y: HEIGHT * (1 - share / 100), height: LINE_HEIGHT })),
    HEIGHT,
  );
  const ticks = [...new Set(values.map(({ x }) => x))].sort((a, b) => a - b);
  const x = {
    field: "x",
    type: "quantitative",
    title: chart.x,
    scale: chart.isLogarithmic
      ? { type: "log", domain: [ticks[0], ticks.at(-1)], nice: false }
      : { domain: [ticks[0], ticks.at(-1)], nice: false },
    axis: { grid: false, values: ticks, format: "," },
  };
  const y = (field: string) => ({
    field,
    type: "quantitative",
    title: "episodes solved (%)",
    scale: { domain: [0, 100] },
    axis: { tickCount: 5 },
  });
  const style = { color: raw("color"), detail: { field: "learner", type: "nominal" } };
  return {
    ...frameOf(space, chart.title, chart.subtitle, ends.map(({ text }) => text).join(", ")),
    width,
    height: HEIGHT,
    data: { values },
    layer: [
      {
        mark: { type: "area", opacity: 0.16 },
        encoding: { x, y: y("low"), y2: { field: "high" }, ...style },
      },
      { mark: { type: "line", strokeWidth: 2.5 }, encoding: { x, y: y("share"), ...style } },
      {
        mark: { type: "point", filled: true, size: 36, opacity: 1 },
        encoding: { x, y: y("share"), ...style },
      },
      {
        data: { values: ends.map((end, i) => ({ ...end, top: tops[i] })) },
        mark: {
          type: "text",
          align: "left",
          baseline: "middle",
          fontSize: FONT_SIZE,
          fontWeight: 600,
        },
        encoding: {
          x: { value: width + LABEL_GAP },
          y: { field: "top", type: "quantitative", scale: null },
          text: { field: "text" },
          color: raw("color"),
        },
      },
    ],
  };
}

/** How a student's loss fell, in nats a decision, by step. */
export interface LossPoint {
  step: number;
  loss: number;
}

/**
 * The loss of a training by its steps, on a logarithmic scale; the darker line is the mean over an eighth of the points around each.
 *
 * @example
 * await showChart(lossCurve([{ step: 1, loss: 1.8 }, { step: 100, loss: 0.4 }]));
 */
export function lossCurve(points: readonly LossPoint[]): ChartSpec {
  return laidOut((space) => lossSpec(points, space));
}

function lossSpec(points: readonly LossPoint[], space: Space): ChartSpec {
  const reach = Math.max(1, Math.floor(points.length / 16));
  const values = points.map(({ step, loss }, i) => {
    const near = points.slice(Math.max(0, i - reach), i + reach + 1);
    return { step, loss, smooth: near.reduce((sum, point) => sum + point.loss, 0) / near.length };
  });
  const last = values.at(-1);
  const line = (field: string, mark: object) => ({
    mark: { type: "line", color: "#0072b2", ...mark },
    encoding: {
      x: { field: "step", type: "quantitative", title: "steps", axis: { grid: false } },
      y: {
        field,
        type: "quantitative",
        title: "cross-entropy (nats)",
        scale: { type: "log", nice: false },
      },
    },
  });
  return {
    ...frameOf(
      space,
      "Training loss",
      ["Mean over the examples of some steps, with dropout; uniform chance has 1.79."],
      `At the end ${last?.smooth.toFixed(3)}`,
    ),
    width: space.width - Y_AXIS,
    height: 220,
    data: { values },
    layer: [line("loss", { strokeWidth: 1, opacity: 0.35 }), line("smooth", { strokeWidth: 2.5 })],
  };
}

/** A field whose values are drawn as they are. */
const raw = (field: string) => ({ field, type: "nominal", scale: null });
