import { isRecord, Reader } from "../basics/reader";
import { invalidJson } from "../errors";
import { isUuid } from "../ids";

/**
 * Reads one JSON object of a request, with the error texts of Rust's serde, which TensorZero answers: `path: problem`.
 */
export class Fields extends Reader {
  protected readonly words = { boolean: "a boolean", strings: "a sequence" };

  constructor(value: unknown, path: string, expected = "a map") {
    if (!isRecord(value))
      throw invalidJson(`${prefix(path)}invalid type: ${kindOf(value)}, expected ${expected}`);
    super(value, path);
  }

  number(key: string): number | undefined {
    return this.read(key, "f64", (value) => typeof value === "number");
  }

  /** A number within single precision. */
  single(key: string): number | undefined {
    return this.read(key, "f32", isSingle);
  }

  /** A whole number of 0 to 2^32 − 1. */
  integer(key: string): number | undefined {
    const value = this.read(key, "u32", Number.isInteger);
    if (value === undefined || (Number(value) >= 0 && Number(value) < 2 ** 32))
      return value as number;
    return this.fail(key, `invalid value: integer \`${value}\`, expected u32`);
  }

  array(key: string): unknown[] | undefined {
    return this.read(key, "a sequence", Array.isArray);
  }

  object(key: string): Fields | undefined {
    const value = this.raw(key);
    return value === undefined || value === null ? undefined : new Fields(value, this.at(key));
  }

  stringMap(key: string): Record<string, string> {
    const map = this.object(key)?.values ?? {};
    for (const [name, value] of Object.entries(map)) {
      if (typeof value !== "string")
        throw invalidJson(
          `${this.at(key)}.${name}: invalid type: ${kindOf(value)}, expected a string`,
        );
    }
    return map as Record<string, string>;
  }

  /** As `stringMap`, for values that must not stand in an error's text. */
  secretMap(key: string): Record<string, string> {
    const map = this.raw(key) ?? {};
    if (!isRecord(map) || Object.values(map).some((value) => typeof value !== "string"))
      this.fail(key, "invalid type: something else, expected a map of strings");
    return map as Record<string, string>;
  }

  uuid(key: string): string | undefined {
    const value = this.string(key);
    if (value === undefined) return undefined;
    // subtle: other writings of a UUID (no dashes, braces, urn:) are read, too, and stored in the usual one.
    const plain = value.replace(/^urn:uuid:/i, "").replace(/^\{(.*)\}$/, "$1");
    const dashed = /^[0-9a-f]{32}$/i.test(plain)
      ? plain.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
      : plain;
    if (!isUuid(dashed)) this.fail(key, `UUID parsing failed: invalid UUID "${value}"`);
    return dashed.toLowerCase();
  }

  has(key: string): boolean {
    const value = this.values[key];
    return value !== undefined && value !== null;
  }

  /**
   * Refuses fields that were not read. `bare` leaves out path and list, as serde does for structs with flattened parts.
   */
  end(options: { bare?: boolean } = {}): void {
    const [unknown] = this.unread();
    if (unknown === undefined) return;
    if (options.bare) throw invalidJson(`${prefix(this.path)}unknown field \`${unknown}\``);
    const known = [...this.seen].map((key) => `\`${key}\``);
    const expected =
      known.length === 0
        ? "there are no fields"
        : known.length < 3
          ? `expected ${known.join(" or ")}`
          : `expected one of ${known.join(", ")}`;
    throw invalidJson(`${this.at(unknown)}: unknown field \`${unknown}\`, ${expected}`);
  }

  missing(key: string): never {
    throw invalidJson(`${prefix(this.path)}missing field \`${key}\``);
  }

  fail(key: string, problem: string): never {
    throw invalidJson(`${this.at(key)}: ${problem}`);
  }

  at(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  protected refuse(key: string, value: unknown, wanted: string): never {
    return this.fail(key, `invalid type: ${kindOf(value)}, expected ${wanted}`);
  }

  protected refuseChoice(key: string, value: string, valid: readonly string[]): never {
    return this.fail(key, unknownVariant(value, valid));
  }
}

/** Whether it is a number that single precision can hold, up to 3.4e38 either way. */
export function isSingle(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(Math.fround(value));
}

export function unknownVariant(value: string, valid: readonly string[]): string {
  const names = valid.map((name) => `\`${name}\``);
  const expected = names.length === 2 ? names.join(" or ") : `one of ${names.join(", ")}`;
  return `unknown variant \`${value}\`, expected ${expected}`;
}

function prefix(path: string): string {
  return path === "" ? "" : `${path}: `;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "sequence";
  switch (typeof value) {
    case "string":
      return `string ${JSON.stringify(value.length > 1000 ? `${value.slice(0, 1000)}…` : value)}`;
    case "number":
      return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
    case "boolean":
      return `boolean \`${value}\``;
    default:
      return value === undefined ? "nothing" : "map";
  }
}
