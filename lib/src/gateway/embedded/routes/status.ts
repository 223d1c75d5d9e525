import type { ClickHouseClient } from "@clickhouse/client";
import type { Context } from "hono";
import type { GatewayConfig } from "../config/types";

/** The release of TensorZero whose behaviour this gateway has. */
export const VERSION = "2026.4.1";

/** GET /status */
export function getStatus(c: Context, config: GatewayConfig): Response {
  return c.json({ status: "ok", version: VERSION, config_hash: config.hash });
}

/** GET /health: 503 if the store does not answer. Stores that are not in use count as well. */
export async function getHealth(c: Context, client: ClickHouseClient): Promise<Response> {
  const clickhouse = (await client.ping()).success ? "ok" : "error";
  const body = { gateway: "ok", clickhouse, postgres: "ok", valkey: "ok", valkey_cache: "ok" };
  return c.json(body, clickhouse === "ok" ? 200 : 503);
}
