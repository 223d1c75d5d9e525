import type { ClickHouseClient } from "@clickhouse/client";
import { variantOrder } from "../analysis/order";
import { type PlayedRow, playedActions } from "../queries/played";
import { diagnose, type Finding, type Pattern, patterns } from "./patterns";

/** One row a variant and pattern. */
export interface PatternRow {
  variant: string;
  pattern: Pattern;
  /** Episodes in which it was found at least once, and how many of them ran into their step limit. */
  episodes: number;
  unsolved: number;
  /** Episodes of the variant that were looked at. */
  of: number;
  /** Steps at which it was found, over all episodes. */
  times: number;
  /** The episode in which it was found most often, an unsolved one if there is one; null when there is none. */
  example: string | null;
  /** The step of the example at which it was first found. */
  example_step: number | null;
}

/** What a run's episodes show when played again. */
export interface Autopsy {
  rows: PatternRow[];
  /** Episodes whose outcome in the replay is not the stored one, by id: their world was another. Not in `rows`. */
  mismatches: string[];
}

/**
 * Plays every episode of a run again and counts what went wrong, see {@link Pattern}. Episodes that failed or were cut off
 * count with the steps that they have.
 *
 * @example
 * const { rows: patterns } = await whatWentWrong(lab.clickhouse, run.id);
 * showTable(patterns.map(({ variant, pattern, episodes }) => ({ variant, pattern, episodes })));
 */
export async function whatWentWrong(clickhouse: ClickHouseClient, run: string): Promise<Autopsy> {
  return autopsyOf((await playedActions(clickhouse, run)).map(diagnosePlayed));
}

/** A played episode with what it shows. */
export interface Diagnosed {
  episode_id: string;
  variant: string;
  /** As stored; null for an episode that failed or was cut off. */
  success: boolean | null;
  /** Null: its outcome in the replay is not the stored one. */
  findings: Finding[] | null;
}

export function diagnosePlayed({
  episode_id,
  variant,
  task,
  seed,
  ...played
}: PlayedRow): Diagnosed {
  const { findings, success, complete } = diagnose(task, seed, played.actions);
  const agrees = played.success === null || (complete && success === played.success);
  return { episode_id, variant, success: played.success, findings: agrees ? findings : null };
}

/** Counts what was found. */
export function autopsyOf(diagnosed: readonly Diagnosed[]): Autopsy {
  const agreeing = diagnosed.filter(isAgreeing);
  const rows = variantOrder(agreeing).flatMap((variant) => {
    const own = agreeing.filter((episode) => episode.variant === variant);
    return patterns.map((pattern) => ({ variant, pattern, ...count(pattern, own) }));
  });
  const others = diagnosed.filter((episode) => !isAgreeing(episode));
  return { rows, mismatches: others.map(({ episode_id }) => episode_id) };
}

type Agreeing = Diagnosed & { findings: Finding[] };

function isAgreeing(episode: Diagnosed): episode is Agreeing {
  return episode.findings !== null;
}

/** 1 for an episode that ran into its step limit. */
function isUnsolved({ success }: Pick<Diagnosed, "success">): number {
  return Number(success === false);
}

function count(
  pattern: Pattern,
  episodes: readonly Agreeing[],
): Omit<PatternRow, "variant" | "pattern"> {
  const found = episodes
    .map(({ episode_id, success, findings }) => ({
      episode_id,
      success,
      steps: findings.filter((finding) => finding.pattern === pattern).map(({ step }) => step),
    }))
    .filter(({ steps }) => steps.length > 0)
    .sort((a, b) => isUnsolved(b) - isUnsolved(a) || b.steps.length - a.steps.length);
  const [example] = found;
  return {
    episodes: found.length,
    unsolved: found.reduce((sum, episode) => sum + isUnsolved(episode), 0),
    of: episodes.length,
    times: found.reduce((sum, { steps }) => sum + steps.length, 0),
    example: example?.episode_id ?? null,
    example_step: example?.steps[0] ?? null,
  };
}
