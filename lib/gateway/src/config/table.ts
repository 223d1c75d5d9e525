import { oneLine } from "../basics/one-line";
import { isRecord, Reader } from "../basics/reader";

/**
 * The configuration cannot be used: a key, what is wrong with it, and what would be valid.
 *
 * @example
 * try {
 *   await openLab({ configPath: "nowhere.toml" });
 * } catch (error) {
 *   error instanceof ConfigError; // true
 * }
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads one TOML table.
 *
 * @example
 * const retries = table.table("retries");
 * const times = retries?.integer("num_retries") ?? 0;
 * retries?.end();
 */
export class Table extends Reader {
  protected readonly words = { boolean: "true or false", strings: "an array of strings" };

  /** @param fileOf the file that gives a key, which errors then name */
  constructor(
    values: Record<string, unknown>,
    path: string,
    private readonly fileOf: (key: string) => string | undefined = () => undefined,
  ) {
    super(values, path);
  }

  number(key: string, min = Number.NEGATIVE_INFINITY): number | undefined {
    const wanted = Number.isFinite(min) ? `a number of at least ${min}` : "a number";
    return this.read(
      key,
      wanted,
      (value) => typeof value === "number" && Number.isFinite(value) && value >= min,
    );
  }

  single(key: string): number | undefined {
    return this.number(key);
  }

  integer(key: string, min = 0): number | undefined {
    return this.read(
      key,
      `a whole number of at least ${min}`,
      (value) => Number.isInteger(value) && Number(value) >= min,
    );
  }

  table(key: string): Table | undefined {
    const value = this.read<Record<string, unknown>>(key, "a table", isTable);
    return value === undefined ? undefined : new Table(value, this.at(key), this.fileOf);
  }

  /** A table of tables, by name. */
  tables(key: string): Map<string, Table> {
    const parent = this.table(key);
    return new Map(
      parent?.keys().map((name) => [name, parent.table(name) ?? parent.missing(name)]),
    );
  }

  /** Keys that TensorZero knows and the embedded gateway does not implement. */
  lacks(...keys: string[]): void {
    for (const key of keys) {
      if (this.values[key] === undefined) continue;
      throw new ConfigError(
        `${this.source(key)}\`${this.at(key)}\`: the embedded gateway lacks this key. Remove it, or use the TensorZero Gateway itself.`,
      );
    }
  }

  /** Call it last: keys that were not read are refused. */
  end(): void {
    const unknown = this.unread();
    const [first] = unknown;
    if (first === undefined) return;
    const known = [...this.seen].sort().join(", ");
    throw new ConfigError(
      `${this.source(first)}${unknown.map((key) => `\`${this.at(key)}\``).join(", ")}: unknown ${unknown.length === 1 ? "key" : "keys"}. ` +
        `${this.path === "" ? "The top level" : `\`${this.path}\``} may have ${known}.`,
    );
  }

  fail(key: string, problem: string): never {
    throw new ConfigError(`${this.source(key)}\`${this.at(key)}\` ${problem}.`);
  }

  /** "config/tensorzero.toml: ", to begin an error with. */
  private source(key: string): string {
    const file = this.fileOf(this.at(key)) ?? this.fileOf(this.path);
    return file === undefined ? "" : `${file}: `;
  }

  missing(key: string): never {
    return this.fail(key, "is missing");
  }

  at(key: string): string {
    return pathOf(this.path, key);
  }

  protected refuse(key: string, value: unknown, wanted: string): never {
    return this.fail(key, `is ${shown(value)}; it must be ${wanted}`);
  }

  protected refuseChoice(key: string, value: string, valid: readonly string[]): never {
    return this.fail(
      key,
      `is "${value}"; it must be one of ${valid.map((v) => `"${v}"`).join(", ")}`,
    );
  }
}

/** TOML's dates are objects too, but not tables. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !(value instanceof Date);
}

/** Where a key of a table is, e.g. `functions.act.variants.baseline`. @param path of the table; empty at the top */
export function pathOf(path: string, key: string): string {
  const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
  return path === "" ? name : `${path}.${name}`;
}

function shown(value: unknown): string {
  const isNumber = typeof value === "bigint" || typeof value === "number";
  const text = isNumber ? String(value) : (JSON.stringify(value) ?? String(value));
  return oneLine(text, 60);
}
