import type { ClickHouseClient } from "@clickhouse/client";

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
    // Sent again, because the answer was lost, it is stored once; see `RowWriter`.
    clickhouse_settings: {
      insert_deduplicate: 1,
      deduplicate_blocks_in_dependent_materialized_views: 1,
      insert_deduplication_token: id,
    },
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
