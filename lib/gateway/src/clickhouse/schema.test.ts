import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "./connect";
import { TABLES } from "./schema-tables";

test("every table knows batches again, also one of a store made before that", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "schema-"));
  const before = await connect({ dataDir });
  for (const table of ["JsonInference", "ModelInferenceCache"]) {
    await before.command({
      query: `ALTER TABLE ${table} RESET SETTING non_replicated_deduplication_window`,
    });
  }
  await before.close();
  const after = await connect({ dataDir });
  const result = await after.query({
    query: `SELECT name FROM system.tables
      WHERE database = currentDatabase() AND engine_full LIKE '%non_replicated_deduplication_window = 100%' ORDER BY name`,
    format: "JSONEachRow",
  });
  const names = (await result.json<{ name: string }>()).map(({ name }) => name);
  expect(names).toEqual(Object.keys(TABLES).sort());
  await after.close();
  rmSync(dataDir, { recursive: true });
});
