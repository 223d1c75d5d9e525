import { messageOf, RedirectError, readHandover } from "embedded-gateway";
import { GatewayClient, GatewayError, type GatewayStatus } from "./client";
import { isNobody } from "./unreachable";

/** ClickHouse's in docker-compose.yml. */
export const COMPOSE_PASSWORD = "chpassword";

/** Where `docker compose up` listens. */
export const LOCAL_GATEWAY = "http://localhost:3000";
export const LOCAL_CLICKHOUSE = `http://chuser:${COMPOSE_PASSWORD}@localhost:8123/tensorzero`;

/** Where nothing listens, that is known at once; what takes a connection and does not answer yet may be busy. */
const PATIENCE_MS = 10_000;

/** A gateway that is named is the only one: many workers may keep it busy. */
const NAMED_PATIENCE_MS = 60_000;

export interface RemoteGateway {
  kind: "remote";
  /** Both may hold a password. */
  gatewayUrl: string;
  clickhouseUrl: string;
  /** TENSORZERO_API_KEY: for a gateway that was named, and for no other that may answer. */
  apiKey?: string;
  status: GatewayStatus;
  /** Why this one was taken. */
  reason: string;
}

export interface EmbeddedGatewayChoice {
  kind: "embedded";
  reason: string;
}

/**
 * A gateway that was asked for is not there or takes another key, its address cannot be read, or that of it or of its ClickHouse
 * is missing.
 *
 * @example
 * process.env.TENSORZERO_GATEWAY_URL = "http://localhost:1";
 * process.env.CLICKHOUSE_URL = "http://localhost:8123/tensorzero";
 * try {
 *   await openLab({ project: "." });
 * } catch (error) {
 *   error instanceof GatewayNotFoundError; // true
 * }
 */
export class GatewayNotFoundError extends Error {
  override readonly name = "GatewayNotFoundError";
  /** Nobody answers at the address: it may do so later. */
  readonly isAway: boolean;
  constructor(
    message: string,
    { isAway = false, ...options }: ErrorOptions & { isAway?: boolean } = {},
  ) {
    super(message, options);
    this.isAway = isAway;
  }
}

/**
 * Decides which gateway to use: the one that TENSORZERO_GATEWAY_URL and CLICKHOUSE_URL name, else a healthy one on
 * localhost:3000, unless it is of an `npm run up` on the store's folder, which is joined; else the embedded one. A gateway that
 * is named but does not answer is an error, never a reason to take another; so is one of the two variables without the other.
 *
 * @param dataDir the store's folder
 * @throws GatewayNotFoundError
 */
export async function locateGateway(
  env: Readonly<Record<string, string | undefined>>,
  dataDir: string,
): Promise<RemoteGateway | EmbeddedGatewayChoice> {
  const gatewayUrl = env.TENSORZERO_GATEWAY_URL;
  const clickhouseUrl = env.CLICKHOUSE_URL;
  if (gatewayUrl && clickhouseUrl) {
    const reason = "TENSORZERO_GATEWAY_URL and CLICKHOUSE_URL are set";
    const apiKey = env.TENSORZERO_API_KEY?.trim() || undefined;
    const status = await ask(gatewayUrl, apiKey);
    return { kind: "remote", gatewayUrl, clickhouseUrl, apiKey, status, reason };
  }
  if (gatewayUrl || clickhouseUrl) {
    const [set, missing] = gatewayUrl
      ? ["TENSORZERO_GATEWAY_URL", `CLICKHOUSE_URL (docker compose's is ${LOCAL_CLICKHOUSE})`]
      : ["CLICKHOUSE_URL", `TENSORZERO_GATEWAY_URL (docker compose's is ${LOCAL_GATEWAY})`];
    throw new GatewayNotFoundError(`${set} is set without ${missing}: set both, or neither`);
  }
  if (readHandover(dataDir) !== undefined)
    return { kind: "embedded", reason: "`npm run up` serves this folder's store" };
  const status = await probe(LOCAL_GATEWAY);
  if (status) {
    return {
      kind: "remote",
      gatewayUrl: LOCAL_GATEWAY,
      clickhouseUrl: LOCAL_CLICKHOUSE,
      status,
      reason: "it answers there",
    };
  }
  return {
    kind: "embedded",
    reason: `TENSORZERO_GATEWAY_URL is not set and no TensorZero Gateway answers at ${LOCAL_GATEWAY}`,
  };
}

async function ask(url: string, apiKey: string | undefined): Promise<GatewayStatus> {
  let client: GatewayClient;
  try {
    client = new GatewayClient({ url, apiKey, timeoutMs: NAMED_PATIENCE_MS });
  } catch (cause) {
    throw new GatewayNotFoundError(
      `TENSORZERO_GATEWAY_URL ${messageOf(cause)}. Give one like ${LOCAL_GATEWAY}`,
      { cause },
    );
  }
  try {
    const status = await client.status();
    await client.checkKey();
    return status;
  } catch (cause) {
    const redirect = cause instanceof Error && cause.cause instanceof RedirectError;
    if (cause instanceof GatewayError && cause.status === 401)
      throw new GatewayNotFoundError(cause.message, { cause });
    const what = redirect
      ? `: ${messageOf(cause.cause)}`
      : ", where no gateway answers: start it, or unset the variable";
    const isAway =
      !redirect &&
      cause instanceof GatewayError &&
      (cause.status === null || isNobody(cause.status));
    throw new GatewayNotFoundError(`TENSORZERO_GATEWAY_URL names ${client.url}${what}`, {
      ...{ cause, isAway },
    });
  }
}

/** Null when nothing answers there, or something that is no TensorZero Gateway. */
async function probe(url: string): Promise<GatewayStatus | null> {
  try {
    const status = await new GatewayClient({ url, timeoutMs: PATIENCE_MS }).status();
    return typeof status.version === "string" ? status : null;
  } catch {
    return null;
  }
}
