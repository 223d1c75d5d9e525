import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, gzip, inflate } from "node:zlib";
import { ClickHouseError } from "@clickhouse/client";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { EmbeddedConnection } from "./connect-embedded";

export interface ClickHouseHttpOptions {
  connection: EmbeddedConnection;
  /** Who may ask; both are needed. */
  user: string;
  password: string;
}

/**
 * ClickHouse's HTTP interface over the embedded engine: enough for `@clickhouse/client` and curl. Queries in the URL, the
 * body, or both; `param_x`; settings, formats and sessions in the URL; gzip both ways; errors with ClickHouse's codes.
 *
 * Left out: the native protocol's block compression (`compress=1`), external tables, binary input formats, progress headers
 * and cancelling.
 */
export function clickHouseApp({ connection, user, password }: ClickHouseHttpOptions): Hono {
  const app = new Hono();
  const version = connection
    .raw("SELECT version() FORMAT TSVRaw")
    .then((text) => text.toString().trim());
  app.use(async (c, next) => {
    await next();
    c.res.headers.set("x-clickhouse-server-display-name", "babyai-lab");
    c.res.headers.set("x-clickhouse-timezone", "UTC");
  });
  app.get("/ping", (c) => c.text("Ok.\n"));
  app.get("/replicas_status", (c) => c.text("Ok.\n"));
  app.on(["GET", "POST", "HEAD"], "/*", async (c) => {
    const queryId = c.req.query("query_id") ?? randomUUID();
    c.header("x-clickhouse-query-id", queryId);
    try {
      const input = await readRequest(c);
      // What has no query is not worth a password: a browser or a load balancer looks whether anybody is there.
      if (input.query === "" && c.req.method !== "POST") return c.text("Ok.\n");
      authenticate(c, user, password);
      return await answer(c, await run(connection, input), input);
    } catch (error) {
      return failure(c, error, await version);
    }
  });
  return app;
}

/** One request, read. */
interface Input {
  query: string;
  settings: Record<string, string>;
  database: string | undefined;
  sessionId: string | undefined;
  format: string;
  compress: boolean;
}

/** URL parameters that are no settings of a query. */
const RESERVED = new Set([
  ...[
    "query",
    "query_id",
    "database",
    "user",
    "password",
    "default_format",
    "session_id",
    "session_timeout",
  ],
  ...[
    "session_check",
    "compress",
    "decompress",
    "role",
    "quota_key",
    "stacktrace",
    "client_protocol_version",
  ],
  // Settings of the HTTP layer alone: an answer is always sent whole.
  ...[
    "wait_end_of_query",
    "buffer_size",
    "enable_http_compression",
    "http_zlib_compression_level",
    "http_response_buffer_size",
  ],
  ...[
    "send_progress_in_http_headers",
    "http_headers_progress_interval_ms",
    "cancel_http_readonly_queries_on_client_close",
  ],
]);

const DECODERS: Record<string, ((data: Buffer) => Promise<Buffer>) | undefined> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

async function readRequest(c: Context): Promise<Input> {
  const url = new URL(c.req.url);
  const parameters = [...url.searchParams];
  const isForm = c.req.header("content-type")?.startsWith("multipart/form-data") ?? false;
  const body =
    c.req.method !== "POST" ? "" : isForm ? await readForm(c, parameters) : await readBody(c);
  const inUrl = parameters.findLast(([name]) => name === "query")?.[1] ?? "";
  const settings: Record<string, string> = {};
  for (const [name, value] of parameters) {
    // subtle: a parameter's text is quoted once more on its way to the engine, which takes backslashes for escapes there.
    if (name.startsWith("param_")) settings[name] = value.replaceAll("\\", "\\\\");
    else if (!RESERVED.has(name)) settings[name] = value;
  }
  const get = (name: string) => parameters.findLast(([key]) => key === name)?.[1];
  if (get("compress") === "1" || get("decompress") === "1") {
    throw new ClickHouseHttpError(
      48,
      "NOT_IMPLEMENTED",
      "Compression by blocks (compress=1, decompress=1) is not supported; use gzip",
    );
  }
  // A GET must not write, as on a server. In a session the setting would stay, so there it is left to the client.
  if (c.req.method !== "POST" && get("session_id") === undefined) settings.readonly = "2";
  return {
    query: [inUrl, body].filter((part) => part !== "").join("\n"),
    settings,
    database: c.req.header("x-clickhouse-database") ?? get("database"),
    sessionId: get("session_id"),
    format: c.req.header("x-clickhouse-format") ?? get("default_format") ?? "TabSeparated",
    compress:
      get("enable_http_compression") === "1" &&
      (c.req.header("accept-encoding") ?? "").includes("gzip"),
  };
}

