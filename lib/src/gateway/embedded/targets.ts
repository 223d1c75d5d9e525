/** What feedback needs to know of an inference. */
export interface InferenceTarget {
  functionName: string;
  variantName: string;
}

/** How many inferences, and episodes, are remembered. */
const CAPACITY = 10_000;

/**
 * The inferences of a moment ago, so that feedback on them need not ask the store, where they may not be yet. Their rows
 * are in the writer before the feedback's, which keeps that order.
 */
export class RecentTargets {
  private readonly recent = {
    inference: new Map<string, InferenceTarget>(),
    episode: new Map<string, InferenceTarget>(),
  };

  add({
    inferenceId,
    episodeId,
    functionName,
    variantName,
  }: InferenceTarget & { inferenceId: string; episodeId: string }): void {
    const target = { functionName, variantName };
    remember(this.recent.inference, inferenceId, target);
    remember(this.recent.episode, episodeId, target);
  }

  find(level: "inference" | "episode", id: string): InferenceTarget | undefined {
    return this.recent[level].get(id);
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= CAPACITY) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
