export type StoreOpenErrorCode =
  | "invalid_url"
  | "unreachable"
  | "held"
  | "not_writable"
  | "disk_full"
  | "unsupported_platform"
  | "damaged"
  | "engine"
  | "closed";

/**
 * The store could not be opened. The message names what was wrong and what to do next.
 *
 * @example
 * try {
 *   await openLab({ gateway: "embedded", dataDir: "/dev/null" });
 * } catch (error) {
 *   error instanceof StoreOpenError; // true
 * }
 */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
  constructor(
    readonly code: StoreOpenErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What to say of a query after `close`. */
export function closedError(): StoreOpenError {
  return new StoreOpenError(
    "closed",
    "The store was closed by close(). openLab() opens it again: in a notebook, run the cell that calls it once more.",
  );
}
