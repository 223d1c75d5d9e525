import type { EpisodeKey } from "../../queries/runs/run-state";
import type { Settings } from "./settings";

/** A run's episodes, seed by seed, so that a run cut short has played the same seeds with every variant and task. */
export function* grid({
  variants,
  tasks,
  seeds,
}: Pick<Settings, "variants" | "tasks" | "seeds">): Generator<EpisodeKey> {
  for (const seed of seeds) {
    for (const task of tasks) {
      for (const variant of variants) yield { variant, task, seed };
    }
  }
}

/** Names an episode within a run, for sets. */
export function episodeKey({ variant, task, seed }: EpisodeKey): string {
  return JSON.stringify([variant, task, seed]);
}
