import {
  type EpisodeBesideExpert,
  expertStepsByTask,
  hasExpertSteps,
} from "../analysis/expert-steps";
import { variantOrder } from "../analysis/order";
import { isFinished, known } from "../analysis/outcome";
import { players } from "../analysis/player";
import { type SolvedWithin, solvedWithin } from "../analysis/solved";
import { average } from "../analysis/statistics/statistics";
import { type Summary, summarize } from "../analysis/summary";
import { type Curve, curveChart, type ReferenceLine } from "./drawing/curves";
import { NothingToDrawError } from "./drawing/errors";
import { type Mark, variantMarks } from "./drawing/marks";
import { type ChartSpec, INK } from "./drawing/style";
import { EXPERT, rangeLabel, scope, sizeLabel, unfinishedNote } from "./labels";
import type { Published } from "./published";

/**
 * Success by step: the share of episodes solved within k steps, tasks weighted equally, a curve a variant with pointwise 95 % bands; of a
 * variant with episodes that have no outcome, no curve but its range.
 * Where the rows have the column `expert_steps`, a dotted curve is the expert's on the same tasks and seeds. With the
 * published results, dashed lines mark what others reached at the step limit.
 *
 * @example
 * await showChart(successByStep(withExpertSteps(rows)));
 * @throws NothingToDrawError no episode is finished
 */
export function successByStep(
  rows: readonly EpisodeBesideExpert[],
  published?: Published,
): ChartSpec {
  const shares = solvedWithin(rows);
  if (!rows.some(isFinished)) {
    throw new NothingToDrawError(
      "success by step needs a finished episode, and the rows have none",
    );
  }
  const last = Math.max(1, ...shares.map(({ step }) => step));
  const marks = variantMarks(variantOrder(rows));
  return curveChart({
    title: "Success by step",
    subtitle: subtitle(rows, published !== undefined),
    x: "steps since the episode's start",
    y: "episodes solved (%)",
    curves: [
      ...expertCurve(rows, last),
      ...summarize(rows).map((summary) =>
        variantCurve(
          summary,
          marks.get(summary.variant),
          shares.filter((point) => point.variant === summary.variant),
        ),
      ),
    ],
    references: published ? best(published) : [],
  });
}

const DOTTED = [1.5, 2.5];
const SOLID = [1, 0];

function subtitle(rows: readonly EpisodeBesideExpert[], isBesidePublished: boolean): string[] {
  const unfinished = unfinishedNote(rows);
  const played = players(rows);
  return [
    scope(rows),
    `Lines: share solved by then, tasks weighted equally; bands: pointwise 95 % Clopper–Pearson interval.${
      isBesidePublished ? " Dashed: published, other seeds." : ""
    }`,
    ...(unfinished === null
      ? []
      : [
          `${unfinished} In place of a line: the range of the rate, from all others unsolved to all solved.`,
        ]),
    ...(played === null ? [] : [played]),
    ...(hasExpertSteps(rows) ? [`Dotted: ${EXPERT}, on the same tasks and seeds.`] : []),
  ];
}

function variantCurve(
  summary: Summary,
  mark: Mark | undefined,
  points: readonly SolvedWithin[],
): Curve {
  const { variant } = summary;
  const percent = (share: number | null) => 100 * (share ?? 0);
  const end = points.at(-1);
  const isOpen = end?.mean === null;
  return {
    name: variant,
    value: `${end === undefined ? "" : rateLabel(end)} % (n = ${sizeLabel(summary.success.n, summary)})`,
    color: mark?.color ?? INK,
    dash: mark?.dash ?? SOLID,
    points: points.map(({ step, least, most, low, high }) => ({
      step,
      ...(isOpen ? { least: percent(least), most: percent(most) } : { share: percent(least) }),
      low: percent(low),
      high: percent(high),
    })),
  };
}

function rateLabel(end: SolvedWithin): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  return end.mean === null ? (rangeLabel(end, percent) ?? "") : percent(end.mean);
}

/** The share of the worlds that the expert solves within each number of steps, tasks weighted equally; none where the rows do not say. */
function expertCurve(rows: readonly EpisodeBesideExpert[], last: number): Curve[] {
  if (!hasExpertSteps(rows)) return [];
  const tasks = expertStepsByTask(rows);
  const steps = [...new Set([0, ...known(tasks.flat()), last])].sort((a, b) => a - b);
  const within = (lengths: readonly (number | null)[], step: number) =>
    known(lengths).filter((length) => length <= step).length / lengths.length;
  const points = steps.map((step) => ({
    step,
    share: 100 * average(tasks.map((lengths) => within(lengths, step))),
  }));
  const value = `${points.at(-1)?.share.toFixed(1)} %`;
  return [{ name: "expert", value, color: INK, dash: DOTTED, stroke: 1.5, points }];
}

/** The best that each has published. */
function best({ balrog, tensorzero }: Published): ReferenceLine[] {
  const highest = (lines: ReferenceLine[]) => lines.sort((a, b) => b.share - a.share).slice(0, 1);
  return [
    ...highest(
      balrog.entries.map(({ entry, success_percent }) => ({
        share: success_percent,
        name: entry,
        source: "best on BALROG's leaderboard",
      })),
    ),
    ...highest(
      tensorzero.variants.map(({ variant, success }) => ({
        share: 100 * success,
        name: variant,
        source: "best of TensorZero's example",
      })),
    ),
  ];
}
