import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { ClickHouseError } from "@clickhouse/client";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { BodyError } from "../../basics/limited-body";
import type { EmbeddedConnection } from "../connect-embedded";
import { AsyncInserts, isAsyncInsert } from "./async-inserts";
import { authenticate, type Credentials } from "./authenticate";
import { ClickHouseHttpError } from "./error";
import { withExternalTables } from "./external-tables";
import { insertRows, rowsExpected } from "./infile";
import { asClickHouseError, type Input, readRequest } from "./request";
import { type Statement, Statements } from "./statements";

export interface ClickHouseHttpOptions extends Credentials {
  connection: EmbeddedConnection;
  /** Statements may reach files, programs and addresses. Default: those that would are refused. */
  allowOutside?: boolean;
}

/**
 * ClickHouse's HTTP interface over the embedded engine: enough for `@clickhouse/client`, curl and TensorZero's own gateway.
 * Queries in the URL, the body, or both; `param_x`; settings, formats and sessions in the URL; text and binary formats;
 * external tables; gzip both ways; errors with ClickHouse's codes; `async_insert`, always with its wait.
 *
 * Left out: the native protocol's block compression (`compress=1`), users and roles, `system.query_log`, progress headers, and
 * errors in the middle of an answer. A query ends when its client leaves.
 */
export function clickHouseApp({
  connection,
  allowOutside = false,
  ...credentials
}: ClickHouseHttpOptions): Hono {
  const app = new Hono();
  const statements = new Statements(connection, allowOutside);
  const inserts = new AsyncInserts();
  const version = connection
    .raw("SELECT version() FORMAT TSVRaw")
    .then((text) => text.toString().trim());
  app.use(async (c, next) => {
    await next();
    c.res.headers.set("x-clickhouse-server-display-name", "babyai-lab");
    c.res.headers.set("x-clickhouse-timezone", "UTC");
    // What a query answers is never a page with scripts.
    c.res.headers.set("x-content-type-options", "nosniff");
  });
  app.get("/ping", (c) => c.text("Ok.\n"));
  app.get("/replicas_status", (c) => c.text("Ok.\n"));
  app.on(["GET", "POST", "HEAD"], "/*", async (c) => {
    const queryId = c.req.query("query_id") ?? randomUUID();
    try {
      if (!/^[\x20-\x7e]*$/.test(queryId)) {
        const message = "query_id comes back in a header: write it in printable ASCII";
        throw new ClickHouseHttpError(36, "BAD_ARGUMENTS", message);
      }
      c.header("x-clickhouse-query-id", queryId);
      // A request without a query needs no password: a browser or a load balancer checks whether the server is up.
      if (!c.req.query("query") && c.req.method !== "POST") return c.text("Ok.\n");
      authenticate(c, credentials);
      const input = await readRequest(c);
      const client = { isReader: c.req.method !== "POST", signal: c.req.raw.signal };
      return await answer(
        c,
        await run({ connection, statements, inserts, ...client }, input),
        input,
      );
    } catch (error) {
      const known = error instanceof BodyError ? asClickHouseError(error) : error;
      return failure(c, known, await version);
    }
  });
  return app;
}

interface Runner {
  connection: EmbeddedConnection;
  statements: Statements;
  inserts: AsyncInserts;
  /** It may not write: GET. */
  isReader: boolean;
  /** Aborts when the client leaves. */
  signal?: AbortSignal;
}

async function run(runner: Runner, input: Input): Promise<Buffer> {
  const { statements, inserts, isReader } = runner;
  const { database, query, rows, settings, externalTables } = input;
  const statement = await statements.read(query);
  if (isReader && !statement.isRead) {
    const message = "Cannot execute query in readonly mode: a GET only reads; use POST";
    throw new ClickHouseHttpError(164, "READONLY", message);
  }
  if ((statement.rows === undefined) !== (rows === undefined)) throw rowsExpected();
  await statements.checkSettings(Object.keys(settings));
  const isAlone = externalTables.length > 0 || input.sessionId !== undefined;
  if (rows === undefined || isAlone || !isAsyncInsert(statement, settings))
    return execute(runner, statement, input);
  const key = JSON.stringify([statement.text, database, settings, input.format]);
  // subtle: the rows of others are among them, so they do not end when one client leaves.
  const all = { ...runner, signal: undefined };
  return inserts.add(key, rows, (rows) => execute(all, statement, { ...input, rows }));
}

