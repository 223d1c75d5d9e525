import { isRecord } from "../basics/reader";
import type { Table } from "./table";

/** A change to the body sent to a provider: the value at a JSON pointer is set, or deleted. */
export type ExtraBody = { pointer: string; value: unknown } | { pointer: string; delete: true };

/** A header set, or left out, in the request to a provider. */
export type ExtraHeader = { name: string; value: string } | { name: string; delete: true };

export function readExtraBody(table: Table): ExtraBody[] {
  return readChanges(table, "extra_body", "pointer", (value) => value !== undefined);
}

export function readExtraHeaders(table: Table): ExtraHeader[] {
  return readChanges(table, "extra_headers", "name", (value) => typeof value === "string");
}

/** An array of changes, each of what `what` names: a value is given, or it is deleted. */
function readChanges<T extends ExtraBody | ExtraHeader>(
  table: Table,
  key: string,
  what: "pointer" | "name",
  isValue: (value: unknown) => boolean,
): T[] {
  const forms = `{ ${what}, value } or { ${what}, delete = true }`;
  const entries = table.raw(key) ?? [];
  if (!Array.isArray(entries)) return table.fail(key, `must be an array of ${forms}`);
  return entries.map((entry) => {
    if (isRecord(entry) && typeof entry[what] === "string") {
      const { [what]: _, value, delete: remove, ...others } = entry;
      const isRight =
        remove === undefined ? isValue(value) : remove === true && value === undefined;
      if (isRight && Object.keys(others).length === 0) return entry as T;
    }
    return table.fail(key, `has the entry ${JSON.stringify(entry)}; it must be ${forms}`);
  });
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
