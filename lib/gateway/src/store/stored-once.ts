import type { ClickHouseSettings } from "@clickhouse/client";

/**
 * Settings of an insert that may be sent again, because its answer was lost: rows with a token that the store has taken already,
 * wholly or in part, are stored once, and so is what views make of them. Tables need `non_replicated_deduplication_window`, which
 * those of the embedded store have.
 */
export const storedOnce = (token: string): ClickHouseSettings => ({
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  insert_deduplication_token: token,
});
