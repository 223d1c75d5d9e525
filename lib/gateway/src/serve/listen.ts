import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { isSameSecret } from "../basics/same-secret";

/** A service could not be started; the message is one line that says what to do. */
export class UpError extends Error {
  override readonly name = "UpError";
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

function isLoopback(host: string): boolean {
  return LOOPBACK.has(host.replace(/[[\]]/g, ""));
}

/**
 * The token that requests must carry: none on loopback, else the password.
 *
 * @throws UpError an address that other machines reach, without a password
 */
export function bearerFor(host: string, password: string | undefined): string | undefined {
  if (isLoopback(host)) return undefined;
  if (password) return password;
  throw new UpError(
    `Listening on ${host} lets other machines in, so it needs a password of your own: give one, or listen on 127.0.0.1.`,
  );
}

/** What is served: TensorZero's API, ClickHouse's HTTP interface, or the local models. */
export type Service = "gateway" | "clickhouse" | "models";

/** An app, as hono has them. */
export type Fetcher = { fetch(request: Request): Response | Promise<Response> };

/** The ports of docker-compose.yml. */
const PORTS: Record<Service, number> = { gateway: 3000, clickhouse: 8123, models: 3030 };

export interface ListenOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default: the service's own; 0 takes any free one. */
  port?: number;
  /** A password that requests must carry as bearer token. Default: none is asked for. */
  bearer?: string;
}

/**
 * Serves one app.
 *
 * @throws UpError the port is taken, or cannot be had
 */
export async function listen(
  service: Service,
  app: Fetcher,
  { host = "127.0.0.1", port = PORTS[service], bearer }: ListenOptions = {},
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = serve({ fetch: guard(app, bearer).fetch, port, hostname: host });
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
        // Idle keep-alive connections would delay closing until they time out.
        if ("closeIdleConnections" in server) server.closeIdleConnections();
      }),
  };
}

/**
 * Keeps web pages out, which can reach loopback too: a browser sends the page's origin and the host that it was given.
 * With a password, it must come as a bearer token.
 */
function guard(app: Fetcher, password: string | undefined): Hono {
  const guarded = new Hono();
  guarded.all("/*", (c) => {
    const origin = c.req.header("origin");
    if (origin !== undefined && !(URL.canParse(origin) && isLoopback(new URL(origin).hostname))) {
      return c.json({ error: `Requests from web pages of ${origin} are not taken.` }, 403);
    }
    if (password === undefined) {
      const { hostname } = new URL(c.req.url);
      if (!isLoopback(hostname)) return c.json({ error: `This is not ${hostname}.` }, 403);
    } else if (!isSameSecret(c.req.header("authorization") ?? "", `Bearer ${password}`)) {
      return c.json({ error: "Give the password as a bearer token." }, 401);
    }
    return app.fetch(c.req.raw);
  });
  return guarded;
}
