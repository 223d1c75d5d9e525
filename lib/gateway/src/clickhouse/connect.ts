import { resolve } from "node:path";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { parseHttpUrl } from "../basics/http-url";
import { messageOf } from "../basics/message-of";
import { openEmbedded } from "./connect-embedded";
import { brokenFolders, ignoreMerged, refuseUnknownTables } from "./damage";
import { fillViews } from "./fill-views";
import { StoreOpenError } from "./folder/connect-error";
import { assertWritable, MEMORY } from "./folder/data-folder";
import { shareStore } from "./folder/share";
import { createSchema } from "./schema";

export { StoreOpenError, type StoreOpenErrorCode } from "./folder/connect-error";

/** The database that TensorZero's tables live in, embedded and remote alike. */
export const DATABASE = "tensorzero";

/**
 * Settings that make both stores give the same answers: times as UTC text, and 64-bit integers as strings, because a
 * JavaScript number would drop digits of a UInt64 or UInt128.
 */
export const SESSION_SETTINGS = {
  session_timezone: "UTC",
  output_format_json_quote_64bit_integers: 1,
} as const;

/** Where the store is: a ClickHouse server's HTTP address, or a folder for ClickHouse inside this process. */
export type StoreTarget = { url: string } | EmbeddedTarget;
interface EmbeddedTarget {
  dataDir: string;
  /** Statements reach nothing outside of the store. */
  isConfined?: boolean;
  /** This process holds the store as long as it uses it; one that holds it now is asked to give way. Default: it joins. */
  keeps?: boolean;
  /** Told what it waits for, and when another process has ended whose place it takes. Default: nobody is. */
  log?: (line: string) => void;
}

/**
 * Opens the store and hands back the same client, with the same SQL, wherever it is.
 *
 * - `url`: e.g. `http://chuser:chpassword@localhost:8123/tensorzero`; the path names the database (default
 *   `tensorzero`). The tables are TensorZero's own: its gateway makes them. Nothing is sent until the first query.
 * - `dataDir`: a folder for the embedded engine, made if missing, or `":memory:"` for a store that ends with
 *   `close()`. Missing tables are created, and rows that views owe to their tables added. One process at a time can hold
 *   a folder; others of this user join it, and one of them takes its place when it ends. The client does not change by that.
 *
 * @throws StoreOpenError the URL is not HTTP or cannot be read, or the folder is held by a process that cannot be joined, not writable,
 *   on a full disk, of another engine version, or has lost a table's definition; `code` says which.
 * @throws DamagedPartError a part of the embedded store cannot be read, and `repairStore` has not put it aside yet
 */
export async function connect(target: StoreTarget): Promise<ClickHouseClient> {
  if ("url" in target) return connectRemote(target.url);
  return openClient(target, async (client, known) => {
    if (target.dataDir !== MEMORY) await refuseUnknownTables(client, target.dataDir);
    if (await createSchema(client)) {
      await ignoreMerged(client, known);
      await fillViews(client);
    }
  });
}

/**
 * Opens a ClickHouse server that may know nothing of TensorZero yet: the database and the tables that it lacks are made, as
 * TensorZero's gateway makes them when it starts.
 *
 * @throws StoreOpenError the URL cannot be read, or the server does not take the statements
 */
export async function connectToServer(url: string): Promise<ClickHouseClient> {
  const client = connectRemote(url);
  const server = new URL(url);
  const database = server.pathname.slice(1) || DATABASE;
  server.pathname = "/default";
  const first = connectRemote(server.href);
  try {
    const query = "CREATE DATABASE IF NOT EXISTS {database:Identifier}";
    await first.command({ query, query_params: { database } });
    await createSchema(client);
    return client;
  } catch (cause) {
    await client.close();
    throw new StoreOpenError(
      "unreachable",
      `ClickHouse at ${server.host} does not take the tables (${messageOf(cause)}). Start it, or correct CLICKHOUSE_URL.`,
      { cause },
    );
  } finally {
    await first.close();
  }
}

/**
 * An embedded store, held by this process or joined.
 *
 * @param prepare what is to be done when this process has opened the engine, before others can join; it is told which parts were
 *   broken before
 * @throws StoreOpenError
 */
export async function openClient(
  { dataDir, isConfined, keeps, log }: EmbeddedTarget,
  prepare: (client: ClickHouseClient, known: ReadonlySet<string>) => Promise<void> = async () => {},
): Promise<ClickHouseClient> {
  const open = async () => {
    const known = dataDir === MEMORY ? new Set<string>() : brokenFolders(dataDir);
    const connection = openEmbedded(dataDir, DATABASE, SESSION_SETTINGS, isConfined);
    try {
      await connection.initialize();
      await prepare(createClient({ connection }), known);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  };
  if (dataDir === MEMORY) return createClient({ connection: await open() });
  const store = resolve(dataDir);
  assertWritable(store);
  return createClient({ connection: await shareStore(store, { open, keeps, log }) });
}

function connectRemote(url: string): ClickHouseClient {
  let parsed: URL;
  try {
    parsed = parseHttpUrl(url);
  } catch (cause) {
    throw new StoreOpenError(
      "invalid_url",
      `ClickHouse's address (CLICKHOUSE_URL) ${messageOf(cause)}. Give one like http://user:password@localhost:8123/${DATABASE}.`,
      { cause },
    );
  }
  const database = parsed.pathname.length > 1 ? {} : { database: DATABASE };
  // What fails is thrown; the client's own log would only print it a second time.
  const log = { level: ClickHouseLogLevel.OFF };
  return createClient({ url: parsed, ...database, clickhouse_settings: SESSION_SETTINGS, log });
}
