import type { ClickHouseClient } from "@clickhouse/client";
import { type Context, Hono } from "hono";
import { printable } from "./basics/printable";
import type { TomlFile } from "./config/load";
import type { GatewayConfig } from "./config/types";
import { asGatewayError, routeNotFound } from "./errors";
import { Feedback, readFeedbackRequest } from "./feedback/feedback";
import { ObjectStore } from "./files/object-store";
import { Engine } from "./inference/engine";
import { RecentTargets } from "./inference/targets";
import { listInferences } from "./listing/list-inferences";
import { readGetRequest, readListRequest } from "./listing/request";
import { Cache } from "./models/cache";
import { Examples } from "./models/examples";
import { keyWarnings } from "./models/key-warnings";
import { outboundFetch } from "./models/outbound";
import type { Fetch } from "./models/providers/exchange";
import { readJson } from "./routes/body";
import { postEmbeddings } from "./routes/embeddings";
import { errorResponse, nativeBody } from "./routes/errors";
import { postInference } from "./routes/inference";
import { lackingRoute } from "./routes/lacking";
import { postChatCompletions } from "./routes/openai";
import { getHealth, getStatus, VERSION } from "./routes/status";
import { continueIds } from "./store/continue-ids";
import { RowWriter } from "./store/insert";
import { loadConfig } from "./variants/types";

export interface GatewayOptions {
  /** A `tensorzero.toml`, or the several files of one configuration, each by its path or as it would be read. */
  configPath: string | readonly (string | TomlFile)[];
  /** Where inferences and feedback are stored. It is not closed by the gateway. */
  clickhouse: ClickHouseClient;
  /** Sends requests to providers; may answer for a host in process. Default: `outboundFetch`. */
  fetch?: Fetch;
  /** The file for rows that ClickHouse refuses. Default: see `RowWriterOptions`. */
  refusedPath?: string;
  /** Told of rows that ClickHouse does not take, and of keys that would go astray (`KeyWarning`). Default: prints them. */
  onError?: (error: unknown) => void;
  /** Where keys and proxies are looked up. Default: the process's environment. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** TensorZero's gateway in this process. */
export interface EmbeddedGateway {
  /** Answers requests: `app.fetch(request)`, or behind a server. */
  readonly app: Hono;
  readonly config: GatewayConfig;
  /** Makes all rows of what has been answered visible in the store. @throws StoreWriteError */
  flush(): Promise<void>;
  /** Waits for inferences under way, then flushes. Do not use the app afterwards. */
  close(): Promise<void>;
}

/**
 * Opens a gateway that answers as TensorZero's does.
 *
 * @example
 * const gateway = await createGateway({ configPath: "config/tensorzero.toml", clickhouse });
 * const response = await gateway.app.request("/inference", { method: "POST", body: JSON.stringify(request) });
 * @throws ConfigError the configuration names the key that is wrong
 */
export async function createGateway(options: GatewayOptions): Promise<EmbeddedGateway> {
  const env = options.env ?? process.env;
  const config = await loadConfig(options.configPath, env);
  const { clickhouse: client, onError = (error) => console.error(printable(String(error))) } =
    options;
  for (const warning of keyWarnings(config, env)) onError(warning);
  await continueIds(client);
  const { flushIntervalMs, maxBatchRows } = config.gateway;
  const writer = new RowWriter(client, {
    intervalMs: flushIntervalMs,
    maxRows: maxBatchRows,
    refusedPath: options.refusedPath,
    onError,
  });
  const files = new ObjectStore(config.storage, onError);
  const targets = new RecentTargets();
  const fetch = options.fetch ?? outboundFetch(env);
  const engine = new Engine({
    config,
    cache: new Cache(client, writer),
    examples: new Examples(client),
    writer,
    files,
    targets,
    fetch,
    env,
  });
  const feedback = new Feedback({
    config,
    client,
    writer,
    targets,
    inFlight: () => engine.inFlight,
  });
  const app = createApp({ config, client, writer, engine, feedback });
  return {
    app,
    config,
    flush: async () => {
      await files.flush();
      await writer.flush();
    },
    close: async () => {
      await engine.idle();
      await files.flush();
      await writer.close();
    },
  };
}

interface AppParts {
  config: GatewayConfig;
  client: ClickHouseClient;
  writer: RowWriter;
  engine: Engine;
  feedback: Feedback;
}

type Handler = (c: Context) => Response | Promise<Response>;

function createApp({ config, client, writer, engine, feedback }: AppParts): Hono {
  const app = new Hono();
  const { errorJson } = config.gateway;
  const routes: Record<string, { method: "GET" | "POST"; handler: Handler }> = {
    "/inference": { method: "POST", handler: (c) => postInference(c, engine, errorJson) },
    "/openai/v1/chat/completions": {
      method: "POST",
      handler: (c) => postChatCompletions(c, engine, errorJson),
    },
    "/openai/v1/embeddings": {
      method: "POST",
      handler: (c) => postEmbeddings(c, engine, errorJson),
    },
    "/feedback": {
      method: "POST",
      handler: async (c) =>
        c.json({ feedback_id: await feedback.give(readFeedbackRequest(await readJson(c))) }),
    },
    "/v1/inferences/list_inferences": {
      method: "POST",
      handler: async (c) =>
        c.json(
          await listInferences(readListRequest(await readJson(c)), { config, client, writer }),
        ),
    },
    "/v1/inferences/get_inferences": {
      method: "POST",
      handler: async (c) =>
        c.json(await listInferences(readGetRequest(await readJson(c)), { config, client, writer })),
    },
    "/status": { method: "GET", handler: (c) => getStatus(c, config) },
    "/health": { method: "GET", handler: (c) => getHealth(c, client, writer) },
  };
  app.use(async (c, next) => {
    await next();
    c.res.headers.set("x-tensorzero-gateway-version", VERSION);
    // Distinguishes the embedded gateway from TensorZero's, which sends no such header.
    c.res.headers.set("server", "babyai-lab");
  });
  for (const [path, { method, handler }] of Object.entries(routes)) {
    const full = config.gateway.basePath + path;
    app.on(method, full, handler);
    app.all(full, (c) => c.body(null, 405, { allow: method === "GET" ? "GET,HEAD" : method }));
  }
  app.notFound((c) => {
    const { method, path } = c.req;
    const { basePath } = config.gateway;
    const below = path.startsWith(basePath) ? path.slice(basePath.length) : path;
    const lacking = lackingRoute(method, below);
    if (lacking !== undefined) return errorResponse(c, lacking, errorJson);
    return c.json(nativeBody(routeNotFound(method, path), errorJson), 404);
  });
  app.onError((error, c) => errorResponse(c, asGatewayError(error), errorJson));
  return app;
}
