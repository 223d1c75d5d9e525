import { timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { clickHouseApp } from "../store/clickhouse-http";
import { connect, DATABASE } from "../store/connect";
import { openEmbedded } from "../store/connect-embedded";
import { createGateway } from "./embedded";

/** What can be served: TensorZero's API, ClickHouse's HTTP interface, and the local models. */
export type Service = "gateway" | "clickhouse" | "models";

export interface UpOptions {
  configPath: string;
  /** Folder of the embedded ClickHouse; this process holds it. */
  dataDir: string;
  /** The local models' app, which answers OpenAI's protocol. */
  models: { fetch(request: Request): Response | Promise<Response> };
  /** Host of the local models in the configuration; answered in process. Default `http://models:3030`. */
  modelsOrigin?: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** Default: all three. */
  services?: readonly Service[];
  /** Default: gateway 3000, clickhouse 8123, models 3030; 0 takes any free one. */
  ports?: Partial<Record<Service, number>>;
  /** ClickHouse's user; default those of docker-compose.yml: chuser, chpassword. */
  user?: string;
  password?: string;
  /** Address to listen on. Default 127.0.0.1. Any other than loopback needs `password`, which gateway and models then ask for, too. */
  host?: string;
}

/** Services that are up. */
export interface Up {
  /** Each service's address. */
  readonly urls: Partial<Record<Service, string>>;
  /** Takes no more requests, finishes and stores those under way, and frees the folder. */
  close(): Promise<void>;
}

/** A service could not be started; the message is one line that says what to do. */
export class UpError extends Error {
  override readonly name = "UpError";
}

/**
 * An answer is made whole in memory before it is sent, and a client that goes away does not stop it; so its size has a
 * limit, which a request can set otherwise by the same name.
 */
const SERVER_SETTINGS = {
  session_timezone: "UTC",
  max_result_bytes: 200_000_000,
  result_overflow_mode: "throw",
};

const PORTS: Record<Service, number> = { gateway: 3000, clickhouse: 8123, models: 3030 };
const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * Docker compose without Docker: the gateway, ClickHouse and the local models in this process, for many notebooks and
 * programs at once.
 *
 * @throws UpError a port is taken, or an open address without a password
 * @throws StoreOpenError the folder is held by another process, or cannot be written
 * @throws ConfigError the toml names the key that is wrong
 */
export async function up(options: UpOptions): Promise<Up> {
  const {
    host = "127.0.0.1",
    services = ["gateway", "clickhouse", "models"],
    user = "chuser",
  } = options;
  const open = !LOOPBACK.has(host);
  if (open && !options.password) {
    throw new UpError(
      `Listening on ${host} lets other machines in, so it needs a password of your own: give one, or listen on 127.0.0.1.`,
    );
  }
  const password = options.password ?? "chpassword";
  const closers: (() => Promise<void>)[] = [];
  const urls: Partial<Record<Service, string>> = {};
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const listen = async (service: Service, app: Fetcher) => {
    const guarded = guard(app, open && service !== "clickhouse" ? password : undefined);
    const running = await start(service, guarded, host, options.ports?.[service] ?? PORTS[service]);
    urls[service] = running.url;
    closers.push(running.close);
  };
  try {
    if (services.includes("models")) await listen("models", options.models);
    if (services.includes("gateway") || services.includes("clickhouse")) {
      const clickhouse = await connect({ dataDir: options.dataDir });
      closers.push(() => clickhouse.close());
      if (services.includes("clickhouse")) {
        // subtle: a connection of its own, with a server's defaults instead of our client's.
        const connection = openEmbedded(resolve(options.dataDir), DATABASE, SERVER_SETTINGS);
        await connection.initialize();
        closers.push(() => connection.close());
        await listen("clickhouse", clickHouseApp({ connection, user, password }));
      }
      if (services.includes("gateway")) {
        const gateway = await createGateway({
          configPath: options.configPath,
          clickhouse,
          env: options.env,
          fetch: reachModels(options),
        });
        closers.push(() => gateway.close());
        await listen("gateway", gateway.app);
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { urls, close };
}

type Fetcher = { fetch(request: Request): Response | Promise<Response> };

function reachModels({ models, modelsOrigin = "http://models:3030" }: UpOptions) {
  return async (url: string, init: RequestInit): Promise<Response> =>
    url.startsWith(`${modelsOrigin}/`) ? models.fetch(new Request(url, init)) : fetch(url, init);
}

/**
 * Keeps web pages out, which can reach loopback, too: a browser names the page's origin, and the host that it was told.
 * With a password, it must come as a bearer token.
 */
function guard(app: Fetcher, password: string | undefined): Hono {
  const guarded = new Hono();
  guarded.all("/*", (c) => {
    const origin = c.req.header("origin");
    if (
      origin !== undefined &&
      !(URL.canParse(origin) && LOOPBACK.has(new URL(origin).hostname.replace(/[[\]]/g, "")))
    ) {
      return c.json({ error: `Requests from web pages of ${origin} are not taken.` }, 403);
    }
    if (password === undefined) {
      const { hostname } = new URL(c.req.url);
      if (!LOOPBACK.has(hostname.replace(/[[\]]/g, "")))
        return c.json({ error: `This is not ${hostname}.` }, 403);
    } else if (!matches(c.req.header("authorization"), `Bearer ${password}`)) {
      return c.json({ error: "Give the password as a bearer token." }, 401);
    }
    return app.fetch(c.req.raw);
  });
  return guarded;
}

function matches(given: string | undefined, wanted: string): boolean {
  const [a, b] = [Buffer.from(given ?? ""), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function start(
  service: Service,
  app: Hono,
  host: string,
  port: number,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = serve({ fetch: app.fetch, port, hostname: host });
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = `Port ${port} (${service}) is taken: stop the program that listens there, perhaps another \`npm run up\` or docker compose.`;
      const other = `${service} cannot listen on ${host}:${port}: ${cause.message}.`;
      reject(new UpError(cause.code === "EADDRINUSE" ? taken : other, { cause }));
    });
  });
  const address = server.address() as AddressInfo;
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${shown}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Connections that are kept alive and idle would hold the close up until their time-out.
        if ("closeIdleConnections" in server) server.closeIdleConnections();
      }),
  };
}
