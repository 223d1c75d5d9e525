import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Engines of tables that keep their rows in the store itself, or none. */
export const TABLE_ENGINES = [
  ...["", "Aggregating", "Coalescing", "Collapsing", "Graphite", "Replacing", "Summing"].map(
    (kind) => `${kind}MergeTree`,
  ),
  ...["VersionedCollapsingMergeTree", "Memory", "Log", "TinyLog", "StripeLog", "Null", "Set"],
  ...["Join", "Buffer", "Merge", "GenerateRandom", "View", "MaterializedView"],
];

const PRIVILEGES = [
  ...["CHECK", "SHOW", "SELECT", "INSERT", "ALTER", "CREATE DATABASE", "CREATE TABLE"],
  ...["CREATE VIEW", "CREATE TEMPORARY TABLE", "CREATE FUNCTION", "DROP", "UNDROP TABLE"],
  ...["TRUNCATE", "OPTIMIZE", "KILL QUERY", "SYSTEM FLUSH", "SYSTEM MERGES", "SYSTEM JEMALLOC"],
  ...["SYSTEM WAIT LOADING PARTS"],
];

/** ClickHouse's own access control: what is not granted – files, programs, addresses – is refused by the engine. */
const CONFIGURATION = (path: string) => `<clickhouse>
  <users_config>${path}</users_config>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users><default>
    <password/>
    <networks><ip>::/0</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
    <grants>
      <query>GRANT ${PRIVILEGES.join(", ")} ON *.*</query>
      ${TABLE_ENGINES.map((engine) => `<query>GRANT TABLE ENGINE ON ${engine}</query>`).join("\n      ")}
    </grants>
  </default></users>
</clickhouse>
`;

/**
 * Opens the engine so that no statement reaches outside of the store's folder by a table function or an engine.
 *
 * @param open opens it with these arguments
 */
export function openConfined<T>(open: (args: string[]) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "clickhouse-config-"));
  const path = join(folder, "config.xml");
  try {
    writeFileSync(path, CONFIGURATION(path));
    return open([`--config-file=${path}`]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
