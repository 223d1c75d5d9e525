import { expertSteps, hasExpert } from "../analysis/expert-steps";
import { variantOrder } from "../analysis/order";
import { isFinished } from "../analysis/outcome";
import { solvedWithin } from "../analysis/solved";
import { AnalysisError } from "../analysis/statistics/errors";
import type { EpisodeRow } from "../queries/episodes";
import { textWidth } from "./drawing/font";
import {
  type ChartSpec,
  frameOf,
  INK,
  MUTED,
  PADDING,
  variantColors,
  WIDTH,
} from "./drawing/style";
import { EXPERT, players, rangeLabel, scope, shorten, unfinishedNote } from "./labels";
import type { Published } from "./published";

const HEIGHT = 320;
const LABEL = 13;
const LABEL_STEP = 17;
/** Room for the numbers and the title of the y axis. */
const Y_AXIS = 52;

/**
 * Success by step: the share of episodes solved within k steps, a curve a variant with pointwise 95 % Wilson bands; of a
 * variant with episodes that have no outcome, no curve but its range.
 * A dotted curve is the expert's, played here on the same tasks and seeds. With the published results,
 * dashed lines mark what others reached at the step limit.
 *
 * @throws AnalysisError no episode is finished
 */
export function successByStep(rows: readonly EpisodeRow[], published?: Published): ChartSpec {
  const points = solvedWithin(rows);
  if (!rows.some(isFinished)) {
    throw new AnalysisError("success by step needs a finished episode, and the rows have none");
  }
  const finalOf = (variant: string) => points.findLast((point) => point.variant === variant)!;
  const variants = variantOrder(points);
  const open = new Set(variants.filter((variant) => finalOf(variant).mean === null));
  const values = points.map(({ variant, step, least, most, low, high }) => ({
    variant,
    step,
    ...(open.has(variant) ? { least: 100 * least!, most: 100 * most! } : { share: 100 * least! }),
    low: 100 * low!,
    high: 100 * high!,
  }));
  const last = Math.max(1, ...values.map((value) => value.step));
  const colors = variantColors(rows);
  const expert = expertCurve(rows, last);
  const ends = endLabels([
    ...expert.slice(-1).map(({ share }) => ({
      share,
      text: `expert: ${share.toFixed(1)} %`,
      color: INK,
    })),
    ...variants.map((variant) => {
      const end = finalOf(variant);
      const percent = (share: number) => (100 * share).toFixed(1);
      const share = end.mean === null ? rangeLabel(end, percent) : percent(end.mean);
      return {
        share: 50 * (end.least! + end.most!),
        text: `${shorten(variant)}: ${share} % (n = ${end.n})`,
        color: colors[variant]!,
      };
    }),
  ]);
  const lines = published ? publishedLines(published) : [];
  const right = Math.ceil(Math.max(...ends.map((end) => textWidth(end.text, LABEL)))) + 26;
  const width = Math.max(280, WIDTH - 2 * PADDING - Y_AXIS - right);
  const x = {
    field: "step",
    type: "quantitative",
    title: "steps since the episode's start",
    scale: { domain: [0, last], nice: false },
    axis: { tickCount: 8, tickMinStep: 1, grid: false },
  };
  const y = (field: string) => ({
    field,
    type: "quantitative",
    title: "episodes solved (%)",
    scale: { domain: [0, 100] },
    axis: { tickCount: 5 },
  });
  const color = {
    field: "variant",
    type: "nominal",
    legend: null,
    scale: { domain: variants, range: variants.map((variant) => colors[variant]) },
  };
  const played = players(rows);
  const unfinished = unfinishedNote(rows);
  return {
    ...frameOf(
      "Success by step",
      [
        scope(rows),
        `Lines: episodes solved within so many steps; bands: pointwise 95 % Wilson interval.${
          lines.length > 0 ? " Dashed: published, other seeds." : ""
        }`,
        ...(unfinished === null
          ? []
          : [
              `${unfinished} In place of a line: the range of the rate, from all others unsolved to all solved.`,
            ]),
        ...(played === null ? [] : [played]),
        ...(expert.length > 0 ? [`Dotted: ${EXPERT}, on the same tasks and seeds.`] : []),
      ],
      [...ends, ...lines].map(({ text }) => text).join("; "),
    ),
    width,
    height: HEIGHT,
    data: { values },
    layer: [
      {
        mark: { type: "area", interpolate: "step-after", opacity: 0.16 },
        encoding: { x, y: y("low"), y2: { field: "high" }, color },
      },
      ...(open.size > 0
        ? [
            {
              transform: [{ filter: "isValid(datum.least)" }],
              mark: { type: "area", interpolate: "step-after", opacity: 0.3 },
              encoding: { x, y: y("least"), y2: { field: "most" }, color },
            },
          ]
        : []),
      {
        data: { values: lines },
        mark: { type: "rule", color: MUTED, strokeDash: [4, 3] },
        encoding: { y: y("share") },
      },
      {
        data: { values: lines },
        mark: {
          type: "text",
          align: "right",
          baseline: "bottom",
          fontSize: 12,
          color: MUTED,
          dy: -2,
        },
        encoding: { x: { value: width - 6 }, y: y("share"), text: { field: "text" } },
      },
      {
        mark: { type: "line", interpolate: "step-after", strokeWidth: 2.5 },
        encoding: { x, y: y("share"), color },
      },
      {
        data: { values: expert },
        mark: {
          type: "line",
          interpolate: "step-after",
          color: INK,
          strokeWidth: 1.5,
          strokeDash: [1.5, 2.5],
        },
        encoding: { x, y: y("share") },
      },
      {
        data: { values: ends },
        mark: { type: "point", filled: true, size: 60, opacity: 1 },
        encoding: {
          x: { value: width + 14 },
          y: y("place"),
          color: { field: "color", type: "nominal", scale: null },
        },
      },
      {
        data: { values: ends },
        mark: { type: "text", align: "left", baseline: "middle", fontSize: LABEL },
        encoding: { x: { value: width + 24 }, y: y("place"), text: { field: "text" } },
      },
    ],
    resolve: { scale: { color: "independent" } },
  };
}

