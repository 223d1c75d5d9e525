import type { ClickHouseClient } from "@clickhouse/client";
import type { Context } from "hono";
import type { GatewayConfig } from "../config/types";
import type { RowWriter } from "../store/insert";

/** The release of TensorZero whose behavior this gateway has. */
export const VERSION = "2026.6.0";

/** GET /status */
export function getStatus(c: Context, config: GatewayConfig): Response {
  return c.json({ status: "ok", version: VERSION, config_hash: config.hash });
}

/**
 * GET /health: 503 if the store does not answer, or takes no rows. Stores that are not in use count as well.
 *
 * `refused_rows` is there once rows were refused. The status stays 200: everything else is stored, and a restart would
 * not help.
 */
export async function getHealth(
  c: Context,
  client: ClickHouseClient,
  { isFailing, refused }: RowWriter,
): Promise<Response> {
  const clickhouse = !isFailing && (await client.ping()).success ? "ok" : "error";
  const body = {
    ...{ gateway: "ok", clickhouse, postgres: "ok", valkey: "ok", valkey_cache: "ok" },
    ...(refused > 0 ? { refused_rows: refused } : {}),
  };
  return c.json(body, clickhouse === "ok" ? 200 : 503);
}
