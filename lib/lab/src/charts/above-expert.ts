import { aboveExpert } from "../analysis/above-expert";
import { AnalysisError } from "../analysis/statistics/errors";
import type { EpisodeRow } from "../queries/episodes";
import { intervalChart } from "./drawing/intervals";
import { type ChartSpec, variantColors } from "./drawing/style";
import { EXPERT, group, playerOf, rangeLabel, scope, shorten, unfinishedNote } from "./labels";

/**
 * Steps above the expert's by variant, over the episodes that the variant solved, with 95 % t intervals; beside them SPL,
 * success weighted by path length, over all episodes (see `aboveExpert`).
 *
 * @throws AnalysisError no episode is finished
 * @throws EnvError a task draws its kind when it is made, so that the seed does not settle the episode
 */
export function stepsAboveExpert(rows: readonly EpisodeRow[]): ChartSpec {
  const scores = aboveExpert(rows);
  if (scores.every(({ episodes, unscored }) => episodes + unscored === 0)) {
    throw new AnalysisError(
      "steps above the expert's need a finished episode, and the rows have none",
    );
  }
  const colors = variantColors(rows);
  const note = unfinishedNote(rows);
  return intervalChart({
    title: "Steps above the expert's",
    subtitle: [
      scope(rows),
      "Points: mean over the solved episodes; whiskers: 95 % t interval. SPL: success weighted by path length.",
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
    rows: scores.map(({ variant, episodes, solved, unscored, unfinished, above, spl }) => {
      const counts = [
        `solved ${group(solved)} of ${group(episodes)}`,
        ...(unfinished > 0 ? [`${group(unfinished)} without an outcome`] : []),
        ...(unscored > 0 ? [`${group(unscored)} without a solution`] : []),
      ].join(", ");
      const player = playerOf(variant, rows);
      return {
        name: shorten(variant),
        note: player ? `${player} · ${counts}` : counts,
        mean: above.mean,
        low: above.low,
        high: above.high,
        label:
          unfinished > 0
            ? `no mean, SPL ${rangeLabel(spl, (value) => group(value, 2))}`
            : above.mean === null
              ? "none solved"
              : `${group(above.mean, 1)} ${
                  above.low === null
                    ? "[no interval]"
                    : `[${group(above.low, 1)}, ${group(above.high!, 1)}]`
                }, SPL ${group(spl.mean!, 2)}`,
        color: colors[variant]!,
      };
    }),
  });
}
