import type { ClickHouseClient } from "@clickhouse/client";
import { insertComment } from "embedded-gateway";
import { feedbackOf } from "../parts/by-run";

/** What a run was started with, as JSON. */
export interface StoredSettings {
  run: string;
  /** Id of the record itself, a UUIDv7. */
  id: string;
  settings: string;
}

/**
 * In place of a table: the settings of the run {run:Nullable(String)}, or of all where that is null, by id, value and tags; twice,
 * because where a damaged part has taken a record out of one table, the other still has it.
 */
export const RECORDS = `(
  WITH record AS (
    SELECT feedback_id FROM FeedbackTag
    WHERE metric_name = 'comment' AND key = 'record' AND value = 'settings' AND feedback_id IN ${feedbackOf("comment")}
  )
  SELECT id, value, tags FROM CommentFeedback WHERE id IN (SELECT feedback_id FROM record)
  UNION ALL
  SELECT id, value, tags FROM CommentFeedbackByTargetId WHERE id IN (SELECT feedback_id FROM record)
)`;

/**
 * Stores a run's settings beside its rows, as a comment tagged `record: settings`: the run can be resumed from the
 * tables alone. subtle: a comment needs a target, and the run has no episode yet, so the record is its own.
 */
export async function insertRunSettings(
  clickhouse: ClickHouseClient,
  { run, id, settings }: StoredSettings,
): Promise<void> {
  const tags = { run, record: "settings" };
  await insertComment(clickhouse, { id, episodeId: id, value: settings, tags });
}

/** The settings that the run was last played with; null when the store knows no such run. */
export async function findRunSettings(
  clickhouse: ClickHouseClient,
  run: string,
): Promise<string | null> {
  const result = await clickhouse.query({
    query: `
      SELECT argMax(value, toString(id)) AS settings
      FROM ${RECORDS}
      HAVING count() > 0`,
    query_params: { run },
    format: "JSONEachRow",
  });
  const [row] = await result.json<{ settings: string }>();
  return row?.settings ?? null;
}

/** All settings that the run was played with, as JSON, in no order: a resumed run may have had others than before. */
export async function everyRunSettings(
  clickhouse: ClickHouseClient,
  run: string,
): Promise<string[]> {
  const result = await clickhouse.query({
    query: `
      SELECT DISTINCT value AS settings
      FROM ${RECORDS}`,
    query_params: { run },
    format: "JSONEachRow",
  });
  return (await result.json<{ settings: string }>()).map(({ settings }) => settings);
}
