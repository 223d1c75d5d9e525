import type { ClickHouseClient } from "@clickhouse/client";

/** What a query may hold in place of `${…}`. */
export type SqlValue = string | number | bigint | boolean | Date | null | readonly SqlValue[];

/** A value that no parameter of a query can be. */
export class SqlValueError extends Error {
  override readonly name = "SqlValueError";
}

/** Types of ClickHouse whose values JSON has as text, since they may be beyond what a number holds. */
const WIDE = /^U?Int(64|128|256)$/;

/**
 * Runs a query written as a template: each value in it is bound as a parameter, never pasted in. Integers come as numbers
 * where those hold them exactly, and else as bigint.
 *
 * @throws SqlValueError a value is none of SqlValue
 */
export async function sql<Row extends object>(
  clickhouse: ClickHouseClient,
  texts: TemplateStringsArray,
  values: readonly SqlValue[],
): Promise<Row[]> {
  const query = texts.reduce(
    (text, next, i) => `${text}{p${i - 1}:${typeOf(values[i - 1] as SqlValue)}}${next}`,
  );
  const query_params = Object.fromEntries(values.map((value, i) => [`p${i}`, bound(value)]));
  const result = await clickhouse.query({ query, query_params, format: "JSON" });
  const { meta = [], data } = await result.json<Record<string, unknown>>();
  const wide = meta.filter(({ type }) => /Int(64|128|256)/.test(type));
  for (const row of data) for (const { name, type } of wide) row[name] = narrowed(row[name], type);
  return data as Row[];
}

/** The type of ClickHouse that a value is bound as. @throws SqlValueError */
function typeOf(value: SqlValue): string {
  if (value === null) return "Nullable(String)";
  if (typeof value === "string") return "String";
  if (typeof value === "boolean") return "Bool";
  if (typeof value === "bigint") return "Int256";
  if (typeof value === "number" && Number.isFinite(value))
    return Number.isSafeInteger(value) ? "Int64" : "Float64";
  if (value instanceof Date) return "DateTime64(3, 'UTC')";
  if (Array.isArray(value)) {
    const types = [...new Set(value.map(typeOf))];
    if (types.length <= 1) return `Array(${types[0] ?? "String"})`;
    if (types.every((type) => type === "Int64" || type === "Float64")) return "Array(Float64)";
  }
  throw new SqlValueError(
    `A query cannot be given ${JSON.stringify(value) ?? String(value)}: values are texts, finite numbers, bigints, booleans, dates, null, and lists of one of these.`,
  );
}

function bound(value: SqlValue): unknown {
  if (typeof value === "bigint") return value.toString();
  // The client would send whole seconds.
  if (value instanceof Date) return value.toISOString().replace("T", " ").slice(0, -1);
  return Array.isArray(value) ? value.map(bound) : value;
}

/** A value of JSON's with its integers as numbers. */
function narrowed(value: unknown, type: string): unknown {
  const [, outer, inner = ""] = /^(Nullable|LowCardinality|Array|Map)\((.+)\)$/.exec(type) ?? [];
  if (value === null || value === undefined) return value;
  if (outer === "Array") return (value as unknown[]).map((item) => narrowed(item, inner));
  if (outer === "Map") {
    const ofValues = inner.slice(inner.indexOf(",") + 1).trim();
    const entries = Object.entries(value).map(([key, item]) => [key, narrowed(item, ofValues)]);
    return Object.fromEntries(entries);
  }
  if (outer !== undefined) return narrowed(value, inner);
  if (!WIDE.test(type) || typeof value !== "string") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}
