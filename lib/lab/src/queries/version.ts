import type { ClickHouseClient } from "@clickhouse/client";

/** ClickHouse's version, e.g. "26.7.3.1". */
export async function serverVersion(clickhouse: ClickHouseClient): Promise<string> {
  const result = await clickhouse.query({
    query: "SELECT version() AS version",
    format: "JSONEachRow",
  });
  const [row] = await result.json<{ version: string }>();
  return row?.version ?? "";
}