/**
 * The share of the episodes that the expert solves within each number of steps, in percent; empty where it plays none.
 */
function expertCurve(rows: readonly EpisodeRow[], last: number): { step: number; share: number }[] {
  if (!hasExpert(rows)) return [];
  const episodes = new Map(rows.map((row) => [`${row.task} ${row.seed}`, row]));
  const lengths = [...episodes.values()]
    .map(expertSteps)
    .filter((steps): steps is number => steps !== null);
  const steps = [...new Set([0, ...lengths, last])].sort((a, b) => a - b);
  return steps.map((step) => ({
    step,
    share: (100 * lengths.filter((length) => length <= step).length) / episodes.size,
  }));
}

interface EndLabel {
  share: number;
  text: string;
  color: string;
}

/** Puts each label at its curve's end, moved apart where they would overlap; `place` is in percent. */
function endLabels(labels: readonly EndLabel[]): (EndLabel & { place: number })[] {
  const gap = (100 * LABEL_STEP) / HEIGHT;
  const placed = [...labels]
    .sort((a, b) => b.share - a.share)
    .map((label) => ({ ...label, place: label.share }));
  placed.forEach((label, index) => {
    if (index > 0) label.place = Math.min(label.place, placed[index - 1]!.place - gap);
  });
  // What was pushed below the axis pushes the ones above it back up.
  placed.reverse().forEach((label, index) => {
    label.place = Math.max(label.place, index * gap);
    if (index > 0) label.place = Math.max(label.place, placed[index - 1]!.place + gap);
  });
  return placed.reverse();
}

function publishedLines({ balrog, tensorzero }: Published): { share: number; text: string }[] {
  const [entry] = [...balrog.entries].sort((a, b) => b.success_percent - a.success_percent);
  const [variant] = [...tensorzero.variants].sort((a, b) => b.success - a.success);
  return [
    { share: entry!.success_percent, text: `best on BALROG's leaderboard: ${entry!.entry}` },
    { share: 100 * variant!.success, text: `best of TensorZero's example: ${variant!.variant}` },
  ].map(({ share, text }) => ({ share, text: `${text}, ${share.toFixed(1)} %` }));
}
