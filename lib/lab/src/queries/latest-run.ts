import type { ClickHouseClient } from "@clickhouse/client";
import { IS_ACT } from "./parts/is-act";
import { RECORDS } from "./runs/run-settings";

/**
 * Id of the run whose first inference is the newest; null when the store has no run. Helpers, which only serve to show something,
 * come after all others.
 *
 * @example
 * const newest = await latestRun(lab.clickhouse);
 * if (newest) console.log(await lab.episodes({ run: newest }));
 */
export async function latestRun(clickhouse: ClickHouseClient): Promise<string | null> {
  const result = await clickhouse.query({
    query: `
      SELECT value AS run
      FROM TagInference
      WHERE key = 'run' AND ${IS_ACT}
      GROUP BY run
      ORDER BY
        run IN (
          SELECT tags['run'] FROM ${RECORDS}
          WHERE tags['record'] = 'settings' AND JSONExtractBool(value, 'helper')
        ),
        min(UUIDv7ToDateTime(inference_id)) DESC, run DESC
      LIMIT 1`,
    format: "JSONEachRow",
  });
  const [row] = await result.json<{ run: string }>();
  return row?.run ?? null;
}
