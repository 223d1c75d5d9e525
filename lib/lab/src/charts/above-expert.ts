import { type AboveExpert, aboveExpert } from "../analysis/above-expert";
import { type EpisodeBesideExpert, hasExpertSteps } from "../analysis/expert-steps";
import { variantPlayer } from "../analysis/player";
import { variantColor } from "./drawing/color";
import { NothingToDrawError } from "./drawing/errors";
import { type IntervalRow, intervalChart } from "./drawing/intervals";
import type { ChartSpec } from "./drawing/style";
import { EXPERT, group, rangeLabel, scope, unevenNote, unfinishedNote } from "./labels";

/**
 * Steps above the expert's by variant, over the episodes that the variant solved, with 95 % t intervals; beside them SPL,
 * success weighted by path length, over all episodes (see `aboveExpert`).
 *
 * @example
 * await showChart(stepsAboveExpert(withExpertSteps(rows)));
 * @param rows those of `withExpertSteps`
 * @throws NothingToDrawError no episode is finished, or rows lack `expert_steps`
 */
export function stepsAboveExpert(rows: readonly EpisodeBesideExpert[]): ChartSpec {
  if (!hasExpertSteps(rows)) {
    throw new NothingToDrawError(
      "steps above the expert's need the column expert_steps in every row: withExpertSteps(rows) adds it where the expert can play",
    );
  }
  const scores = aboveExpert(rows);
  if (scores.every(({ episodes, unscored }) => episodes + unscored === 0)) {
    throw new NothingToDrawError(
      "steps above the expert's need a finished episode, and the rows have none",
    );
  }
  const note = unfinishedNote(rows);
  const uneven = unevenNote(rows);
  return intervalChart({
    title: "Steps above the expert's",
    subtitle: [
      scope(rows),
      "Points: mean over the solved episodes, tasks weighted equally; whiskers: 95 % t interval. SPL: success weighted by path length.",
      ...(uneven === null ? [] : [uneven]),
      ...(note === null
        ? []
        : [`${note} No mean without the others' outcome; SPL: its range, theirs from 0 to 1.`]),
      `Dashed: ${EXPERT}, from the same task and seed.`,
    ],
    axis: "steps more than the expert's, in the episodes that the variant solved",
    column: "mean [95 % t interval]",
    domain: [0, null],
    format: ",d",
    mark: "point",
    reference: 0,
    rows: scores.map((score) => scoreRow(score, variantPlayer(score.variant, rows))),
  });
}

function scoreRow(score: AboveExpert, player: string | null): IntervalRow {
  const { variant, episodes, solved, unscored, unfinished, above } = score;
  const counts = [
    `solved ${group(solved)} of ${group(episodes)}`,
    ...(unfinished > 0 ? [`${group(unfinished)} without an outcome`] : []),
    ...(unscored > 0 ? [`${group(unscored)} without a solution`] : []),
  ].join(", ");
  return {
    name: variant,
    who: player ?? undefined,
    note: counts,
    mean: above.mean,
    low: above.low,
    high: above.high,
    label: scoreLabel(score),
    color: variantColor(variant),
  };
}

function scoreLabel({ unfinished, above: { mean, low, high }, spl }: AboveExpert): string {
  const weighted = rangeLabel(spl, (value) => group(value, 2));
  if (unfinished > 0) return `no mean, SPL ${weighted}`;
  if (mean === null) return "none solved";
  const ends =
    low === null || high === null ? "no interval" : `${group(low, 1)}, ${group(high, 1)}`;
  return `${group(mean, 1)} [${ends}], SPL ${group(spl.mean ?? 0, 2)}`;
}
