import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { ClickHouseError, type ClickHouseSettings, parseError } from "@clickhouse/client";
import type { ChdbConnection } from "chdb/connection";
import { isAlive } from "../basics/is-alive";
import { messageOf } from "../basics/message-of";
import { oneLine } from "../basics/one-line";
import { openConfined } from "./confinement";
import { closedError, StoreOpenError } from "./folder/connect-error";
import { DamagedPartError, spoiltPart } from "./folder/damaged-part";
import { assertNotHeld, assertWritable, heldBy, MEMORY, statusPid } from "./folder/data-folder";
import { type Connection, collect } from "./folder/wire";

type Settings = Record<string, string | number>;

/** One of the engine's connections. */
type Engine = Connection & Pick<ChdbConnection, "chdb">;

/** What `@clickhouse/client` hands to a connection; the parts that decide which engine connection runs it. */
interface Request {
  query: string;
  clickhouse_settings?: Record<string, unknown>;
  session_id?: string;
}

/** Idle engine connections kept for the next query; more are closed when they come back. */
const MAX_IDLE = 4;

/**
 * An insert whose rows the engine takes as bytes; its own client would turn them into text and copy them three times.
 */
const INSERT_JSON = /^INSERT INTO (\w+) FORMAT JSONEachRow$/;

/** How often, while rows come in, freed memory is given back to the system; the engine would keep hundreds of MiB. */
const PURGE_EVERY_MS = 1000;

/** How often a query whose client has left is told to end. */
const KILL_EVERY_MS = 200;

/**
 * The engine does not compile what it has run thrice to machine code: that takes 0.4 s of a store's first seconds, and an
 * aggregate over three million rows is no faster by it.
 */
const INTERPRETED = ["expressions", "aggregate_expressions", "sort_description"]
  .map((what) => `compile_${what} = 0`)
  .join(", ");

/** An idle session ends after this time, as a server's does. */
const SESSION_MS = 60_000;

interface Session {
  engine: Promise<Engine>;
  /** Requests under way. */
  running: number;
  ending?: NodeJS.Timeout;
}

/** Statements that leave something behind on the connection that ran them. */
const STATEFUL = /^\s*(SET|USE|CREATE\s+(OR\s+REPLACE\s+)?TEMPORARY)\b/i;

/**
 * ClickHouse inside this process, behind the connection interface of `@clickhouse/client`.
 *
 * chdb keeps settings, `USE` and temporary tables for as long as one of its connections lives, and runs the queries of
 * one connection in turn. ClickHouse over HTTP forgets them after each request. To behave the same, each query takes a
 * connection (0.5 ms to open) and only a clean one is used again; a `session_id` keeps its connection, as over HTTP.
 */
export class EmbeddedConnection implements Connection {
  private readonly idle: Engine[] = [];
  private readonly sessions = new Map<string, Session>();
  private readonly prelude: string;
  /** Never used: without any connection the engine would end, and forget its arguments and the tables in memory. */
  private readonly base: { close(): void };
  private closed = false;
  private purgedAt = performance.now();

  constructor(
    private readonly path: string,
    private readonly options: {
      database: string;
      settings: Settings;
      temporary: boolean;
      isConfined: boolean;
    },
  ) {
    const set = Object.entries(options.settings).map(
      ([k, v]) => `${k} = ${typeof v === "number" ? v : `'${v}'`}`,
    );
    // subtle: only `RowWriter`'s batches are deduplicated; two equal inserts by anyone else are both stored, as on a
    // server.
    this.prelude = `USE ${options.database}; SET deduplicate_insert = 'backward_compatible_choice', insert_deduplicate = 0, ${INTERPRETED}, ${set.join(", ")}`;
    const { base, first } = openEngine(path, options.isConfined);
    this.base = base;
    this.idle.push(first);
    if (options.temporary) process.once("exit", this.removeFolder);
  }

  /** Makes the database and readies the first connection. To be awaited before any query. */
  async initialize(): Promise<void> {
    const first = this.idle[0];
    if (first === undefined) return;
    await first.command({ query: `CREATE DATABASE IF NOT EXISTS ${this.options.database}` });
    await first.command({ query: this.prelude });
  }

  query(params: Parameters<Connection["query"]>[0]) {
    return this.lease(params, (connection) => connection.query(params));
  }

  insert(params: Parameters<Connection["insert"]>[0]) {
    return this.lease(params, (connection) => connection.insert(params));
  }

