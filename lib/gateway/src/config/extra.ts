import { isRecord } from "../basics/reader";
import { extraBody } from "../errors";
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

/**
 * Applies the changes in order. Objects that are missing on the way are made, unless an index points into one; `-` appends
 * to an array. What is to be deleted and is not there is passed over.
 *
 * @throws GatewayError the pointer is none, or leads nowhere
 */
export function applyExtraBody(body: Record<string, unknown>, changes: readonly ExtraBody[]): void {
  for (const change of changes) {
    const problem = applyChange(body, change);
    if (problem !== undefined) throw extraBody(problem, change.pointer);
  }
}

const INDEX = /^(0|[1-9]\d*)$/;

function applyChange(body: Record<string, unknown>, change: ExtraBody): string | undefined {
  const { pointer } = change;
  const isDelete = "delete" in change;
  if (pointer === "") return "Pointer cannot be empty";
  if (!pointer.startsWith("/")) return "Pointer must start with '/'";
  if (pointer.endsWith("/")) return "Pointer cannot end with '/'";
  const keys = pointer
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  let target: unknown = body;
  for (const [depth, key] of keys.entries()) {
    const isLast = depth === keys.length - 1;
    if (Array.isArray(target)) {
      if (key === "-" && isDelete) return "Cannot delete using array append operator `-`";
      if (key === "-" && !isLast)
        return "Array append operator `-` can only be used at the end of a pointer";
      if (key === "-" && !isDelete) target.push(change.value);
      else if (!INDEX.test(key) || Number(key) >= target.length) {
        if (isDelete) return undefined;
        return `Could not find array index ${key} in target array (len ${target.length})`;
      } else if (isLast) target.splice(Number(key), 1, ...(isDelete ? [] : [change.value]));
      else target = target[Number(key)];
    } else if (isRecord(target)) {
      const known = Object.hasOwn(target, key) && target[key] !== undefined;
      if (!known && isDelete) return undefined;
      if (!known && INDEX.test(key))
        return `An index (${key}) cannot point into what does not exist`;
      if (isLast && isDelete) delete target[key];
      else if (isLast && !isDelete) target[key] = change.value;
      else {
        if (!known) target[key] = {};
        target = target[key];
      }
    } else if (isDelete) return undefined;
    else return `Can only index into object or array - found target ${JSON.stringify(target)}`;
  }
  return undefined;
}
