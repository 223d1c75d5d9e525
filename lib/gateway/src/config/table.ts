import { oneLine } from "../basics/one-line";

/** The configuration cannot be used: a key, what is wrong with it, and what would be valid. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads one TOML table key by key and refuses what nobody asked for, so that a typo is never a silent default.
 *
 * @example
 * const retries = table.table("retries");
 * const times = retries?.integer("num_retries") ?? 0;
 * retries?.end();
 */
export class Table {
  private readonly seen = new Set<string>();

  constructor(
    private readonly values: Record<string, unknown>,
    /** Where the table is, e.g. `functions.act.variants.baseline`; empty at the top. */
    readonly path: string,
  ) {}

  string(key: string): string | undefined {
    return this.read(key, "a string", (value) => typeof value === "string");
  }

  requiredString(key: string): string {
    return this.string(key) ?? this.missing(key);
  }

  oneOf<T extends string>(key: string, valid: readonly T[]): T | undefined {
    const value = this.string(key);
    if (value === undefined) return undefined;
    const found = valid.find((candidate) => candidate === value);
    return (
      found ??
      this.fail(key, `is "${value}"; it must be one of ${valid.map((v) => `"${v}"`).join(", ")}`)
    );
  }

  requiredOneOf<T extends string>(key: string, valid: readonly T[]): T {
    return this.oneOf(key, valid) ?? this.missing(key);
  }

  boolean(key: string): boolean | undefined {
    return this.read(key, "true or false", (value) => typeof value === "boolean");
  }

  number(key: string, min = Number.NEGATIVE_INFINITY): number | undefined {
    const wanted = Number.isFinite(min) ? `a number of at least ${min}` : "a number";
    return this.read(
      key,
      wanted,
      (value) => typeof value === "number" && Number.isFinite(value) && value >= min,
    );
  }

  integer(key: string, min = 0): number | undefined {
    return this.read(
      key,
      `a whole number of at least ${min}`,
      (value) => Number.isInteger(value) && Number(value) >= min,
    );
  }

  strings(key: string): string[] | undefined {
    return this.read(key, "an array of strings", (value) => isArrayOf(value, "string"));
  }

  table(key: string): Table | undefined {
    const value = this.read<Record<string, unknown>>(key, "a table", isTable);
    return value === undefined ? undefined : new Table(value, this.pathOf(key));
  }

  /** A table of tables, by name. */
  tables(key: string): Map<string, Table> {
    const parent = this.table(key);
    return new Map(
      parent?.keys().map((name) => [name, parent.table(name) ?? parent.missing(name)]),
    );
  }

  keys(): string[] {
    return Object.keys(this.values);
  }

  /** A value that is kept as it is. */
  raw(key: string): unknown {
    this.seen.add(key);
    return this.values[key];
  }

  /** Keys that TensorZero knows and the embedded gateway does not implement. */
  lacks(...keys: string[]): void {
    for (const key of keys) {
      if (this.values[key] === undefined) continue;
      throw new ConfigError(
        `\`${this.pathOf(key)}\`: the embedded gateway lacks this key. Remove it, or use the TensorZero Gateway itself.`,
      );
    }
  }

  /** To be called last: what was not read is no key of this table. */
  end(): void {
    const unknown = this.keys().filter((key) => !this.seen.has(key));
    if (unknown.length === 0) return;
    const known = [...this.seen].sort().join(", ");
    throw new ConfigError(
      `${unknown.map((key) => `\`${this.pathOf(key)}\``).join(", ")}: unknown ${unknown.length === 1 ? "key" : "keys"}. ` +
        `${this.path === "" ? "The top level" : `\`${this.path}\``} may have ${known}.`,
    );
  }

  fail(key: string, problem: string): never {
    throw new ConfigError(`\`${this.pathOf(key)}\` ${problem}.`);
  }

  missing(key: string): never {
    return this.fail(key, "is missing");
  }

  pathOf(key: string): string {
    return pathOf(this.path, key);
  }

  private read<T>(key: string, wanted: string, valid: (value: unknown) => boolean): T | undefined {
    this.seen.add(key);
    const value = this.values[key];
    if (value === undefined) return undefined;
    if (!valid(value)) this.fail(key, `is ${shown(value)}; it must be ${wanted}`);
    return value as T;
  }
}

/** TOML's dates are objects, too, and no tables. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

/** Where a key of a table is, e.g. `functions.act.variants.baseline`. @param path of the table; empty at the top */
export function pathOf(path: string, key: string): string {
  const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
  return path === "" ? name : `${path}.${name}`;
}

function isArrayOf(value: unknown, type: string): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === type);
}

function shown(value: unknown): string {
  const text = typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? String(value));
  return oneLine(text, 60);
}
