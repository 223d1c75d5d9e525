import type { ClickHouseClient } from "@clickhouse/client";
import { TABLES } from "./schema-tables";
import { VIEWS } from "./schema-views";

/** Turns a `_uint` column back into the UUID that it was made from: the halves are stored low first. */
const UINT_TO_UUID = `CREATE FUNCTION IF NOT EXISTS uint_to_uuid AS (x) -> reinterpretAsUUID(
  concat(substring(reinterpretAsString(x), 9, 8), substring(reinterpretAsString(x), 1, 8)))`;

/**
 * Creates what is missing of TensorZero's tables and views in the client's database. A complete store costs one query.
 * Only for the embedded store: a ClickHouse server gets its tables from the TensorZero Gateway.
 */
export async function createSchema(client: ClickHouseClient): Promise<void> {
  const result = await client.query({
    query: `SELECT name FROM system.tables WHERE database = currentDatabase()
      UNION ALL SELECT name FROM system.functions WHERE name = 'uint_to_uuid'`,
    format: "JSONEachRow",
  });
  const present = new Set((await result.json<{ name: string }>()).map((row) => row.name));
  if (!present.has("uint_to_uuid")) await client.command({ query: UINT_TO_UUID });
  for (const [name, definition] of Object.entries(TABLES)) {
    if (!present.has(name))
      await client.command({ query: `CREATE TABLE IF NOT EXISTS ${name} ${definition}` });
  }
  for (const [name, { target, query }] of Object.entries(VIEWS)) {
    if (present.has(name)) continue;
    await client.command({
      query: `CREATE MATERIALIZED VIEW IF NOT EXISTS ${name} TO ${target} AS ${query}`,
    });
  }
}
