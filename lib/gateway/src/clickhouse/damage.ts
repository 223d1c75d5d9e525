import type { ClickHouseClient } from "@clickhouse/client";
import { VIEWS } from "./schema-views";

/** Files of one table that ClickHouse could not read when it opened, and put aside. */
export interface Damage {
  table: string;
  /** How many parts. */
  parts: number;
  /** The folder of one of them. */
  path: string;
}

/**
 * What the main tables have lost of their files; empty when all is well. No loss is a part whose rows are in another one:
 * it had been merged into that, and only waited for being removed. Nor is one of a table that views fill, which gets its
 * rows back (`fillViews`).
 */
export async function findDamage(clickhouse: ClickHouseClient): Promise<Damage[]> {
  const filled = [...new Set(Object.values(VIEWS).map(({ target }) => `'${target}'`))];
  const result = await clickhouse.query({
    query: `
      SELECT table, toFloat64(count()) AS parts, any(path) AS path
      FROM system.detached_parts AS broken
      WHERE database = currentDatabase() AND reason LIKE 'broken%' AND table NOT IN (${filled.join(", ")})
        AND (table, name) NOT IN (
          SELECT broken.table, broken.name
          FROM system.detached_parts AS broken INNER JOIN system.parts AS merged
            ON broken.database = merged.database AND broken.table = merged.table
              AND broken.partition_id = merged.partition_id
          WHERE merged.active AND merged.level > broken.level
            AND merged.min_block_number <= broken.min_block_number
            AND merged.max_block_number >= broken.max_block_number
        )
      GROUP BY table
      ORDER BY table`,
    format: "JSONEachRow",
  });
  return result.json<Damage>();
}

/** One line about damage that was found. */
export function describeDamage(damage: readonly Damage[]): string {
  const lost = damage.map(({ table, parts }) => `${parts} of ${table}`).join(", ");
  return (
    `The store is damaged: ClickHouse could not read these parts and put them aside: ${lost}. Their rows are not seen. ` +
    `This is said until you move the folders "broken-on-start_…" away, such as ${damage[0]?.path}.`
  );
}
