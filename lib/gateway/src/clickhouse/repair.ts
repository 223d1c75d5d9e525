import { basename } from "node:path";
import { openClient } from "./connect";
import { putAside } from "./damage";
import { fillViews } from "./fill-views";
import { createSchema } from "./schema";
import { TABLES } from "./schema-tables";

/** A part that was put aside. */
export interface PutAside {
  table: string;
  /** Where it is now. */
  path: string;
  /** Why it cannot be read, in ClickHouse's words. */
  reason: string;
}

/**
 * Reads all of an embedded store and puts the parts aside that cannot be read, so that it opens and answers with what is
 * left. Nothing is deleted: a part's folder is moved to its table's `detached`, where `findDamage` finds it.
 *
 * @throws StoreOpenError
 */
export async function repairStore(dataDir: string): Promise<PutAside[]> {
  const client = await openClient({ dataDir });
  const select = async <Row>(query: string) =>
    (await client.query({ query, format: "JSONEachRow" })).json<Row>();
  try {
    await createSchema(client);
    const aside: PutAside[] = [];
    for (const table of Object.keys(TABLES)) {
      const checked = await select<{ part_path: string; is_passed: number; message: string }>(
        `CHECK TABLE ${table}`,
      );
      for (const { part_path, message } of checked.filter(({ is_passed }) => !is_passed)) {
        const name = basename(part_path);
        await client.command({ query: `ALTER TABLE ${table} DETACH PART '${name}'` });
        const [detached] = await select<{ path: string }>(
          `SELECT path FROM system.detached_parts WHERE database = currentDatabase() AND table = '${table}' AND name = '${name}'`,
        );
        aside.push({ table, path: putAside(detached!.path, "broken"), reason: message });
      }
    }
    await fillViews(client);
    return aside;
  } finally {
    await client.close();
  }
}
