import { isRecord } from "../../basics/reader";
import type { CostEntry } from "../../config/types";

const MAX_COST = 1e9;

/**
 * US dollars of one call: the sum over the entries of what their pointer finds in the response, times its rate. Null
 * without entries, if a required number is not there, or if the sum is more than the column holds.
 */
export function costOf(response: unknown, entries: CostEntry[] | undefined): number | null {
  if (entries === undefined) return null;
  let total = 0;
  for (const { pointer, perUnit, required } of entries) {
    const value = lookUp(response, pointer);
    if (typeof value === "number") total += value * perUnit;
    else if (required) return null;
  }
  return Math.abs(total) < MAX_COST ? Number(total.toFixed(9)) : null; // as many digits as the column keeps
}

function lookUp(value: unknown, pointer: string): unknown {
  let found = value;
  for (const key of pointer.split("/").slice(1)) {
    if (!isRecord(found) && !Array.isArray(found)) return undefined;
    found = (found as Record<string, unknown>)[key.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return found;
}
