import { relative } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import {
  connect,
  continueIds,
  createGateway,
  type Damage,
  findDamage,
  type GatewayOptions,
  holderOf,
  inProcess,
  messageOf,
  redirectAt,
  refusedPathFor,
  StoreOpenError,
} from "embedded-gateway";
import { GatewayClient } from "./client";
import { LOCAL_CLICKHOUSE, locateGateway, type RemoteGateway } from "./locate";
import { embeddedObstacle, remoteObstacle } from "./obstacle";

/** A gateway and its store, wherever they are. */
export interface Connection {
  client: GatewayClient;
  clickhouse: ClickHouseClient;
  /** The gateway's name and version. */
  gateway: string;
  /** Which gateway and store these are now, and why. */
  readonly about: string;
  /** What the store has lost of its files; of a ClickHouse server nobody asks for it. */
  damage: readonly Damage[];
  /** Why a model cannot be called; null when it can. */
  obstacle(model: string): Promise<string | null>;
  /** Makes visible what the gateway has taken; nothing that can be asked of a remote one. */
  flush(): Promise<void>;
  /** What the gateway has taken may be stored after it has answered, whatever `flush` says. */
  isLate: boolean;
  close(): Promise<void>;
}

/**
 * Models of one's own are functions of this process, and the gateway is in another.
 *
 * @example
 * const explain = (error: unknown) => {
 *   if (error instanceof RemoteModelsError) return 'openLab({ models, gateway: "embedded" })';
 *   throw error;
 * };
 */
export class RemoteModelsError extends Error {
  override readonly name = "RemoteModelsError";
}

export interface ConnectionOptions extends Pick<GatewayOptions, "configPath" | "fetch"> {
  /** Names of the models that are functions of this process. */
  ownModels: readonly string[];
  /** "embedded" takes the embedded gateway even where another one answers. */
  gateway?: "embedded";
  /** The project's folder, which what is told of paths begins at. */
  project: string;
  /** Folder of the embedded ClickHouse. */
  dataDir: string;
  /** Where addresses, keys and proxies are looked up. */
  env: Readonly<Record<string, string | undefined>>;
  /** Told of what is wrong with the embedded store. */
  log(line: string): void;
}

/**
 * Opens the gateway that `locateGateway` finds, or the embedded one.
 *
 * @throws GatewayNotFoundError
 * @throws RemoteModelsError there are models of one's own, and the gateway is not the embedded one
 * @throws StoreOpenError
 * @throws ConfigError
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  if (options.gateway === "embedded") return openEmbedded(options, "openLab was told so");
  const found = await locateGateway(options.env, options.dataDir);
  if (found.kind === "embedded") return openEmbedded(options, found.reason);
  refuseOwnModels(options.ownModels, found);
  return openRemote(found);
}

function refuseOwnModels(names: readonly string[], { gatewayUrl, reason }: RemoteGateway): void {
  if (names.length === 0) return;
  throw new RemoteModelsError(
    `models has ${names.join(", ")}, functions of this process, which the gateway at ${new URL(gatewayUrl).host} cannot call. ` +
      `It was taken because ${reason}. Take the embedded gateway instead, with gateway: "embedded"; or serve the models over HTTP, as OpenAI does, and add them to config/models.`,
  );
}

function adviceFor({ clickhouseUrl, status }: RemoteGateway): string {
  return clickhouseUrl === LOCAL_CLICKHOUSE && status.server === "babyai-lab"
    ? "It belongs to an `npm run up` of another folder or user: stop that one, or set TENSORZERO_GATEWAY_URL and CLICKHOUSE_URL to what its data/.local/up.json says."
    : "Start it, or correct CLICKHOUSE_URL.";
}

async function openRemote(found: RemoteGateway): Promise<Connection> {
  const { gatewayUrl, clickhouseUrl, apiKey, status, reason } = found;
  const clickhouse = await connect({ url: clickhouseUrl });
  const store = new URL(clickhouseUrl);
  const ping = await clickhouse.ping({ select: true });
  if (!ping.success) {
    await clickhouse.close();
    // ClickHouse's client says of a redirect what its page says.
    const cause = (await redirectAt(store)) ?? ping.error;
    throw new StoreOpenError(
      "unreachable",
      `ClickHouse at ${store.host} takes no query (${cause.message || cause.name}). ${adviceFor(found)}`,
      { cause },
    );
  }
  await continueIds(clickhouse, ["CommentFeedback"]); // the gateway makes all other ids
  const isOwn = status.server === "babyai-lab";
  const client = new GatewayClient({ url: gatewayUrl, apiKey });
  return {
    client,
    clickhouse,
    gateway: `${status.server} ${status.version}`,
    about: `Gateway: ${status.server} ${status.version} at ${client.url}, because ${reason}. ClickHouse: ${store.host}.`,
    damage: isOwn ? await findDamage(clickhouse) : [],
    obstacle: (model) => remoteObstacle(client, model),
    flush: async () => {},
    isLate: true,
    close: () => clickhouse.close(),
  };
}

async function openEmbedded(options: ConnectionOptions, reason: string): Promise<Connection> {
  const { project, dataDir, configPath, env, fetch, log } = options;
  const clickhouse = await connect({ dataDir, log });
  const gateway = await createGateway({
    ...{ configPath, clickhouse, env, fetch },
    refusedPath: refusedPathFor(dataDir),
    onError: (error) => log(messageOf(error)),
  }).catch((error) => clickhouse.close().then(() => Promise.reject(error)));
  const client = new GatewayClient({ url: "http://embedded", fetch: inProcess(gateway.app) });
  const about = () => {
    const holder = holderOf(dataDir);
    const joined = holder === undefined ? "" : `, joined by this process; its holder is ${holder}`;
    return `Gateway: embedded, because ${reason}. ClickHouse: embedded, in ${relative(project, dataDir) || dataDir}${joined}.`;
  };
  let atClose: string | undefined;
  return {
    client,
    clickhouse,
    gateway: `embedded, with the API of TensorZero ${(await client.status()).version}`,
    get about() {
      return atClose ?? about();
    },
    damage: await findDamage(clickhouse),
    obstacle: (model) => embeddedObstacle(gateway.config, env, model),
    flush: () => gateway.flush(),
    isLate: false,
    close: () => {
      atClose ??= about();
      return gateway.close().finally(() => clickhouse.close());
    },
  };
}
