import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { connect, DATABASE } from "../clickhouse/connect";
import { openEmbedded } from "../clickhouse/connect-embedded";
import { describeDamage, findDamage } from "../clickhouse/damage";
import { clickHouseApp } from "../clickhouse/http/app";
import { createGateway } from "../gateway";
import { refusedPathFor } from "../store/refused-rows";
import type { Fetcher } from "./guard";
import { handOver } from "./handover";
import { reachModels } from "./in-process";
import { guardFor, listen, type Service } from "./listen";

export interface UpOptions {
  configPath: string | readonly string[];
  /** Folder of the embedded ClickHouse; this process holds it. */
  dataDir: string;
  /** The local models' app, which answers OpenAI's protocol. */
  models: Fetcher;
  env?: Readonly<Record<string, string | undefined>>;
  /** Default: gateway 3000, clickhouse 8123, models 3030; 0 takes any free one. */
  ports?: Partial<Record<Service, number>>;
  /** ClickHouse's password; its user is `chuser`. Default: one made at each start. */
  password?: string;
  /** Address to listen on. Default 127.0.0.1. Any other than loopback needs `password`, which gateway and models then ask for, too. */
  host?: string;
  /** Told of damage to the store. Default: nobody is. */
  log?: (line: string) => void;
  /** ClickHouse's statements may reach files, programs and addresses. Default: those that would are refused. */
  allowOutside?: boolean;
}

/** Services that are up. */
export interface Up {
  /** Each service's address. */
  readonly urls: Partial<Record<Service, string>>;
  /**
   * Takes no more requests, finishes and stores those under way, and frees the folder.
   *
   * @throws RowsUnstoredError the store takes no rows; they are in a file
   */
  close(): Promise<void>;
}

/** ClickHouse's user, as in docker-compose.yml. */
export const USER = "chuser";

/** An answer is made whole in memory before it is sent, so its size has a limit, which a request can change by the same name. */
const SERVER_SETTINGS = {
  session_timezone: "UTC",
  max_result_bytes: 200_000_000,
  result_overflow_mode: "throw",
};

/**
 * Docker compose without Docker: the gateway, ClickHouse and the local models in this process, for many notebooks and
 * programs at once. Addresses and the password stand in a file beside the store's folder that only this user can read: see
 * `readHandover`.
 *
 * @throws UpError a port is taken, or an open address without a password
 * @throws StoreOpenError the folder is held by another process, or cannot be written
 * @throws ConfigError the toml names the key that is wrong
 */
export async function up(options: UpOptions): Promise<Up> {
  const { host = "127.0.0.1", dataDir, allowOutside = false } = options;
  const guard = guardFor(host, options.password);
  const password = options.password ?? randomBytes(24).toString("base64url");
  const closers: (() => Promise<void>)[] = [];
  const urls: Partial<Record<Service, string>> = {};
  const close = async () => {
    const errors: unknown[] = [];
    for (const closer of closers.splice(0).reverse())
      await closer().catch((error) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  };
  const serve = async (service: Service, app: Fetcher) => {
    const port = options.ports?.[service];
    // ClickHouse asks for user and password itself.
    const own = service === "clickhouse" ? { ...guard, password: undefined } : guard;
    const running = await listen(service, app, { host, port, ...own });
    urls[service] = running.url;
    closers.push(running.close);
  };
  try {
    await serve("models", options.models);
    const clickhouse = await connect({
      dataDir,
      isConfined: !allowOutside,
      keeps: true,
      log: options.log,
    });
    closers.push(() => clickhouse.close());
    const damage = await findDamage(clickhouse);
    if (damage.length > 0) options.log?.(describeDamage(damage));
    // subtle: a connection of its own, with a server's defaults instead of our client's.
    const connection = openEmbedded(resolve(dataDir), DATABASE, SERVER_SETTINGS);
    await connection.initialize();
    closers.push(() => connection.close());
    await serve("clickhouse", clickHouseApp({ connection, user: USER, password, allowOutside }));
    const gateway = await createGateway({
      configPath: options.configPath,
      clickhouse,
      refusedPath: refusedPathFor(dataDir),
      env: options.env,
      fetch: reachModels(options.models, options.env ?? process.env),
    });
    closers.push(() => gateway.close());
    await serve("gateway", gateway.app);
    const withPassword = (url = "") =>
      url.replace("//", `//${USER}:${encodeURIComponent(password)}@`);
    const own = {
      pid: process.pid,
      gateway: ownAddress(guard.isOpen ? withPassword(urls.gateway) : urls.gateway),
      clickhouse: `${ownAddress(withPassword(urls.clickhouse))}/${DATABASE}`,
    };
    closers.push(handOver(dataDir, own));
  } catch (error) {
    await close();
    throw error;
  }
  return { urls, close };
}

/** An address that takes connections from everywhere is no one's to connect to. */
function ownAddress(url = ""): string {
  return url.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]");
}
