import { isRecord } from "../basics/reader";
import type { Table } from "./table";

/** A change to the body sent to a provider: the value at a JSON pointer is set, or deleted. */
export type ExtraBody = { pointer: string; value: unknown } | { pointer: string; delete: true };

/** A header set, or left out, in the request to a provider. */
export type ExtraHeader = { name: string; value: string } | { name: string; delete: true };

export function readExtraBody(table: Table): ExtraBody[] {
  const entries = table.raw("extra_body");
  if (entries === undefined) return [];
  if (!Array.isArray(entries))
    return table.fail(
      "extra_body",
      "must be an array of { pointer, value } or { pointer, delete = true }",
    );
  return entries.map((entry) => {
    const valid =
      isRecord(entry) &&
      typeof entry.pointer === "string" &&
      hasOnly(entry, "pointer", "value", "delete");
    if (valid && entry.delete === true && entry.value === undefined)
      return { pointer: String(entry.pointer), delete: true };
    if (valid && entry.delete === undefined && entry.value !== undefined) {
      return { pointer: String(entry.pointer), value: entry.value };
    }
    return table.fail(
      "extra_body",
      `has the entry ${JSON.stringify(entry)}; it must be { pointer, value } or { pointer, delete = true }`,
    );
  });
}

export function readExtraHeaders(table: Table): ExtraHeader[] {
  const entries = table.raw("extra_headers");
  if (entries === undefined) return [];
  if (!Array.isArray(entries))
    return table.fail(
      "extra_headers",
      "must be an array of { name, value } or { name, delete = true }",
    );
  return entries.map((entry) => {
    const valid =
      isRecord(entry) &&
      typeof entry.name === "string" &&
      hasOnly(entry, "name", "value", "delete");
    if (valid && entry.delete === true && entry.value === undefined)
      return { name: String(entry.name), delete: true };
    if (valid && entry.delete === undefined && typeof entry.value === "string") {
      return { name: String(entry.name), value: entry.value };
    }
    return table.fail(
      "extra_headers",
      `has the entry ${JSON.stringify(entry)}; it must be { name, value } or { name, delete = true }`,
    );
  });
}

function hasOnly(record: Record<string, unknown>, ...keys: string[]): boolean {
  return Object.keys(record).every((key) => keys.includes(key));
}

/** Applies the changes in order. Missing objects on the way are made; an index one past an array's end appends. */
export function applyExtraBody(body: Record<string, unknown>, changes: ExtraBody[]): void {
  for (const change of changes) {
    const keys = change.pointer
      .split("/")
      .slice(1)
      .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = keys.pop();
    if (last === undefined) continue;
    let target: unknown = body;
    for (const key of keys) {
      if (!isRecord(target) && !Array.isArray(target)) break;
      const holder = target as Record<string, unknown>;
      if (holder[key] === undefined && !("delete" in change)) holder[key] = {};
      target = holder[key];
    }
    if (!isRecord(target) && !Array.isArray(target)) continue;
    const holder = target as Record<string, unknown>;
    if (!("delete" in change)) holder[last] = change.value;
    else if (Array.isArray(target)) target.splice(Number(last), 1);
    else delete holder[last];
  }
}
