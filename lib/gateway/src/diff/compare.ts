/** Something that the two gateways do not do alike. */
export interface Difference {
  probe: string;
  /** Where: `status`, a path in the body, in the stored inference, or in the rows of a table. */
  at: string;
  a: unknown;
  b: unknown;
}

/** Values that are different each time: they count as equal if both are there. */
const VARYING = new Set([
  "created",
  "timestamp",
  "updated_at",
  "processing_time_ms",
  "response_time_ms",
  "ttft_ms",
  "config_hash",
  "snapshot_hash",
  "model_inference_id",
  "short_cache_key",
  "long_cache_key",
]);

/** Lists where two values differ, as paths. */
export function compare(
  a: unknown,
  b: unknown,
  report: (at: string, a: unknown, b: unknown) => void,
  at = "",
): void {
  const bothObjects = typeof a === "object" && a !== null && typeof b === "object" && b !== null;
  if (!bothObjects || Array.isArray(a) !== Array.isArray(b)) {
    if (a !== b) report(at, a, b);
    return;
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const left = (a as Record<string, unknown>)[key];
    const right = (b as Record<string, unknown>)[key];
    const path = at === "" ? key : `${at}.${key}`;
    if (!VARYING.has(key)) compare(left, right, report, path);
    else if ((left ?? null) === null || (right ?? null) === null) {
      if (left !== right) report(path, left, right);
    }
  }
}

/** Of the local models' answers, word for word. */
const CREATED = /"created":\d{10}/g;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** The value with each id named after the probe that made it. */
export function withNames(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string")
    return value
      .replace(UUID, (id) => names.get(id.toLowerCase()) ?? "<id>")
      .replace(CREATED, '"created":0');
  if (Array.isArray(value)) return value.map((item) => withNames(item, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, withNames(it, names)]));
}
