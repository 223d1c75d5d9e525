import type { EpisodeRow } from "../queries/episodes";
import {
  type Bounded,
  type BoundedMean,
  boundedMean,
  boundedProportion,
  meanRange,
} from "./bounds";
import { byTask, taskOrder, variantOrder } from "./order";
import { isFinished, possibleRange, type Quantity, rangeOf } from "./outcome";
import { answeredBy } from "./player";
import { refuseMixedRuns } from "./runs";
import { AnalysisError } from "./statistics/errors";
import { effectiveSize, sum } from "./statistics/statistics";

/**
 * What one variant did, over all tasks or on one. Each task has the same weight in every rate and mean, as in BALROG's scores,
 * however many episodes it has. Where episodes have no outcome (they failed, were cut off, or were never
 * begun) there is no mean, but the range in which that of all would lie: see {@link Bounded}.
 */
export interface Summary {
  variant: string;
  /** The models that answered and their providers, as EpisodeRow has them. */
  model: string | null;
  provider: string | null;
  /** Null: over all tasks. */
  task: string | null;
  /** All planned episodes, those without an outcome included. */
  episodes: number;
  /** Episodes that ended by an inference that failed for good. */
  failed: number;
  /** Episodes that the store knows only the beginning of: the run was stopped, or is under way. */
  cut_off: number;
  /** Planned episodes that the store knows nothing of. */
  not_begun: number;
  /**
   * As many episodes in equal numbers a task tell as much (`effectiveSize`): T² / Σ (1 / n_t), `episodes` where the numbers are equal.
   */
  effective_episodes: number;
  /** In order of name. */
  tasks: readonly string[];
  /** Share of episodes that fulfilled the mission: 0 to 1. */
  success: Bounded;
  /** 1 - 0.9 * steps / max_steps on success, else 0. */
  episode_return: BoundedMean;
  /** Steps in the environment. */
  episode_length: BoundedMean;
  /** Answers in the finished episodes, one a step, and those that were no valid action. */
  answers: number;
  invalid_answers: number;
  /** Per episode, over all of its model calls; without the finished ones whose tokens were not counted (see `n`). */
  input_tokens: BoundedMean;
  output_tokens: BoundedMean;
}

/**
 * One summary a variant, or one a variant and task, by variant in the order of the configuration, others by name, and then by task.
 * Success has a 95 % Clopper-Pearson interval (`stratifiedProportion`), the means a 95 % t interval (`stratifiedMean`) that ends
 * where the quantity does: a return at 0 and 1, a length at 1 and the mean step limit, tokens at 0.
 *
 * @example
 * for (const { variant, success } of summarize(rows)) {
 *   console.log(variant, success.mean, success.low, success.high);
 * }
 * @throws AnalysisError there is no row, or a variant has rows of several runs
 */
export function summarize(
  rows: readonly EpisodeRow[],
  by: "variant" | "variant and task" = "variant",
): Summary[] {
  if (rows.length === 0) {
    throw new AnalysisError(
      "there is no episode to summarize; check the run's id or run some first",
    );
  }
  refuseMixedRuns(rows);
  return variantOrder(rows).flatMap((variant) => {
    const own = rows.filter((row) => row.variant === variant);
    if (by === "variant") return [summary(variant, null, own)];
    return taskOrder(own).map((task) =>
      summary(
        variant,
        task,
        own.filter((row) => row.task === task),
      ),
    );
  });
}

function summary(variant: string, task: string | null, rows: readonly EpisodeRow[]): Summary {
  const finished = rows.filter(isFinished);
  const unfinished = rows.filter((row) => !isFinished(row));
  const failed = unfinished.filter((row) => row.error !== null).length;
  const not_begun = unfinished.filter(isNotBegun).length;
  const strata = byTask(rows);
  const over = (quantity: Quantity) => {
    const rangesOf = (row: EpisodeRow) => {
      const range = rangeOf(row, quantity);
      if (range.least !== null) return [range];
      // An episode without an outcome is a part of the mean also where its tokens are unknown: it takes any number of them.
      return isFinished(row) ? [] : [{ least: 0, most: null }];
    };
    if (rows.every((row) => rangeOf(row, quantity).least === null)) return boundedMean([]);
    return boundedMean(
      strata.map((own) => own.flatMap(rangesOf)),
      { possible: meanRange(strata.map((own) => own.map((row) => possibleRange(row, quantity)))) },
    );
  };
  return {
    variant,
    ...answeredBy(rows),
    task,
    episodes: rows.length,
    failed,
    cut_off: unfinished.length - failed - not_begun,
    not_begun,
    effective_episodes: effectiveSize(strata.map((own) => own.length)),
    tasks: taskOrder(rows),
    success: boundedProportion(
      strata.map((stratum) => {
        const known = stratum.filter(isFinished);
        return {
          successes: known.filter((row) => row.success).length,
          n: stratum.length,
          unknown: stratum.length - known.length,
        };
      }),
    ),
    episode_return: over("episode_return"),
    episode_length: over("episode_length"),
    answers: sum(finished.map((row) => row.episode_length)),
    invalid_answers: sum(finished.map((row) => row.invalid_actions ?? 0)),
    input_tokens: over("input_tokens"),
    output_tokens: over("output_tokens"),
  };
}

function isNotBegun(row: EpisodeRow): boolean {
  return row.episode_id === null && row.error === null;
}
