import { stratifiedProportion } from "../analysis/statistics/proportion";
import { at } from "../basics/at";
import { SHAPES } from "./drawing/marks";
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
const X_AXIS = 60;
/** At the right of a narrow plot, for half of the last number. */
const MARGIN = 20;
/** From the plot to a label's mark, and from there to its text. */
const LABEL_GAP = 20;
const MARK_GAP = 10;
const FONT_SIZE = 13;
const LINE_HEIGHT = 17;

/**
 * Success by what was learned from, or by round: a line a learner, with 95 % intervals (`stratifiedProportion`, as in all charts).
 * Labels stand beside the plot, or where there is no room below it.
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
  const ends = learners.map((learner, i) => {
    const own = values.filter((value) => value.learner === learner);
    const last = own.reduce((a, b) => (b.x > a.x ? b : a));
    const shape = at(SHAPES, i % SHAPES.length);
    return { ...last, shape, text: `${learner}: ${last.share.toFixed(1)} %` };
  });
  const shapes = new Map(ends.map(({ learner, shape }) => [learner, shape]));
  const room = Math.ceil(Math.max(...ends.map(({ text }) => textWidth(text, FONT_SIZE))));
  const { isNarrow } = space;
  const width = space.width - Y_AXIS - (isNarrow ? MARGIN : LABEL_GAP + MARK_GAP + room);
  const tops = isNarrow
    ? ends.map((_, i) => HEIGHT + X_AXIS + (i + 0.5) * LINE_HEIGHT)
    : stackLabels(
        ends.map(({ share }) => ({ y: HEIGHT * (1 - share / 100), height: LINE_HEIGHT })),
        HEIGHT,
      );
  const left = isNarrow ? MARK_GAP - Y_AXIS : width + LABEL_GAP;
  const top = { field: "top", type: "quantitative", scale: null };
  const ticks = [...new Set(values.map(({ x }) => x))].sort((a, b) => a - b);
  const x = {
    field: "x",
    type: "quantitative",
    title: chart.x,
    scale: chart.isLogarithmic
      ? { type: "log", domain: [ticks[0], ticks.at(-1)], nice: false }
      : { domain: [ticks[0], ticks.at(-1)], nice: false },
    axis: { grid: false, values: ticks, format: ",", labelOverlap: "greedy" },
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
    data: { values: values.map((value) => ({ ...value, shape: shapes.get(value.learner) })) },
    layer: [
      {
        mark: { type: "area", opacity: 0.16 },
        encoding: { x, y: y("low"), y2: { field: "high" }, ...style },
      },
      { mark: { type: "line", strokeWidth: 2.5 }, encoding: { x, y: y("share"), ...style } },
      {
        mark: { type: "point", filled: true, size: 50, opacity: 1 },
        encoding: { x, y: y("share"), shape: raw("shape"), ...style },
      },
      {
        data: { values: ends.map((end, i) => ({ ...end, top: tops[i] })) },
        layer: [
          {
            mark: { type: "point", filled: true, size: 50, opacity: 1 },
            encoding: { x: { value: left }, y: top, shape: raw("shape"), color: raw("color") },
          },
          {
            mark: {
              type: "text",
              align: "left",
              baseline: "middle",
              fontSize: FONT_SIZE,
              color: INK,
            },
            encoding: { x: { value: left + MARK_GAP }, y: top, text: { field: "text" } },
          },
        ],
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
