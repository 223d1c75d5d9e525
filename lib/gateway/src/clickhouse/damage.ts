import type { ClickHouseClient } from "@clickhouse/client";

/**
 * One line about files of the store that ClickHouse could not read when it opened, and put aside; null when all is well.
 * It goes on without the rows in them, so that a run's episodes may be missing or lack tokens.
 */
export async function describeDamage(clickhouse: ClickHouseClient): Promise<string | null> {
  const result = await clickhouse.query({
    query: `
      SELECT table, toFloat64(count()) AS parts, any(path) AS path
      FROM system.detached_parts
      WHERE database = currentDatabase() AND reason LIKE 'broken%'
      GROUP BY table
      ORDER BY table`,
    format: "JSONEachRow",
  });
  const rows = await result.json<{ table: string; parts: number; path: string }>();
  if (rows.length === 0) return null;
  const lost = rows.map(({ table, parts }) => `${parts} of ${table}`).join(", ");
  return (
    `The store is damaged: ClickHouse could not read these parts and put them aside: ${lost}. Their rows are not seen; runs ` +
    `may lack episodes (npm start -- --resume plays those) or tokens. This stays until you remove the folders "broken-on-start_…", ` +
    `such as ${rows[0]?.path}.`
  );
}
