import { connectToServer } from "../clickhouse/connect";
import { createGateway } from "../gateway";
import type { Fetcher, GuardOptions } from "./guard";
import { reachModels } from "./in-process";
import { listen } from "./listen";
import type { Up } from "./up";

export interface UpOnServerOptions {
  configPath: string | readonly string[];
  /** The server's address, e.g. `http://chuser:chpassword@localhost:8123/tensorzero`. */
  clickhouseUrl: string;
  /** The local models' app; it is called in this process. */
  models: Fetcher;
  env?: Readonly<Record<string, string | undefined>>;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 3000; 0 takes any free one. */
  port?: number;
  guard: GuardOptions;
}

/**
 * The gateway alone, on a ClickHouse server.
 *
 * @throws UpError the port is taken
 * @throws StoreOpenError the server does not take the tables
 * @throws ConfigError the toml names the key that is wrong
 */
export async function upOnServer(options: UpOnServerOptions): Promise<Up> {
  const { configPath, models, env = process.env, host, port, guard } = options;
  const clickhouse = await connectToServer(options.clickhouseUrl);
  const gateway = await createGateway({
    configPath,
    clickhouse,
    env,
    fetch: reachModels(models, env),
  }).catch((error) => clickhouse.close().then(() => Promise.reject(error)));
  const closeStore = () => gateway.close().finally(() => clickhouse.close());
  try {
    const { url, close } = await listen("gateway", gateway.app, { host, port, ...guard });
    return { urls: { gateway: url }, close: () => close().finally(closeStore) };
  } catch (error) {
    await closeStore();
    throw error;
  }
}
