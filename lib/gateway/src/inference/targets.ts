import type { Answerable } from "../functions/demonstration";
import { Recent } from "../store/recent";

/** What feedback needs to know of an inference. */
export interface InferenceTarget {
  functionName: string;
  variantName: string;
  /** Known of recent ones; else it is in their rows. */
  answerable?: Answerable;
}

/** The least number of inferences, and of episodes, that are remembered. */
const CAPACITY = 5_000;

/**
 * Recent inferences, so that feedback on them need not query the store, which may not have them yet. Their rows
 * are in the writer before the feedback's, which keeps that order.
 */
export class RecentTargets {
  private readonly recent = {
    inference: new Recent<InferenceTarget>({ maxEntries: CAPACITY }),
    episode: new Recent<InferenceTarget>({ maxEntries: CAPACITY }),
  };

  add(
    {
      inferenceId,
      episodeId,
      functionName,
      variantName,
    }: InferenceTarget & { inferenceId: string; episodeId: string },
    answerable: Answerable,
  ): void {
    const target = { functionName, variantName, answerable };
    this.recent.inference.set(inferenceId, target);
    this.recent.episode.set(episodeId, target);
  }

  find(level: "inference" | "episode", id: string): InferenceTarget | undefined {
    return this.recent[level].get(id);
  }
}
