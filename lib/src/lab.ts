import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { ClickHouseClient } from "@clickhouse/client";
import { localModels } from "./agents/local/app";
import { evaluate, type Run } from "./experiment/evaluate";
import { type Plan, planRun } from "./experiment/plan";
import { readPrices } from "./experiment/prices";
import { checkSettings, type EvaluateOptions, SettingsError } from "./experiment/settings";
import { MODELS_ORIGIN, readVariants } from "./experiment/variants";
import { GatewayClient } from "./gateway/client";
import { createGateway } from "./gateway/embedded";
import { uuidv7 } from "./gateway/embedded/ids";
import { locateGateway } from "./gateway/locate";
import { connect } from "./store/connect";
import { type EpisodeRow, episodes } from "./store/episodes";
import { insertFailure } from "./store/failures";
import { waitForOutcomes } from "./store/outcomes";

/** The project's folder. */
const root = resolve(__dirname, "..", "..");

export interface LabOptions {
  /** "embedded" takes the embedded gateway even where another one answers. Default: see `locateGateway`. */
  gateway?: "embedded";
  /** Folder of the embedded ClickHouse. Default: data/.local/clickhouse. */
  dataDir?: string;
}

/** What a notebook works with: a gateway, a store, and experiments on them. */
export interface Lab {
  /** The client in use, for SQL of one's own. The tables are TensorZero's. */
  readonly clickhouse: ClickHouseClient;
  /** For inferences and feedback of one's own. */
  readonly gateway: GatewayClient;
  /** Which gateway and store this is, and why. */
  readonly about: string;
  /** The LLM variants where a key for them is at hand, else the local ones. */
  readonly defaultVariants: readonly string[];
  /** What `evaluate` would do at most. @throws SettingsError */
  plan(options: EvaluateOptions): Promise<Plan>;
  /** Plays variants × tasks × seeds; stores every inference and every outcome. @throws SettingsError */
  evaluate(options: EvaluateOptions): Promise<Run>;
  /** One row an episode of a run, from ClickHouse. */
  episodes(filter: { run: string }): Promise<EpisodeRow[]>;
  /** Where a run's charts and notebook go: data/.local/runs/<run>. */
  directory(run: string): string;
  /** Stores what is still on its way, then lets go of gateway and store. */
  close(): Promise<void>;
}

/**
 * Opens gateway and store, and prints in one line which and why: those that TENSORZERO_GATEWAY_URL and CLICKHOUSE_URL
 * name, else those on localhost:3000 if a gateway answers there, else both embedded in this process. Variables may
 * stand in .env.
 *
 * @throws GatewayNotFoundError a gateway was named and does not answer
 * @throws StoreOpenError the store cannot be opened, for instance because another process holds the folder
 */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const env = { ...readEnvFile(join(root, ".env")), ...process.env };
  const variants = readVariants(join(root, "config", "tensorzero.toml"));
  const prices = readPrices(join(root, "config", "prices.toml"));
  const connection = await open(options, env);
  const { client, clickhouse, about, close } = connection;

  const isLocal = (variant: string) => variants.get(variant)?.local ?? false;
  const hasKey = connection.hasKey;
  const defaultVariants = [...variants.keys()].filter((variant) => isLocal(variant) !== hasKey);
  const price = (variant: string) => prices[variants.get(variant)?.model ?? ""];
  const check = (evaluateOptions: EvaluateOptions) => {
    const settings = checkSettings(evaluateOptions, [...variants.keys()]);
    const unpriced = settings.variants.find((variant) => !price(variant));
    if (settings.budgetUsd !== null && unpriced) {
      throw new SettingsError(
        `budgetUsd needs the price of ${variants.get(unpriced)?.model}, the model of ${unpriced}: add it to config/prices.toml`,
      );
    }
    return settings;
  };

  console.log(about);
  return {
    clickhouse,
    gateway: client,
    about,
    defaultVariants,
    plan: async (evaluateOptions) =>
      planRun(check(evaluateOptions), (name) => ({
        templates: variants.get(name)?.templates ?? [],
        price: price(name),
      })),
    evaluate: async (evaluateOptions) => {
      const run = await evaluate(
        {
          client,
          price,
          recordFailure: (id, { variant, task, seed, episodeId, error }) =>
            insertFailure(clickhouse, {
              run: id,
              variant,
              task,
              seed,
              episodeId: episodeId ?? uuidv7(),
              feedbackId: uuidv7(),
              error: error?.message ?? "",
            }),
        },
        check(evaluateOptions),
        evaluateOptions,
      );
      await connection.flush();
      await waitForOutcomes(clickhouse, run.id, run.completed);
      return run;
    },
    episodes: async ({ run }) => {
      await connection.flush();
      return episodes(clickhouse, run);
    },
    directory: (run) => join(root, "data", ".local", "runs", run),
    close,
  };
}

interface Connection {
  client: GatewayClient;
  clickhouse: ClickHouseClient;
  about: string;
  /** The LLM variants can be called. */
  hasKey: boolean;
  /** Makes visible what the gateway has taken; nothing that can be asked of a remote one. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

async function open(
  options: LabOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Connection> {
  const found =
    options.gateway === "embedded"
      ? ({ kind: "embedded", reason: "openLab was told so" } as const)
      : await locateGateway(env);
  if (found.kind === "remote") {
    const { gatewayUrl, clickhouseUrl, status, reason } = found;
    const clickhouse = await connect({ url: clickhouseUrl });
    const store = new URL(clickhouseUrl);
    return {
      client: new GatewayClient({ url: gatewayUrl }),
      clickhouse,
      about: `Gateway: ${status.server} ${status.version} at ${gatewayUrl}, because ${reason}. ClickHouse: ${store.host}.`,
      // TensorZero's own gateway holds the key itself; that of `npm run up` reads the same .env as we do.
      hasKey: status.server === "TensorZero" || Boolean(env.OPENAI_API_KEY),
      flush: async () => {},
      close: () => clickhouse.close(),
    };
  }
  const dataDir = options.dataDir ?? join(root, "data", ".local", "clickhouse");
  const clickhouse = await connect({ dataDir });
  const models = localModels();
  const gateway = await createGateway({
    configPath: join(root, "config", "tensorzero.toml"),
    clickhouse,
    env,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      return request.url.startsWith(`${MODELS_ORIGIN}/`) ? models.fetch(request) : fetch(request);
    },
  });
  return {
    client: new GatewayClient({
      url: "http://embedded",
      fetch: async (input, init) => gateway.app.fetch(new Request(input, init)),
    }),
    clickhouse,
    about: `Gateway: embedded, because ${found.reason}. ClickHouse: embedded, in ${dataDir}.`,
    hasKey: Boolean(env.OPENAI_API_KEY),
    flush: () => gateway.flush(),
    close: async () => {
      await gateway.close();
      await clickhouse.close();
    },
  };
}

function readEnvFile(path: string): Record<string, string | undefined> {
  return existsSync(path) ? parseEnv(readFileSync(path, "utf8")) : {};
}
