import type { EpisodeRow } from "../queries/episodes";

/** A quantity of an episode. */
export type Quantity = (typeof quantities)[number];

/** All of them. */
export const quantities = [
  "success",
  "episode_return",
  "episode_length",
  "input_tokens",
  "output_tokens",
] as const;

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

/** What is known of a number: it lies between the two, ends included. Null: no bound is known. */
export interface Range {
  least: number | null;
  most: number | null;
}

/**
 * A quantity of an episode, success as 0 or 1; of one without an outcome what it would have come to had it not been cut
 * short: success and return lie between 0 and 1, the length between the steps played and the step limit, and nothing bounds
 * its tokens from above. Tokens that a provider did not count have no bound.
 */
export function rangeOf(row: EpisodeRow, quantity: Quantity): Range {
  if (isFinished(row)) {
    const value = row[quantity];
    const end = value === null ? null : Number(value);
    return { least: end, most: end };
  }
  const { least, most } = possibleRange(row, quantity);
  if (quantity === "success" || quantity === "episode_return") return { least, most };
  if (quantity !== "episode_length") return { least: row[quantity], most };
  return { least: Math.min(stepsPlayed(row), most ?? Number.POSITIVE_INFINITY), most };
}

/** What a quantity of an episode can be, whatever happens in it. */
export function possibleRange(row: EpisodeRow, quantity: Quantity): Range {
  if (quantity === "success" || quantity === "episode_return") return { least: 0, most: 1 };
  return quantity === "episode_length"
    ? { least: 1, most: row.step_limit ?? null }
    : { least: 0, most: null };
}

/** The counts that are known: what a provider did not count is not 0. */
export function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

/** Steps that an episode without an outcome takes at least: an inference is only asked for before the end. */
export function stepsPlayed({ inferences }: EpisodeRow): number {
  return Math.max(1, inferences);
}
