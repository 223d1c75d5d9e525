import { messageOf, Table } from "embedded-gateway";

/**
 * Reads the JSON of one object key by key, so that no value is taken for what it is not.
 *
 * @param source what errors call the text
 * @param Failure the error to throw; its message names source, key, value and what is valid
 */
export function readJson<T>(
  text: string,
  source: string,
  Failure: new (message: string, options: ErrorOptions) => Error,
  read: (table: Table) => T,
): T {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new TypeError(`${source}: it must be an object`);
    return read(new Table({ ...value }, "", () => source));
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const message = messageOf(cause);
    throw new Failure(cause instanceof SyntaxError ? `${source}: no JSON (${message})` : message, {
      cause,
    });
  }
}

/** A table whose values are all texts. */
export function textsOf(table: Table): Record<string, string> {
  return Object.fromEntries(table.keys().map((key) => [key, table.requiredString(key)]));
}
