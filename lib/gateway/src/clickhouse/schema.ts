import type { ClickHouseClient } from "@clickhouse/client";
import { TABLES } from "./schema-tables";
import { VIEWS } from "./schema-views";

/** Turns a `_uint` column back into the UUID that it was made from: the halves are stored low first. */
const UINT_TO_UUID = `CREATE FUNCTION IF NOT EXISTS uint_to_uuid AS (x) -> reinterpretAsUUID(
  concat(substring(reinterpretAsString(x), 9, 8), substring(reinterpretAsString(x), 1, 8)))`;

/**
 * ClickHouse remembers this many recent batches, so one that is sent twice is stored once; see `RowWriter`.
 * TensorZero's tables lack it.
 */
const DEDUPLICATION = "non_replicated_deduplication_window = 100";

/**
 * Creates what is missing of TensorZero's tables and views in the client's database. A complete store costs one query.
 * For a store that this gateway writes; TensorZero's makes its own tables.
 *
 * @returns whether there were tables already
 */
export async function createSchema(client: ClickHouseClient): Promise<boolean> {
  const result = await client.query({
    query: `SELECT name, engine_full AS engine FROM system.tables WHERE database = currentDatabase()
      UNION ALL SELECT name, '' AS engine FROM system.functions WHERE name = 'uint_to_uuid'`,
    format: "JSONEachRow",
  });
  const rows = await result.json<{ name: string; engine: string }>();
  const present = new Map(rows.map(({ name, engine }) => [name, engine]));
  if (!present.has("uint_to_uuid")) await client.command({ query: UINT_TO_UUID });
  for (const [name, definition] of Object.entries(TABLES)) {
    const engine = present.get(name);
    if (engine === undefined) {
      const settings = definition.includes(" SETTINGS ") ? "," : " SETTINGS";
      await client.command({
        query: `CREATE TABLE IF NOT EXISTS ${name} ${definition}${settings} ${DEDUPLICATION}`,
      });
    } else if (!engine.includes(DEDUPLICATION)) {
      await client.command({ query: `ALTER TABLE ${name} MODIFY SETTING ${DEDUPLICATION}` });
    }
  }
  for (const [name, { target, query }] of Object.entries(VIEWS)) {
    if (present.has(name)) continue;
    await client.command({
      query: `CREATE MATERIALIZED VIEW IF NOT EXISTS ${name} TO ${target} AS ${query}`,
    });
  }
  return present.size > 0;
}
