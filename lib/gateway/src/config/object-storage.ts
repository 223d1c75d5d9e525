import { isAbsolute } from "node:path";
import type { Table } from "./table";
import type { StorageKind } from "./types";

/** `[object_storage]` @throws ConfigError */
export function readStorage(table: Table | undefined): StorageKind | undefined {
  const type = table?.requiredOneOf("type", ["filesystem", "disabled", "s3_compatible"]);
  if (table === undefined || type === undefined) return undefined;
  if (type === "s3_compatible")
    return table.fail(
      "type",
      'is "s3_compatible", which the embedded gateway lacks; it has "filesystem" and "disabled"',
    );
  if (type === "disabled") {
    table.end();
    return { type };
  }
  const path = table.requiredString("path");
  // Each gateway would begin at the folder in which it was started.
  if (!isAbsolute(path)) table.fail("path", `is "${path}"; it must be an absolute path`);
  table.end();
  return { type, path };
}
