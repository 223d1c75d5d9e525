import { isUtf8 } from "node:buffer";
import type { Context } from "hono";
import { type BodyError, bodyOf, readBody } from "../../basics/limited-body";
import { ClickHouseHttpError } from "./error";
import { type ExternalTable, takeExternalTable } from "./external-tables";
import { type Rows, rowsExpected } from "./infile";
import { findRows } from "./tokens";

/** One request, read. */
export interface Input {
  query: string;
  /** What follows the query, when it is an INSERT of rows. */
  rows: Rows | undefined;
  externalTables: ExternalTable[];
  settings: Record<string, string>;
  database: string | undefined;
  sessionId: string | undefined;
  format: string;
  compress: boolean;
}

/** URL parameters that are no settings of a query. */
const RESERVED = new Set([
  "query",
  "query_id",
  "database",
  "user",
  "password",
  "default_format",
  "session_id",
  "session_timeout",
  "session_check",
  "compress",
  "decompress",
  "role",
  "quota_key",
  "stacktrace",
  "client_protocol_version",
  // Settings of the HTTP layer alone: an answer is always sent whole.
  "wait_end_of_query",
  "buffer_size",
  "enable_http_compression",
  "http_zlib_compression_level",
  "http_response_buffer_size",
  "send_progress_in_http_headers",
  "http_headers_progress_interval_ms",
  "cancel_http_readonly_queries_on_client_close",
]);

export async function readRequest(c: Context): Promise<Input> {
  const url = new URL(c.req.url);
  const parameters = [...url.searchParams];
  const isForm = c.req.header("content-type")?.startsWith("multipart/form-data") ?? false;
  const externalTables = isForm ? await readForm(c, parameters) : [];
  const inUrl = parameters.findLast(([name]) => name === "query")?.[1] ?? "";
  const hasBody = c.req.method === "POST" && !isForm;
  const { query, rows } = hasBody ? await takeApart(c.req.raw, inUrl) : splitRows(inUrl);
  const settings: Record<string, string> = {};
  for (const [name, value] of parameters) {
    if (!RESERVED.has(name)) settings[name] = value;
  }
  const get = (name: string) => parameters.findLast(([key]) => key === name)?.[1];
  if (get("compress") === "1" || get("decompress") === "1") {
    throw new ClickHouseHttpError(
      48,
      "NOT_IMPLEMENTED",
      "Compression by blocks (compress=1, decompress=1) is not supported; use gzip",
    );
  }
  // subtle: in a session the setting would persist. A GET of it is held to what it may do by its statement alone.
  if (c.req.method !== "POST" && get("session_id") === undefined) settings.readonly = "2";
  return {
    query,
    rows,
    externalTables,
    settings,
    database: c.req.header("x-clickhouse-database") ?? get("database"),
    sessionId: get("session_id"),
    format: c.req.header("x-clickhouse-format") ?? get("default_format") ?? "TabSeparated",
    compress:
      get("enable_http_compression") === "1" &&
      (c.req.header("accept-encoding") ?? "").includes("gzip"),
  };
}

/** A statement longer than this, in bytes and without rows, is not read; a server's own limit is a quarter. */
const MAX_STATEMENT = 1024 * 1024;

interface Parts {
  query: string;
  rows: Rows | undefined;
}

/** The query and its rows, which may stand in the URL, in the body, or in both. */
async function takeApart(request: Request, inUrl: string): Promise<Parts> {
  // Node 20 has no zstd, the engine has.
  const isZstd = request.headers.get("content-encoding") === "zstd";
  const chunks = bodyOf(request, isZstd ? "identity" : undefined);
  const inUrlAlone = splitRows(inUrl);
  if (inUrlAlone.rows !== undefined || isZstd) {
    const before = inUrlAlone.rows?.chunks ?? emptyRows();
    return {
      query: inUrlAlone.query,
      rows: { chunks: joined(before, chunks), compression: isZstd ? "zstd" : "none" },
    };
  }
  const start: Buffer[] = [];
  for (let length = 0, next = await chunks.next(); !next.done; next = await chunks.next()) {
    start.push(next.value);
    length += next.value.length;
    if (length > MAX_STATEMENT) break;
  }
  const before = inUrl === "" ? Buffer.alloc(0) : Buffer.from(`${inUrl}\n`);
  const whole = Buffer.concat([before, ...start]);
  // subtle: one character a byte, so that rows which are no UTF-8 do not move the place.
  const found = findRows(whole.toString("latin1"));
  const statement = whole.subarray(0, found?.end);
  if (!isUtf8(statement)) throw rowsExpected();
  if (statement.length > MAX_STATEMENT) {
    const message = `The statement, without rows, is longer than ${MAX_STATEMENT} bytes`;
    throw new ClickHouseHttpError(62, "SYNTAX_ERROR", message);
  }
  const query = statement.toString("utf8");
  if (found === undefined) return { query, rows: undefined };
  const rows = joined([whole.subarray(found.start)], chunks);
  return { query, rows: { chunks: rows, compression: "none" } };
}

function splitRows(text: string): Parts {
  const found = findRows(text);
  if (found === undefined) return { query: text, rows: undefined };
  const rest = text.slice(found.start);
  const chunks = joined(rest === "" ? [] : [Buffer.from(`${rest}\n`)], emptyRows());
  return { query: text.slice(0, found.end), rows: { chunks, compression: "none" } };
}

async function* emptyRows(): AsyncGenerator<Buffer> {}

async function* joined(
  first: Iterable<Buffer> | AsyncIterable<Buffer>,
  then: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  for await (const chunk of first) yield chunk;
  for await (const chunk of then) yield chunk;
}

/** @throws ClickHouseHttpError */
export function asClickHouseError({ code, message }: BodyError): ClickHouseHttpError {
  switch (code) {
    case "too_long":
      return new ClickHouseHttpError(307, "TOO_MANY_BYTES", message);
    case "busy":
      return new ClickHouseHttpError(202, "TOO_MANY_SIMULTANEOUS_QUERIES", message);
    case "unknown_encoding":
      return new ClickHouseHttpError(89, "UNKNOWN_COMPRESSION_METHOD", message);
    default:
      return new ClickHouseHttpError(354, "ZLIB_INFLATE_FAILED", message);
  }
}

/** Parameters as form fields: how a client sends what is too long for a URL. Its files are external tables. */
async function readForm(c: Context, parameters: [string, string][]): Promise<ExternalTable[]> {
  const headers = { "content-type": c.req.header("content-type") ?? "" };
  const form = await new Response(new Uint8Array(await readBody(c.req.raw)), {
    headers,
  }).formData();
  const fields = [...form];
  for (const [name, value] of fields) if (typeof value === "string") parameters.push([name, value]);
  const tables: ExternalTable[] = [];
  for (const [name, value] of fields) {
    if (typeof value !== "string") tables.push(await takeExternalTable(name, value, parameters));
  }
  return tables;
}
