import type { EpisodeKey } from "../../queries/runs/run-state";
import { isOfShard, type Shard, WHOLE } from "../../queries/runs/shard";
import { countOf, inTurn, type Worlds } from "./worlds";

/**
 * A run's episodes, or a shard's, world by world, so that a run cut short has played the same worlds with every variant, and as
 * many of each task.
 */
export function* episodesOf(
  variants: readonly string[],
  worlds: Worlds,
  shard: Shard = WHOLE,
): Generator<EpisodeKey> {
  for (const world of inTurn(worlds)) {
    for (const variant of variants) {
      const episode = { variant, ...world };
      if (isOfShard(episode, shard)) yield episode;
    }
  }
}

/** How many they are. */
export function countEpisodes(
  variants: readonly string[],
  worlds: Worlds,
  shard: Shard = WHOLE,
): number {
  if (shard.of === 1) return variants.length * countOf(worlds);
  let count = 0;
  for (const _ of episodesOf(variants, worlds, shard)) count += 1;
  return count;
}

/** Names an episode within a run, for sets. */
export function episodeKey({ variant, task, seed }: EpisodeKey): string {
  return JSON.stringify([variant, task, seed]);
}
