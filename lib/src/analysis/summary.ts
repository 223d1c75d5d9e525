import type { EpisodeRow } from "../store/episodes";
import { AnalysisError } from "./errors";
import { taskOrder, variantOrder } from "./order";
import { type Estimate, type MeanEstimate, mean, stratifiedProportion, sum } from "./statistics";

/** What one variant did, over all tasks or on one. Episodes without an outcome are counted, and only counted. */
export interface Summary {
  variant: string;
  /** Null: over all tasks. */
  task: string | null;
  /** All episodes, those without an outcome included. */
  episodes: number;
  /** Episodes that ended by an inference that failed for good. */
  failed: number;
  /** Episodes that the store knows only the beginning of: the run was stopped, or is under way. */
  cut_off: number;
  /** Tasks with at least one finished episode, in order of name. */
  tasks: readonly string[];
  /** Share of finished episodes that fulfilled the mission, tasks weighted equally: 0 to 1. */
  success: Estimate;
  /** 1 - 0.9 * steps / max_steps on success, else 0. */
  episode_return: MeanEstimate;
  /** Steps in the environment. */
  episode_length: MeanEstimate;
  /** Answers in the finished episodes, one a step, and those that were no valid action. */
  answers: number;
  invalid_answers: number;
  /** Per episode, over all of its model calls; of those episodes alone whose tokens are known (`n`). */
  input_tokens: MeanEstimate;
  output_tokens: MeanEstimate;
}

/** An episode that ran to its end, by success or at the step limit. */
export interface FinishedEpisode extends EpisodeRow {
  success: boolean;
  episode_return: number;
  episode_length: number;
}

export function isFinished(row: EpisodeRow): row is FinishedEpisode {
  return (
    row.error === null &&
    row.success !== null &&
    row.episode_return !== null &&
    row.episode_length !== null
  );
}

/**
 * One summary a variant, or one a variant and task, in the order of {@link variantOrder}, then of tasks by name.
 * Success has a 95 % Wilson interval, the means a 95 % t interval over the finished episodes.
 *
 * Throws AnalysisError when there is no row.
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

/** Counts that there are: what a provider did not count is no 0. */
export function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function summary(variant: string, task: string | null, rows: readonly EpisodeRow[]): Summary {
  const finished = rows.filter(isFinished);
  const failed = rows.filter((row) => row.error !== null);
  const tasks = taskOrder(finished);
  return {
    variant,
    task,
    episodes: rows.length,
    failed: failed.length,
    cut_off: rows.length - finished.length - failed.length,
    tasks,
    success: stratifiedProportion(
      tasks.map((name) => {
        const stratum = finished.filter((row) => row.task === name);
        return { successes: stratum.filter((row) => row.success).length, n: stratum.length };
      }),
    ),
    episode_return: mean(finished.map((row) => row.episode_return)),
    episode_length: mean(finished.map((row) => row.episode_length)),
    answers: sum(finished.map((row) => row.episode_length)),
    invalid_answers: sum(finished.map((row) => row.invalid_actions ?? 0)),
    input_tokens: mean(known(finished.map((row) => row.input_tokens))),
    output_tokens: mean(known(finished.map((row) => row.output_tokens))),
  };
}
