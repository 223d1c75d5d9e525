import { ClickHouseError } from "@clickhouse/client";

/** A query came upon a part that cannot be read. */
export class DamagedPartError extends ClickHouseError {
  override readonly name = "DamagedPartError";
  constructor(
    readonly table: string,
    /** The part's folder. */
    readonly path: string,
    cause: ClickHouseError,
  ) {
    const reason = /^[^.]*/.exec(cause.message)?.[0];
    super({
      message:
        `The store is damaged: a part of ${table} cannot be read, ${path} (${reason}). ` +
        "Close what uses the store, then `npm run repair` puts such parts aside, deletes nothing, and says what is lost with them.",
      code: cause.code,
      type: cause.type,
    });
    Object.setPrototypeOf(this, DamagedPartError.prototype); // ClickHouse's client makes it one of its own
    this.cause = cause;
  }
}

/** What ClickHouse says of files that are not as they were written; the path of a part must be in the message, too. */
const SPOILT = new Set([
  "ATTEMPT_TO_READ_AFTER_EOF",
  "BAD_SIZE_OF_FILE_IN_DATA_PART",
  "CANNOT_DECOMPRESS",
  "CANNOT_READ_ALL_DATA",
  "CHECKSUM_DOESNT_MATCH",
  "CORRUPTED_DATA",
  "FILE_DOESNT_EXIST",
  "INCORRECT_DATA",
  "NO_FILE_IN_DATA_PART",
  "SIZES_OF_COLUMNS_DOESNT_MATCH",
  "TOO_LARGE_SIZE_COMPRESSED",
  "UNKNOWN_CODEC",
  "UNKNOWN_COMPRESSION_METHOD",
]);

/** The part that an error is about; undefined where it is about none. */
export function spoiltPart({ type, message }: ClickHouseError): string | undefined {
  if (!SPOILT.has(type ?? "")) return undefined;
  return /\S*\/store\/[0-9a-f]{3}\/[0-9a-f-]{36}\/[^/\s]+/.exec(message)?.[0];
}
