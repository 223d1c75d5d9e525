import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { collect } from "../../basics/limited-body";
import { ClickHouseHttpError } from "./error";
import type { Statement } from "./statements";
import { tokensOf } from "./tokens";
import { assertZstdFits } from "./zstd";

/** The rows of an INSERT, as its format has them. */
export interface Rows {
  chunks: AsyncIterable<Buffer>;
  /** ClickHouse's name for how they are packed. */
  compression: "none" | "zstd";
}

export interface InsertOptions {
  /** True when expressions reach nothing outside of the store. */
  isHarmless(expressions: string): Promise<boolean>;
  run(query: string, settings: Record<string, string>): Promise<Buffer>;
}

/** Rows of VALUES are computed when they are no longer than this, in bytes; longer ones must be plain values. */
const MAX_COMPUTED = 1024 * 1024;

/**
 * Writes the rows to a file of its own, runs the INSERT that reads it, and removes the file. Rows never stand in a statement:
 * the engine would take what follows a semicolon, or an empty line, for the next one.
 */
export async function insertRows(
  { text, rows: format }: Statement,
  { chunks, compression }: Rows,
  { isHarmless, run }: InsertOptions,
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "clickhouse-insert-"));
  const file = join(folder, "rows");
  try {
    const checked = compression === "zstd" ? [assertZstdFits(await collect(chunks))] : chunks;
    await pipeline(checked, createWriteStream(file, { mode: 0o600 }));
    // The engine takes a format's name in any letter case.
    const isComputed = !/^values$/i.test(format ?? "") || (await isComputable(file, isHarmless));
    const source = `FROM INFILE '${file.replace(/[\\']/g, "\\$&")}' COMPRESSION '${compression}'`;
    return await run(withSource(text, source), isComputed ? {} : PLAIN_VALUES);
  } catch (error) {
    // The temporary file's name means nothing to the client, and the file is gone.
    if (error instanceof Error)
      error.message = error.message.replaceAll(file, "the request's body");
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const PLAIN_VALUES = {
  input_format_values_interpret_expressions: "0",
  input_format_values_deduce_templates_of_expressions: "0",
};

/** subtle: a comment may be one to the parser of statements, and none to that of rows. */
async function isComputable(file: string, isHarmless: InsertOptions["isHarmless"]) {
  if ((await stat(file)).size > MAX_COMPUTED) return false;
  const text = await readFile(file, "utf8");
  return !/--|\/\*|[#$\0]/.test(text) && isHarmless(text);
}

/** subtle: the engine expects settings after the file name; in an INSERT without a file they come before the format. */
function withSource(insert: string, source: string): string {
  const tokens = [...tokensOf(insert)];
  const isSettings = (i: number) =>
    tokens[i]?.kind === "word" && tokens[i]?.text === "SETTINGS" && tokens[i + 2]?.text === "=";
  const at = tokens.findIndex((_, i) => isSettings(i) || i === tokens.length - 2);
  const start = (tokens[at]?.end ?? 0) - (tokens[at]?.text.length ?? 0);
  return `${insert.slice(0, start)}${source} ${insert.slice(start)}`;
}

/** For a request that cannot be taken apart into a statement and rows. */
export function rowsExpected(): ClickHouseHttpError {
  return new ClickHouseHttpError(
    48,
    "NOT_IMPLEMENTED",
    "Rows, and packed or binary data, go with INSERT INTO … FORMAT …; where packed by zstd, with that query in the URL",
  );
}