  command(params: Parameters<Connection["command"]>[0]) {
    return this.lease(params, (connection) => connection.command(params));
  }

  exec(params: Parameters<Connection["exec"]>[0]): ReturnType<Connection["exec"]> {
    const { query, values, clickhouse_settings, session_id, query_id = randomUUID() } = params;
    const table = INSERT_JSON.exec(query)?.[1];
    if (table === undefined || !(values instanceof Readable))
      return this.lease(params, (connection) => connection.exec(params));
    return this.lease({ query, session_id }, async (connection) => {
      const settings = clickhouse_settings as Settings | undefined;
      await connection.chdb
        .rawInsert({ table, format: "JSONEachRow", values: await collect(values), settings })
        .catch((cause: Error) => Promise.reject(parseError(cause)));
      await this.purge(connection);
      return { query_id, stream: Readable.from([]), response_headers: {} };
    });
  }

  ping(params: Parameters<Connection["ping"]>[0]) {
    return this.lease({ query: "SELECT 1" }, (connection) => connection.ping(params));
  }

  /**
   * Runs a query as text with settings as text, and answers its output's bytes.
   *
   * @param signal aborting it ends the query
   */
  async raw(
    query: string,
    settings: Record<string, string> = {},
    sessionId?: string,
    signal?: AbortSignal,
  ): Promise<Buffer> {
    signal?.throwIfAborted();
    const id = randomUUID();
    const own = signal && { log_comment: `${id} ${settings.log_comment ?? ""}` };
    // subtle: the settings' texts are quoted on their way, and the engine reads backslashes in quotes as escapes.
    const quoted = Object.entries({ ...settings, ...own }).map(([name, text]) => [
      name,
      text.replaceAll("\\", "\\\\"),
    ]);
    const clickhouse_settings = Object.fromEntries(quoted) as ClickHouseSettings;
    const running = this.exec({ query, clickhouse_settings, session_id: sessionId });
    const stop = () => this.kill(id, running);
    signal?.addEventListener("abort", stop);
    try {
      return await collect((await running).stream);
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * Ends a query that is known by its comment. subtle: asked on this thread, since long queries may have taken all others;
   * and until it has ended, since it may not have begun.
   */
  private kill(id: string, running: Promise<unknown>): void {
    const kill = () => {
      const session = new (chdb("chdb").Session)(this.path);
      try {
        session.query(`KILL QUERY WHERE startsWith(Settings['log_comment'], '${id}') ASYNC`);
      } finally {
        session.close();
      }
    };
    const again = setInterval(kill, KILL_EVERY_MS);
    const end = () => clearInterval(again);
    running.then(end, end);
    kill();
  }

  async endSession(id: string): Promise<void> {
    const session = this.sessions.get(id);
    this.sessions.delete(id);
    clearTimeout(session?.ending);
    await (await session?.engine)?.close();
  }

  /** Waits for running queries, then frees the folder for other processes. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await chdb("chdb").drainPending();
    await Promise.all([...this.sessions.keys()].map((id) => this.endSession(id)));
    await Promise.all(this.idle.splice(0).map((connection) => connection.close()));
    this.base.close();
    if (!this.options.temporary) return;
    process.off("exit", this.removeFolder);
    this.removeFolder();
  }

  private readonly removeFolder = (): void => rmSync(this.path, { recursive: true, force: true });

  private async lease<T>(request: Request, run: (connection: Engine) => Promise<T>): Promise<T> {
    if (this.closed) throw closedError();
    if (request.session_id !== undefined)
      return this.inSession(request.session_id, run).catch(async (error) => {
        throw await this.explain(error);
      });
    const connection = this.idle.pop() ?? (await this.openConnection());
    try {
      return await run(connection);
    } catch (error) {
      throw await this.explain(error);
    } finally {
      const clean =
        Object.keys(request.clickhouse_settings ?? {}).length === 0 &&
        !STATEFUL.test(request.query);
      if (clean && !this.closed && this.idle.length < MAX_IDLE) this.idle.push(connection);
      else await connection.close();
    }
  }

  /** The error in the client's own class; of a part that cannot be read, with the table that it is of. */
  private async explain(thrown: unknown): Promise<unknown> {
    const error = asClientError(thrown);
    const path = error instanceof ClickHouseError ? spoiltPart(error) : undefined;
    if (path === undefined) return error;
    const query = `SELECT name FROM system.tables WHERE uuid = '${basename(dirname(path))}' FORMAT TSV`;
    const table = await this.raw(query).catch(() => "a table");
    return new DamagedPartError(String(table).trim(), path, error as ClickHouseError);
  }

  private async purge(connection: Engine): Promise<void> {
    if (performance.now() - this.purgedAt < PURGE_EVERY_MS) return;
    this.purgedAt = performance.now();
    // Builds of the engine without jemalloc refuse it; the rows are stored all the same.
    await connection.command({ query: "SYSTEM JEMALLOC PURGE" }).catch(() => {});
  }

  private async inSession<T>(id: string, run: (connection: Engine) => Promise<T>): Promise<T> {
    const session = this.sessions.get(id) ?? { engine: this.openConnection(), running: 0 };
    this.sessions.set(id, session);
    clearTimeout(session.ending);
    session.running++;
    try {
      return await run(await session.engine);
    } finally {
      session.running--;
      const end = () => this.endSession(id).catch(() => {});
      if (session.running === 0 && !this.closed)
        session.ending = setTimeout(end, SESSION_MS).unref();
    }
  }

  private async openConnection(): Promise<Engine> {
    const connection = newConnection(this.path);
    await connection.command({ query: this.prelude });
    return connection;
  }
}

/**
 * Opens the engine on a folder (made if missing); `":memory:"` stands for a temporary one.
 *
 * @throws StoreOpenError
 */
export function openEmbedded(
  dataDir: string,
  database: string,
  settings: Settings,
  isConfined = false,
): EmbeddedConnection {
  const temporary = dataDir === MEMORY;
  const path = temporary ? mkdtempSync(join(tmpdir(), "babyai-store-")) : resolve(dataDir);
  if (!temporary) {
    assertWritable(path);
    assertNotHeld(path);
  }
  return new EmbeddedConnection(path, { database, settings, temporary, isConfined });
}

function openEngine(path: string, isConfined: boolean) {
  const { Session } = chdb("chdb");
  try {
    return inUtc(() => ({
      base: isConfined
        ? openConfined((connectionArgs) => new Session(path, { connectionArgs }))
        : new Session(path),
      first: newConnection(path),
    }));
  } catch (cause) {
    const message = messageOf(cause);
    if (message.includes("one active data directory per process")) {
      throw new StoreOpenError(
        "held",
        `This process already has another embedded store open. ClickHouse holds one data folder per process: close the first ` +
          `store before opening ${path}. (${message})`,
        { cause },
      );
    }
    // subtle: the engine reports only that it failed and prints the reason on stderr; its status file says who runs.
    const pid = statusPid(path);
    if (pid !== undefined && pid !== process.pid && isAlive(pid)) throw heldBy(path, pid, cause);
    throw new StoreOpenError(
      "engine",
      `The embedded ClickHouse could not open ${path}; the lines above say why. If the folder was written by a newer ` +
        "version, or files below its folder metadata are damaged, put those back from a copy; else name another folder for a new store.",
      { cause },
    );
  }
}

/**
 * subtle: for columns of tables that are already there the engine takes the time zone of the process, which it reads from
 * TZ when it first starts; neither `session_timezone` nor an argument of its own changes that.
 */
function inUtc<T>(start: () => T): T {
  const { TZ } = process.env;
  process.env.TZ = "UTC";
  try {
    return start();
  } finally {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  }
}

/** subtle: chdb types its connection by `@clickhouse/client-common`, of which the client bundles a copy of its own. */
function newConnection(path: string): Engine {
  return chdb("chdb/connection").createChdbConnection({ path }) as unknown as Engine;
}

interface Chdb {
  chdb: typeof import("chdb");
  "chdb/connection": typeof import("chdb/connection");
}

/** The engine is native code, loaded when a store is opened: where it has no build, what needs no store still works. */
function chdb<Module extends keyof Chdb>(module: Module): Chdb[Module] {
  try {
    return require(module);
  } catch (cause) {
    throw new StoreOpenError(
      "unsupported_platform",
      `The embedded ClickHouse cannot be loaded on ${process.platform}-${process.arch}: ${oneLine(messageOf(cause), 300)} ` +
        "If packages were left out, install them (npm ci); else use a ClickHouse server: see docker-compose.yml.",
      { cause },
    );
  }
}

/** The same error class as over HTTP, so that `instanceof ClickHouseError` holds for both. */
function asClientError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || !("type" in error)) return error;
  const converted = new ClickHouseError({
    message: error.message,
    code: String(error.code),
    type: error.type === undefined ? undefined : String(error.type),
  });
  converted.cause = error;
  return converted;
}
