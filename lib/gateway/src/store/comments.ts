import type { ClickHouseClient } from "@clickhouse/client";
import { storedOnce } from "./stored-once";

/** Half a character in `value` or a tag, which ClickHouse refuses, becomes U+FFFD. */
export interface EpisodeComment {
  /** Id of the record itself, a UUIDv7. */
  id: string;
  episodeId: string;
  value: string;
  tags: Readonly<Record<string, string>>;
}

/**
 * Stores a comment on an episode. The row goes straight to ClickHouse: a gateway takes no feedback on an episode without
 * inferences.
 */
export async function insertComment(
  clickhouse: ClickHouseClient,
  { id, episodeId, value, tags }: EpisodeComment,
): Promise<void> {
  await clickhouse.insert({
    table: "CommentFeedback",
    format: "JSONEachRow",
    clickhouse_settings: storedOnce(id),
    values: [
      {
        id,
        target_id: episodeId,
        target_type: "episode",
        value: value.toWellFormed(),
        tags: Object.fromEntries(
          Object.entries(tags).map((tag) => tag.map((text) => text.toWellFormed())),
        ),
      },
    ],
  });
}
