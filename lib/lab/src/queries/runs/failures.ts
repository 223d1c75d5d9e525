import type { ClickHouseClient } from "@clickhouse/client";
import { insertComment } from "embedded-gateway";

export interface FailedEpisode {
  run: string;
  variant: string;
  task: string;
  seed: number;
  /** The gateway's id, or a fresh UUIDv7 when not one inference succeeded. */
  episodeId: string;
  /** Id of the record itself, a UUIDv7. */
  feedbackId: string;
  error: string;
}

/**
 * Stores a failed episode as a comment on it. The row goes straight to ClickHouse: the gateway takes no feedback for
 * an episode without inferences, and may itself be what failed.
 */
export async function insertFailure(clickhouse: ClickHouseClient, failed: FailedEpisode) {
  const { run, variant, task, seed } = failed;
  await insertComment(clickhouse, {
    id: failed.feedbackId,
    episodeId: failed.episodeId,
    value: failed.error,
    tags: { run, variant, task, seed: String(seed), outcome: "failed" },
  });
}
