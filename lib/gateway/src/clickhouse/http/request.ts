import { isUtf8 } from "node:buffer";
import type { Context } from "hono";
import { DECODERS } from "../../basics/decoders";
import { ClickHouseHttpError } from "./error";
import { type ExternalTable, takeExternalTable } from "./external-tables";
import { type BinaryData, isBinaryInsert } from "./infile";

/** One request, read. */
export interface Input {
  /** With its data, unless that is in `binary`. */
  query: string;
  binary: BinaryData | undefined;
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
  const body = c.req.method !== "POST" || isForm ? "" : await readBody(c, inUrl);
  const settings: Record<string, string> = {};
  for (const [name, value] of parameters) {
    // subtle: a parameter's text is quoted once more on its way to the engine, which reads backslashes as escapes.
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
  // A GET must not write, as on a server. In a session the setting would persist, so the client decides there.
  if (c.req.method !== "POST" && get("session_id") === undefined) settings.readonly = "2";
  return {
    query: [inUrl, typeof body === "string" ? body : ""].filter((part) => part !== "").join("\n"),
    binary: typeof body === "string" ? undefined : body,
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

async function readBody(c: Context, query: string): Promise<string | BinaryData> {
  const bytes = Buffer.from(await c.req.arrayBuffer());
  const encoding = c.req.header("content-encoding") ?? "identity";
  // Node 20 has no zstd, the engine has.
  if (encoding === "zstd") return { bytes, compression: encoding };
  const plain = encoding === "identity" ? bytes : await unpack(bytes, encoding);
  if (plain.length > 0 && (isBinaryInsert(query) || !isUtf8(plain)))
    return { bytes: plain, compression: "none" };
  return plain.toString("utf8");
}

async function unpack(bytes: Buffer, encoding: string): Promise<Buffer> {
  const decode = DECODERS[encoding];
  if (decode === undefined) {
    throw new ClickHouseHttpError(
      89,
      "UNKNOWN_COMPRESSION_METHOD",
      `Unknown compression method: ${encoding}; send gzip, deflate, br, zstd or none`,
    );
  }
  try {
    return await decode(bytes);
  } catch (cause) {
    throw new ClickHouseHttpError(
      354,
      "ZLIB_INFLATE_FAILED",
      `The ${encoding} body cannot be unpacked: ${String(cause)}`,
    );
  }
}

/** Parameters as form fields: how a client sends what is too long for a URL. Its files are external tables. */
async function readForm(c: Context, parameters: [string, string][]): Promise<ExternalTable[]> {
  const fields = Object.entries(await c.req.parseBody());
  for (const [name, value] of fields) if (typeof value === "string") parameters.push([name, value]);
  const tables: ExternalTable[] = [];
  for (const [name, value] of fields) {
    if (typeof value !== "string")
      tables.push(await takeExternalTable(name, value as Blob, parameters));
  }
  return tables;
}