async function readBody(c: Context): Promise<string> {
  const bytes = Buffer.from(await c.req.arrayBuffer());
  const encoding = c.req.header("content-encoding") ?? "identity";
  const decode = DECODERS[encoding];
  if (decode === undefined && encoding !== "identity") {
    throw new ClickHouseHttpError(
      89,
      "UNKNOWN_COMPRESSION_METHOD",
      `Unknown compression method: ${encoding}; send gzip, deflate, br or none`,
    );
  }
  let plain: Buffer = bytes;
  try {
    if (decode !== undefined) plain = await decode(bytes);
  } catch (cause) {
    throw new ClickHouseHttpError(
      354,
      "ZLIB_INFLATE_FAILED",
      `The ${encoding} body cannot be unpacked: ${String(cause)}`,
    );
  }
  const text = plain.toString("utf8");
  if (Buffer.byteLength(text) !== plain.length) {
    throw new ClickHouseHttpError(
      48,
      "NOT_IMPLEMENTED",
      "Binary input formats are not supported here; send a text format such as JSONEachRow, CSV or TabSeparated",
    );
  }
  return text;
}

/** Parameters as parts of a form, which is how a client sends those that are too long for a URL. */
async function readForm(c: Context, parameters: [string, string][]): Promise<string> {
  for (const [name, value] of Object.entries(await c.req.parseBody())) {
    if (typeof value !== "string") {
      throw new ClickHouseHttpError(48, "NOT_IMPLEMENTED", "External tables are not supported");
    }
    parameters.push([name, value]);
  }
  return "";
}

function authenticate(c: Context, user: string, password: string): void {
  const basic = /^Basic (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const decoded = basic === undefined ? undefined : Buffer.from(basic, "base64").toString("utf8");
  const colon = decoded?.indexOf(":") ?? -1;
  const given = {
    user:
      c.req.header("x-clickhouse-user") ??
      c.req.query("user") ??
      (decoded === undefined ? "default" : decoded.slice(0, colon)),
    password:
      c.req.header("x-clickhouse-key") ??
      c.req.query("password") ??
      (decoded === undefined ? "" : decoded.slice(colon + 1)),
  };
  if (given.user === user && given.password === password) return;
  throw new ClickHouseHttpError(
    516,
    "AUTHENTICATION_FAILED",
    `${given.user}: Authentication failed: password is incorrect, or there is no user with such name.`,
  );
}

async function run(connection: EmbeddedConnection, input: Input): Promise<Buffer> {
  const { database, query } = input;
  const settings = { ...input.settings, default_format: input.format };
  if (database === undefined) return connection.raw(query, settings, input.sessionId);
  if (!/^\w+$/.test(database))
    throw new ClickHouseHttpError(81, "UNKNOWN_DATABASE", `Database ${database} does not exist`);
  const session = input.sessionId ?? randomUUID();
  try {
    await connection.raw(`USE ${database}`, {}, session);
    return await connection.raw(query, settings, session);
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
  // The engine counts nothing for us; the client wants the header to be there.
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

/** An error of this interface itself, with ClickHouse's code for it. */
class ClickHouseHttpError extends Error {
  override readonly name = "ClickHouseHttpError";
  constructor(
    readonly code: number,
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
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
  ...statuses(403, [164, 192, 193, 516]),
  ...statuses(404, [46, 47, 50, 56, 60, 63, 73, 81, 115]),
  ...statuses(408, [159]),
  ...statuses(413, [307]),
  ...statuses(501, [48]),
  ...statuses(503, [76, 209]),
};

function statuses(
  status: ContentfulStatusCode,
  codes: number[],
): Record<string, ContentfulStatusCode> {
  return Object.fromEntries(codes.map((code) => [String(code), status]));
}
