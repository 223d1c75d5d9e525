import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { ClickHouseError } from "@clickhouse/client";
import { DamagedPartError } from "../clickhouse/folder/damaged-part";

/**
 * What ClickHouse calls an error of a row's own: sent again, the row fails again. Anything else (no connection, no memory,
 * a full disk, a table that is away or read-only, too many parts) passes, and then the same rows are taken.
 */
const OF_THE_ROW = new Set([
  "ARGUMENT_OUT_OF_BOUND",
  "ATTEMPT_TO_READ_AFTER_EOF",
  "CANNOT_CONVERT_TYPE",
  "CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN",
  "CANNOT_READ_ARRAY_FROM_TEXT",
  "CANNOT_READ_MAP_FROM_TEXT",
  "DECIMAL_OVERFLOW",
  "ILLEGAL_TYPE_OF_ARGUMENT",
  "INCORRECT_DATA",
  "NO_SUCH_COLUMN_IN_TABLE",
  "SIZE_OF_FIXED_STRING_DOESNT_MATCH",
  "TOO_DEEP_RECURSION",
  "TOO_LARGE_ARRAY_SIZE",
  "TOO_LARGE_STRING_SIZE",
  "TYPE_MISMATCH",
  "UNKNOWN_ELEMENT_OF_ENUM",
  "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
  "VIOLATED_CONSTRAINT",
]);

/** Whether a failed insert failed for what its rows hold, and not because the store is in trouble. */
export function isRefusal(error: unknown): error is ClickHouseError {
  if (!(error instanceof ClickHouseError) || error.type === undefined) return false;
  if (error instanceof DamagedPartError) return false; // a view had to read it
  return OF_THE_ROW.has(error.type) || error.type.startsWith("CANNOT_PARSE_");
}

/** Whether a view refused the row. Such a view is a user's own: TensorZero's views take whatever its tables take. */
export function isOfAView({ message }: ClickHouseError): boolean {
  return /while pushing to view [^:]*$/.test(message);
}

/** A view cannot take rows that its table takes. */
export class ViewError extends Error {
  override readonly name = "ViewError";
  constructor(
    readonly table: string,
    cause: ClickHouseError,
  ) {
    super(
      `A view on ${table} fails: ${firstLine(cause)}. Rows are stored without it; correct the view or drop it.`,
      { cause },
    );
  }
}

/** Rows that ClickHouse refuses for what they hold. They are in a file; everything else is stored. */
export class RowsRefusedError extends Error {
  override readonly name = "RowsRefusedError";
  constructor(
    /** How many since the writer was created. */
    readonly rows: number,
    readonly path: string,
    cause: ClickHouseError,
  ) {
    super(
      `ClickHouse refuses ${rows} row(s) for what they hold, the last because: ${firstLine(cause)}. They are kept in ${path}, ` +
        "each with its table and ClickHouse's words; everything else is stored. To store one after all, correct its `row` " +
        "and insert it into its `table`.",
      { cause },
    );
  }
}

function firstLine({ message }: ClickHouseError): string {
  return (message.split("\n")[0] ?? "").replace(/[\s.:]+$/, "");
}

/** Where the refused rows of a store in `dataDir` are kept: beside that folder, which is the engine's own. */
export function refusedPathFor(dataDir: string): string {
  return join(dirname(dataDir), "refused-rows.jsonl");
}

/**
 * Appends a row that is not stored to a file of JSON lines: `{ time, table, error, row }`. Made if missing, as is its folder.
 *
 * @param row as JSON text
 */
export function keepRow(
  path: string,
  { table, row, error }: { table: string; row: string; error: string },
): void {
  const facts = { time: new Date().toISOString(), table, error };
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${JSON.stringify(facts).slice(0, -1)},"row":${row}}\n`);
}
