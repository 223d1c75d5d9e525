import { Readable } from "node:stream";
import { deserialize, serialize } from "node:v8";
import { ClickHouseError, type createClient, TupleParam } from "@clickhouse/client";
import { DamagedPartError } from "./damaged-part";

// What goes through a store's socket: calls of the client's connection, and what comes of them.

/** Changes with what goes through the socket. */
export const PROTOCOL = 1;

/** The client's connection interface, which its package does not export by name. */
export type Connection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>["connection"]>;

export type Method = "query" | "insert" | "command" | "exec";

/** What a method is called with; the values that go with it are read, so that they can be sent again. */
export interface Call {
  method: Method;
  params: Omit<Parameters<Connection["exec"]>[0], "values">;
  values?: string | Buffer;
}

/** What a method answers, and the bytes of its stream, which `command` and `insert` do not have. */
export interface Answer {
  result: object;
  bytes?: Buffer;
}

/** Calls a method of a connection that is in this process. */
export async function carryOut(
  connection: Connection,
  { method, params, values }: Call,
): Promise<Answer> {
  const run = connection[method] as (params: object) => Promise<object>;
  const given = restream(values);
  const { stream, ...result } = (await run.call(connection, {
    ...params,
    ...(given !== undefined && { values: given }),
  })) as { stream?: Readable };
  return { result, ...(stream !== undefined && { bytes: await collect(stream) }) };
}

/** Bytes as a stream; a text, or nothing, as it is. */
export function restream<T extends string | Buffer | undefined>(
  given: T,
): Exclude<T, Buffer> | Readable {
  if (!Buffer.isBuffer(given)) return given as Exclude<T, Buffer>;
  // subtle: the client destroys the stream of an answer that is not read, with an error.
  return Readable.from(given.length > 0 ? [given] : [], { objectMode: false }).on(
    "error",
    () => {},
  );
}

export async function collect(stream: AsyncIterable<Buffer | string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream)
    chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk));
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

/** A message: what is said of it, and bytes. */
export function pack(head: object, bytes: Uint8Array = Buffer.alloc(0)): Buffer {
  const said = serialize(head);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(said.length);
  return Buffer.concat([length, said, bytes]);
}

export function unpack<Head>(message: Buffer): { head: Head; bytes: Buffer } {
  const end = 4 + message.readUInt32LE();
  return { head: deserialize(message.subarray(4, end)), bytes: message.subarray(end) };
}

export function packCall({ method, params, values }: Call): Buffer {
  const { abort_signal: _, query_params, clickhouse_settings, ...rest } = params;
  const settings = Object.entries(clickhouse_settings ?? {}).map(([name, value]) => [
    name,
    typeof value === "object" ? String(value) : value,
  ]);
  const head = {
    method,
    params: {
      ...rest,
      query_params: withoutTuples(query_params),
      clickhouse_settings: Object.fromEntries(settings),
    },
    kind: typeof values,
  };
  return pack(head, typeof values === "string" ? Buffer.from(values) : values);
}

export function unpackCall(message: Buffer): Call {
  const { head, bytes } = unpack<Call & { kind: string }>(message);
  const { method, params, kind } = head;
  const call = { method, params: { ...params, query_params: withTuples(params.query_params) } };
  if (kind === "undefined") return call;
  return { ...call, values: kind === "string" ? bytes.toString("utf8") : bytes };
}

/** Tells a tuple from a list. */
const TUPLE = "tuple of @clickhouse/client";

type Params = Record<string, unknown> | undefined;

function mapValues(params: Params, change: (value: unknown) => unknown): Params {
  if (params === undefined) return undefined;
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, change(value)]));
}

/** subtle: a tuple is known by its class, which nothing but a plain object is left of on the way. */
function withoutTuples(params: Params): Params {
  const change = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(change);
    return value instanceof TupleParam ? { [TUPLE]: value.values.map(change) } : value;
  };
  return mapValues(params, change);
}

function withTuples(params: Params): Params {
  const change = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(change);
    const isTuple = typeof value === "object" && value !== null && TUPLE in value;
    return isTuple ? new TupleParam((value[TUPLE] as unknown[]).map(change)) : value;
  };
  return mapValues(params, change);
}

interface Told {
  message: string;
  code?: string;
  type?: string;
  damaged?: { table: string; path: string; reason: Told };
}

/** An error as data. */
export function packError(error: unknown): Told {
  const { message, code, type, cause } = error as ClickHouseError;
  const told = { message: String(message ?? error), code, type };
  if (!(error instanceof DamagedPartError)) return told;
  return { ...told, damaged: { table: error.table, path: error.path, reason: packError(cause) } };
}

/** The same error here. */
export function unpackError({ message, code, type, damaged }: Told): Error {
  if (damaged !== undefined) {
    const { table, path, reason } = damaged;
    return new DamagedPartError(table, path, unpackError(reason) as ClickHouseError);
  }
  return code === undefined ? new Error(message) : new ClickHouseError({ message, code, type });
}
