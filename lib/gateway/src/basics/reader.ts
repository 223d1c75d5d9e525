/** An object with keys, and no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads an object key by key and remembers which keys were read, so that the others can be refused: a typo never
 * becomes a silent default. TOML tables and JSON requests each word errors in their own way.
 */
export abstract class Reader {
  protected readonly seen = new Set<string>();
  /** What the format calls its types. */
  protected abstract readonly words: { boolean: string; strings: string };

  constructor(
    readonly values: Record<string, unknown>,
    /** Where the object is, e.g. `functions.act.variants.baseline`; empty at the top. */
    readonly path: string,
  ) {}

  /** Where a key is. */
  abstract at(key: string): string;
  abstract fail(key: string, problem: string): never;
  abstract missing(key: string): never;
  /** A number, which need not be whole. */
  abstract single(key: string): number | undefined;
  /** A whole number from 0. */
  abstract integer(key: string): number | undefined;
  protected abstract refuse(key: string, value: unknown, wanted: string): never;
  protected abstract refuseChoice(key: string, value: string, valid: readonly string[]): never;

  string(key: string): string | undefined {
    return this.read(key, "a string", (value) => typeof value === "string");
  }

  requiredString(key: string): string {
    return this.string(key) ?? this.missing(key);
  }

  boolean(key: string): boolean | undefined {
    return this.read(key, this.words.boolean, (value) => typeof value === "boolean");
  }

  strings(key: string): string[] | undefined {
    return this.read(
      key,
      this.words.strings,
      (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
    );
  }

  oneOf<T extends string>(key: string, valid: readonly T[]): T | undefined {
    const value = this.string(key);
    if (value === undefined) return undefined;
    return valid.find((candidate) => candidate === value) ?? this.refuseChoice(key, value, valid);
  }

  requiredOneOf<T extends string>(key: string, valid: readonly T[]): T {
    return this.oneOf(key, valid) ?? this.missing(key);
  }

  /** A value as it is. */
  raw(key: string): unknown {
    this.seen.add(key);
    return this.values[key];
  }

  keys(): string[] {
    return Object.keys(this.values);
  }

  /** Keys that were not read. */
  unread(): string[] {
    return this.keys().filter((key) => !this.seen.has(key));
  }

  protected read<T>(
    key: string,
    wanted: string,
    valid: (value: unknown) => boolean,
  ): T | undefined {
    const value = this.raw(key);
    if (value === undefined || value === null) return undefined;
    if (!valid(value)) this.refuse(key, value, wanted);
    return value as T;
  }
}