async function execute(runner: Runner, statement: Statement, input: Input): Promise<Buffer> {
  const { connection, statements, signal } = runner;
  const { database, query, rows, externalTables } = input;
  const settings = { ...input.settings, default_format: input.format };
  // subtle: what follows the INSERT in EXPLAIN INSERT, or one with `input()`, would be read as rows and more statements.
  const text = /^(EXPLAIN|INSERT)\b/.test(statement.text) ? statement.text : query;
  const isHarmless = (expressions: string) => statements.isHarmless(expressions);
  const send = (session: string | undefined) =>
    rows === undefined
      ? connection.raw(text, settings, session, signal)
      : insertRows(statement, rows, {
          isHarmless,
          run: (insert, more) => connection.raw(insert, { ...settings, ...more }, session, signal),
        });
  if (database === undefined && externalTables.length === 0) return send(input.sessionId);
  if (database !== undefined && !/^\w+$/.test(database))
    throw new ClickHouseHttpError(81, "UNKNOWN_DATABASE", `Database ${database} does not exist`);
  const session = input.sessionId ?? randomUUID();
  const sendOwn = async (text: string, bytes?: Buffer) => {
    const own = await statements.read(text);
    if (own.rows === undefined || bytes === undefined) return connection.raw(text, {}, session);
    const chunks = Readable.from([bytes]);
    const runOwn = (insert: string, more: object) => connection.raw(insert, { ...more }, session);
    return insertRows(own, { chunks, compression: "none" }, { isHarmless, run: runOwn });
  };
  try {
    if (database !== undefined) await sendOwn(`USE ${database}`);
    return await withExternalTables(externalTables, sendOwn, () => send(session));
  } finally {
    if (input.sessionId === undefined) await connection.endSession(session);
  }
}

const CONTENT_TYPES: Record<string, string> = {
  JSON: "application/json; charset=UTF-8",
  JSONCompact: "application/json; charset=UTF-8",
  JSONEachRow: "application/x-ndjson; charset=UTF-8",
  JSONCompactEachRow: "application/x-ndjson; charset=UTF-8",
  CSV: "text/csv; charset=UTF-8; header=absent",
  CSVWithNames: "text/csv; charset=UTF-8; header=present",
  TabSeparated: "text/tab-separated-values; charset=UTF-8",
};

async function answer(
  c: Context,
  output: Buffer,
  { query, format, compress }: Input,
): Promise<Response> {
  const shown = /\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(query.slice(-200))?.[1] ?? format;
  c.header("content-type", CONTENT_TYPES[shown] ?? "text/plain; charset=UTF-8");
  c.header("x-clickhouse-format", shown);
  // The engine reports no counts, but the client expects the header.
  c.header(
    "x-clickhouse-summary",
    JSON.stringify({
      read_rows: "0",
      read_bytes: "0",
      written_rows: "0",
      written_bytes: "0",
      total_rows_to_read: "0",
      result_rows: "0",
      result_bytes: String(output.length),
      elapsed_ns: "0",
    }),
  );
  if (!compress) return c.body(new Uint8Array(output));
  c.header("content-encoding", "gzip");
  return c.body(new Uint8Array(await promisify(gzip)(output)));
}

function failure(c: Context, error: unknown, version: string): Response {
  const known = error instanceof ClickHouseHttpError || error instanceof ClickHouseError;
  const code = known ? String(error.code) : "1002";
  const type = (known ? error.type : undefined) ?? "UNKNOWN_EXCEPTION";
  const message = error instanceof Error ? error.message.trim() : String(error);
  c.header("x-clickhouse-exception-code", code);
  const text = `Code: ${code}. DB::Exception: ${message.replace(/\.$/, "")}. (${type}) (version ${version} (official build))\n`;
  return c.text(text, STATUS[code] ?? 500);
}

/** The HTTP status of an exception's code; what is not here is a 500. */
const STATUS: Record<string, ContentfulStatusCode> = {
  ...statuses(
    400,
    [6, 7, 26, 27, 38, 41, 53, 62, 69, 70, 72, 117, 131, 158, 306, 321, 435, 456, 457],
  ),
  ...statuses(401, [194]),
  ...statuses(403, [164, 192, 193, 497, 516]),
  ...statuses(404, [46, 47, 50, 56, 60, 63, 73, 81, 115]),
  ...statuses(408, [159]),
  ...statuses(413, [307]),
  ...statuses(501, [48]),
  ...statuses(503, [76, 202, 209]),
};

function statuses(
  status: ContentfulStatusCode,
  codes: number[],
): Record<string, ContentfulStatusCode> {
  return Object.fromEntries(codes.map((code) => [String(code), status]));
}
