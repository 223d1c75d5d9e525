import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";

/** A folder that a table's rows are in. */
export interface Part {
  name: string;
  path: string;
  /** Not merged into another one. */
  active: boolean;
}

/** A table's parts by name. They are damaged once the store is closed. */
export async function partsOf(client: ClickHouseClient, table: string): Promise<Part[]> {
  const result = await client.query({
    query: `SELECT name, path, active = 1 AS active FROM system.parts
      WHERE database = currentDatabase() AND table = {table:String} ORDER BY min_block_number, level`,
    query_params: { table },
    format: "JSONEachRow",
  });
  return (await result.json<Part>()).map((part) => ({ ...part, active: Boolean(part.active) }));
}

/** Cuts a part's columns off, as a full disk or a lost write does. */
export function truncatePart({ path }: Part): void {
  for (const file of columnFiles(path)) truncateSync(file, 10);
}

/** Flips one bit in the middle of one of a part's files, as a bad disk or memory does. */
export function flipBit(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(file, bytes);
}

function columnFiles(path: string): string[] {
  return readdirSync(path)
    .map((name) => join(path, name))
    .filter((file) => file.endsWith(".bin") && statSync(file).size > 10);
}
