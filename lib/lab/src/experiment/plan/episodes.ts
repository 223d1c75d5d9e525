import type { EpisodeKey } from "../../queries/runs/run-state";
import { inTurn, type Worlds } from "./worlds";

/** A run's episodes, world by world, so that a run cut short has played the same worlds with every variant, and as many of each task. */
export function* episodesOf(variants: readonly string[], worlds: Worlds): Generator<EpisodeKey> {
  for (const world of inTurn(worlds)) {
    for (const variant of variants) yield { variant, ...world };
  }
}

/** Names an episode within a run, for sets. */
export function episodeKey({ variant, task, seed }: EpisodeKey): string {
  return JSON.stringify([variant, task, seed]);
}
