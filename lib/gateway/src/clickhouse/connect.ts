import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { parseHttpUrl } from "../basics/http-url";
import { messageOf } from "../basics/message-of";
import { openEmbedded } from "./connect-embedded";
import { StoreOpenError } from "./connect-error";
import { brokenFolders, ignoreMerged, refuseUnknownTables } from "./damage";
import { fillViews } from "./fill-views";
import { createSchema } from "./schema";

export { StoreOpenError, type StoreOpenErrorCode } from "./connect-error";

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
type EmbeddedTarget = { dataDir: string; isConfined?: boolean };

/**
 * Opens the store and hands back the same client, with the same SQL, wherever it is.
 *
 * - `url`: e.g. `http://chuser:chpassword@localhost:8123/tensorzero`; the path names the database (default
 *   `tensorzero`). The tables are TensorZero's own: its gateway makes them. Nothing is sent until the first query.
 * - `dataDir`: a folder for the embedded engine, made if missing, or `":memory:"` for a store that ends with
 *   `close()`. Missing tables are created, and rows that views owe to their tables added. One process at a time can hold
 *   a folder.
 *
 * @throws StoreOpenError the URL is not HTTP or cannot be read, or the folder is held by another process, not writable, on a full disk,
 *   of another engine version, or has lost a table's definition; `code` says which.
 * @throws DamagedPartError a part of the embedded store cannot be read, and `repairStore` has not put it aside yet
 */
export async function connect(target: StoreTarget): Promise<ClickHouseClient> {
  if ("url" in target) return connectRemote(target.url);
  const known = brokenFolders(target.dataDir);
  const client = await openClient(target);
  try {
    await refuseUnknownTables(client, target.dataDir);
    if (await createSchema(client)) {
      await ignoreMerged(client, known);
      await fillViews(client);
    }
  } catch (error) {
    await client.close();
    throw error;
  }
  return client;
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

/** An embedded store as it is. @throws StoreOpenError */
export async function openClient({
  dataDir,
  isConfined,
}: EmbeddedTarget): Promise<ClickHouseClient> {
  const connection = openEmbedded(dataDir, DATABASE, SESSION_SETTINGS, isConfined);
  const client = createClient({ connection });
  await connection.initialize().catch(async (error) => {
    await client.close();
    throw error;
  });
  return client;
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
