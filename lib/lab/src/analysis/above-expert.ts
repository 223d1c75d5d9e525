import { type BoundedMean, boundedMean } from "./bounds";
import { type EpisodeBesideExpert, expertStepsOf } from "./expert-steps";
import { byTask, variantOrder } from "./order";
import { isFinished } from "./outcome";
import { refuseMixedRuns } from "./runs";
import { type MeanEstimate, stratifiedMean } from "./statistics/statistics";

/** An episode that the expert solves as well, beside the expert's play of the same task and seed. */
export interface ScoredEpisode {
  variant: string;
  task: string;
  seed: number;
  success: boolean;
  steps: number;
  expert_steps: number;
  /**
   * steps - expert_steps; null when the mission was not fulfilled. Seldom below 0: the expert's way is the shortest where
   * nothing has to be cleared out of it, and else nearly so.
   */
  above: number | null;
  /** expert_steps / max(steps, expert_steps) on success, else 0. */
  path_efficiency: number;
}

/** How far a variant's ways are from the expert's. Tasks are weighted equally. */
export interface AboveExpert {
  variant: string;
  /** Finished episodes that could be scored. */
  episodes: number;
  /** Those of them that fulfilled their mission. */
  solved: number;
  /** Finished episodes that the expert does not solve, and that are left out. */
  unscored: number;
  /** Planned episodes without an outcome that the expert solves. */
  unfinished: number;
  /**
   * Steps more than the expert's, over the solved episodes and the tasks that have any: a variant that solves only the easy ones looks good here. No
   * mean where episodes have no outcome: which of them would have been solved, and how late, is not known.
   */
  above: MeanEstimate;
  /** The expert's steps in the same episodes. */
  expert_steps: MeanEstimate;
  /**
   * Success weighted by path length, over all scored episodes: the mean of S l / max(p, l) with the success S (0 or 1), the
   * expert's steps l and the agent's p. Source: Anderson et al. (2018), "On Evaluation of Embodied Navigation Agents",
   * arXiv:1807.06757.
   */
  spl: BoundedMean;
}

/**
 * Compares each finished episode with the expert's from the same seed. Episodes that failed or that the expert does not
 * solve are left out.
 *
 * @param rows those of {@link withExpertSteps}
 * @throws AnalysisError a row has no `expert_steps`
 */
export function scoreAgainstExpert(rows: readonly EpisodeBesideExpert[]): ScoredEpisode[] {
  return rows.filter(isFinished).flatMap((row) => {
    const { variant, task, seed, success, episode_length } = row;
    const expert_steps = expertStepsOf(row);
    if (expert_steps === null) return [];
    return {
      variant,
      task,
      seed,
      success,
      steps: episode_length,
      expert_steps,
      above: success ? episode_length - expert_steps : null,
      path_efficiency: success ? expert_steps / Math.max(episode_length, expert_steps) : 0,
    };
  });
}

/**
 * Steps above the expert's, and success weighted by path length, of each variant; 95 % t intervals.
 *
 * @example
 * for (const { variant, above, spl } of aboveExpert(withExpertSteps(rows))) {
 *   console.log(variant, above.mean, spl.mean);
 * }
 * @param rows those of {@link withExpertSteps}
 * @throws AnalysisError a row has no `expert_steps`, or a variant has rows of several runs
 */
export function aboveExpert(rows: readonly EpisodeBesideExpert[]): AboveExpert[] {
  refuseMixedRuns(rows);
  const finished = rows.filter(isFinished);
  const open = rows.filter((row) => !isFinished(row) && expertStepsOf(row) !== null);
  const unknown = open.map(({ variant, task }) => ({ variant, task, least: 0, most: 1 }));
  const scored = scoreAgainstExpert(finished);
  return variantOrder(rows).map((variant) => {
    const isOwn = (row: { variant: string }) => row.variant === variant;
    const own = scored.filter(isOwn);
    const unfinished = open.filter(isOwn).length;
    const solved = own.filter((episode) => episode.success);
    const known = unfinished > 0 ? [] : byTask(solved);
    return {
      variant,
      episodes: own.length,
      solved: solved.length,
      unscored: finished.filter(isOwn).length - own.length,
      unfinished,
      above: stratifiedMean(known.map((task) => task.map((way) => way.steps - way.expert_steps))),
      expert_steps: stratifiedMean(known.map((task) => task.map((way) => way.expert_steps))),
      spl: boundedMean(byTask([...own.map(efficiency), ...unknown.filter(isOwn)]), {
        possible: { least: 0, most: 1 },
      }),
    };
  });
}

function efficiency({ task, path_efficiency }: ScoredEpisode) {
  return { task, least: path_efficiency, most: path_efficiency };
}
