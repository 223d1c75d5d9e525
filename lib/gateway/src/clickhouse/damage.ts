import { existsSync, readdirSync, renameSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import { plural } from "../basics/one-line";
import { StoreOpenError } from "./folder/connect-error";
import { TABLES } from "./schema-tables";
import { VIEWS } from "./schema-views";

/** Files of one table that could not be read and were put aside. */
export interface Damage {
  table: string;
  /** How many parts. */
  parts: number;
  /** The folder of one of them. */
  path: string;
}

const FILLED = new Set(Object.values(VIEWS).map(({ target }) => target));

/** The tables that no view fills: what they lose is lost. */
const MAIN = Object.keys(TABLES).filter((table) => !FILLED.has(table));

/**
 * What the main tables have lost of their files; empty when all is well. A table that views fill loses nothing by that: it
 * gets its rows back (`fillViews`).
 */
export async function findDamage(clickhouse: ClickHouseClient): Promise<Damage[]> {
  const result = await clickhouse.query({
    query: `
      SELECT table, toFloat64(count()) AS parts, any(path) AS path
      FROM system.detached_parts
      WHERE database = currentDatabase() AND reason LIKE 'broken%' AND table IN {main:Array(String)}
      GROUP BY table
      ORDER BY table`,
    query_params: { main: MAIN },
    format: "JSONEachRow",
  });
  return result.json<Damage>();
}

/** One line about damage that was found. */
export function describeDamage(damage: readonly Damage[]): string {
  const lost = damage.map(({ table, parts }) => `${parts} of ${table}`).join(", ");
  return (
    `The store is damaged: ClickHouse could not read these parts and put them aside: ${lost}. Their rows are not seen. ` +
    `This is said until you move the folders "broken…" away, such as ${damage[0]?.path}.`
  );
}

/** The parts of a store that were put aside as broken, by their folders. Asked before the engine opens it. */
export function brokenFolders(dataDir: string): Set<string> {
  const detached = tableFolders(dataDir).flatMap((table) => below(join(table, "detached")));
  return new Set(detached.filter((path) => basename(path).startsWith("broken")));
}

/** One for each table, by its UUID; of each database, too. */
function tableFolders(dataDir: string): string[] {
  return below(join(resolve(dataDir), "store")).flatMap(below);
}

function below(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return []; // a new store, a file, or no folder
  }
}

/**
 * Refuses a store that has rows of a table which it no longer knows: a file of its folder metadata is gone. Asked before
 * missing tables are made, or the table would be there again, and empty.
 *
 * @throws StoreOpenError
 */
export async function refuseUnknownTables(
  client: ClickHouseClient,
  dataDir: string,
): Promise<void> {
  const result = await client.query({
    query: "SELECT toString(uuid) AS uuid FROM system.tables",
    format: "JSONEachRow",
  });
  const known = new Set((await result.json<{ uuid: string }>()).map(({ uuid }) => uuid));
  // A table that was dropped stays for some minutes.
  const dropped = below(join(resolve(dataDir), "metadata_dropped")).join();
  const unknown = tableFolders(dataDir).filter((folder) => {
    const uuid = basename(folder);
    const hasRows = () => below(folder).some((path) => /_\d+_\d+_\d+(_\d+)?$/.test(path));
    return !known.has(uuid) && !dropped.includes(uuid) && hasRows();
  });
  if (unknown.length === 0) return;
  throw new StoreOpenError(
    "damaged",
    `The store ${dataDir} is damaged: ${plural(unknown.length, "table")} of it, such as ${unknown[0]}, ${unknown.length === 1 ? "has" : "have"} rows and no ` +
      "definition, because files are gone from its folder metadata or from where that leads. Nothing was changed. Put these " +
      "files back from a copy, or name another folder for a new store.",
  );
}

interface Range {
  table: string;
  partition_id: string;
  first: number;
  last: number;
}

/**
 * Parts that were found broken just now and whose rows are in others: a part that had been merged and only waited for being
 * removed, or a merged one whose own parts are still there. Nothing is lost, so their folders are called "ignored…".
 * subtle: to be told apart when the store opens, because numbers of lost blocks are given to new ones.
 *
 * @param known what was broken before
 */
export async function ignoreMerged(
  client: ClickHouseClient,
  known: ReadonlySet<string>,
): Promise<void> {
  for (const table of MAIN) await client.command({ query: `SYSTEM WAIT LOADING PARTS ${table}` });
  const select = async <Row>(query: string) =>
    (await client.query({ query, format: "JSONEachRow" })).json<Row>();
  const columns = `table, partition_id, toFloat64(min_block_number) AS first, toFloat64(max_block_number) AS last`;
  const broken = await select<Range & { path: string }>(
    `SELECT ${columns}, path FROM system.detached_parts WHERE database = currentDatabase() AND reason LIKE 'broken%'`,
  );
  const found = broken.filter(({ path }) => !known.has(path.replace(/\/$/, "")));
  if (found.length === 0) return;
  const active = await select<Range>(
    `SELECT ${columns} FROM system.parts WHERE database = currentDatabase() AND active ORDER BY first`,
  );
  for (const part of found) {
    const others = active.filter(
      ({ table, partition_id }) => table === part.table && partition_id === part.partition_id,
    );
    if (isCovered(part, others)) putAside(part.path, "ignored");
  }
}

/** @param others in order */
function isCovered({ first, last }: Range, others: readonly Range[]): boolean {
  let next = first;
  for (const other of others) {
    if (other.first <= next && other.last >= next) next = other.last + 1;
  }
  return next > last;
}

/**
 * Gives a detached part's folder a name that says why it is there. subtle: numbers of lost blocks are given again, so that
 * name may be taken.
 *
 * @returns the folder
 */
export function putAside(path: string, reason: "broken" | "ignored"): string {
  const name = basename(path).replace(/^broken[a-z-]*_/, "");
  const named = join(dirname(path.replace(/\/$/, "")), `${reason}_${name}`);
  let free = named;
  for (let i = 1; existsSync(free); i++) free = `${named}_try${i}`;
  renameSync(path, free);
  return free;
}
