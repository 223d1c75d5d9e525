import type { ClickHouseClient } from "@clickhouse/client";
import { type Loss, TRIES } from "./parts/tries";

/** One row an episode. */
export interface EpisodeRow {
  run: string;
  variant: string;
  task: string;
  seed: number;
  /** Null: planned, and never begun. */
  episode_id: string | null;
  /** Null on the outcome columns: the episode failed (see `error`), was cut off before its end, or never begun. */
  success: boolean | null;
  episode_return: number | null;
  progression: number | null;
  /** Steps in the environment. */
  episode_length: number | null;
  /** Answers that were no valid action and were played as "go forward". */
  invalid_actions: number | null;
  /** Sums over the episode's model calls; null when a provider did not count those of every call. */
  input_tokens: number | null;
  output_tokens: number | null;
  /** Inferences stored for the episode. */
  inferences: number;
  /** Why the episode failed; null when it ran to its end. */
  error: string | null;
  /** Of the input tokens, those that providers say they had in their own cache. */
  cached_input_tokens: number;
  /** The models that answered, by the config's names: "openai::gpt-4o-mini-2024-07-18"; null when none has. */
  model?: string | null;
  /** Their providers, by the config's names: "openai"; "local" are functions in place of an LLM. Null when none has answered. */
  provider?: string | null;
  /** The latest rating by a person, from 1 to 5, and the latest comment (`lab.annotate`); null without. */
  rating?: number | null;
  comment?: string | null;
  /** Steps after which the episode would be cut off, which no query tells: `lab.episodes` adds it. Null: not known. */
  step_limit?: number | null;
}

/** An episode that the store has rows of. */
export interface BegunEpisode extends EpisodeRow {
  episode_id: string;
}

/** A try at an episode: one that failed or was cut off may have been followed by another. */
export interface TryRow extends BegunEpisode {
  /** Another try of the same variant, task and seed replaces it; this one is only kept. */
  replaced: boolean;
  /** What is not in the store although the episode ran to its end: a damaged part had it. A resumed run plays it again. */
  lost: Loss[];
}

/**
 * One row an episode that a run has begun, ordered by task, seed and variant. Of several tries of the same variant, task and seed it
 * is the completed one that is whole, or else the last completed one, or else the last. Tokens come from ModelInference, where a cache hit
 * keeps its true counts; outcomes are the latest feedback; a failed episode shows although it may have no inference.
 */
export async function episodes(clickhouse: ClickHouseClient, run: string): Promise<BegunEpisode[]> {
  const result = await clickhouse.query({
    query: `${EPISODES} ORDER BY ${ORDER}`,
    query_params: { run },
    format: "JSONEachRow",
  });
  return result.json<BegunEpisode>();
}

/** All that was ever played for a run, replaced tries too, in the order of `episodes`. */
export async function tries(clickhouse: ClickHouseClient, run: string): Promise<TryRow[]> {
  const result = await clickhouse.query({
    query: `SELECT * EXCEPT (has_calls, has_metrics) FROM (${TRIES}) ORDER BY ${ORDER}`,
    query_params: { run },
    format: "JSONEachRow",
  });
  return result.json<TryRow>();
}

/** The order in which episodes are listed. */
export const ORDER = "task, seed, variant, episode_id";

/** One row an episode of the run {run:String}, in no order. */
export const EPISODES = `SELECT * EXCEPT (replaced, lost, has_calls, has_metrics) FROM (${TRIES}) WHERE NOT replaced`;
