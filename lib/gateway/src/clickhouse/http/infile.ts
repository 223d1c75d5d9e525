import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClickHouseHttpError } from "./error";

/**
 * Data of an INSERT that cannot be part of a query's text: a binary format, or compression that only the engine can
 * undo.
 */
export interface BinaryData {
  bytes: Buffer;
  /** ClickHouse's name for how the bytes are packed; `none` if they are not. */
  compression: string;
}

const INSERT = /^\s*INSERT\s+INTO\s.*(?=\bFORMAT\s+(\w+)\s*;?\s*$)/is;
const BINARY =
  /^(RowBinary|Native|Parquet|Arrow|ORC|Avro|MsgPack|BSON|Protobuf|CapnProto|Npy|RawBLOB)/i;

/** True for an INSERT whose format is binary: then its data never goes into the query's text. */
export function isBinaryInsert(query: string): boolean {
  return BINARY.test(INSERT.exec(query)?.[1] ?? "");
}

/**
 * Writes the data to a file of its own, hands `run` the INSERT that reads it, and removes the file.
 *
 * @param query `INSERT INTO … FORMAT x`, without data
 * @throws ClickHouseHttpError the query is something else
 */
export async function throughFile<T>(
  query: string,
  { bytes, compression }: BinaryData,
  run: (query: string) => Promise<T>,
): Promise<T> {
  const head = INSERT.exec(query)?.[0];
  if (head === undefined) {
    throw new ClickHouseHttpError(
      48,
      "NOT_IMPLEMENTED",
      "Binary data goes with a query INSERT INTO … FORMAT …, and that query into the URL",
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "clickhouse-insert-"));
  const file = join(folder, "data");
  try {
    await writeFile(file, bytes, { mode: 0o600 });
    const source = `FROM INFILE '${file.replace(/[\\']/g, "\\$&")}' COMPRESSION '${compression}'`;
    return await run(withSource(head, source) + query.slice(head.length));
  } catch (error) {
    // The temporary file's name means nothing to the client, and the file is gone.
    if (error instanceof Error)
      error.message = error.message.replaceAll(file, "the request's body");
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** subtle: the engine expects settings after the file name; in an INSERT without a file they come before the format. */
function withSource(head: string, source: string): string {
  const settings = /\bSETTINGS\s+\w+\s*=/i.exec(head);
  if (settings === null) return `${head}${source} `;
  return `${head.slice(0, settings.index)}${source} ${head.slice(settings.index)}`;
}
