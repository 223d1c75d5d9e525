import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { type Fetcher, type GuardOptions, guard, isLoopback } from "./guard";

/** A service could not be started; the message is one line that says what to do. */
export class UpError extends Error {
  override readonly name = "UpError";
}

/**
 * How an address is guarded: one that other machines reach asks for the password.
 *
 * @throws UpError such an address, without a password
 */
export function guardFor(host: string, password: string | undefined): GuardOptions {
  if (isLoopback(host)) return {};
  if (password) return { isOpen: true, password };
  throw new UpError(
    `Listening on ${host} lets other machines in, so it needs a password of your own: give one, or listen on 127.0.0.1.`,
  );
}

/** What is served: TensorZero's API, ClickHouse's HTTP interface, the local models, or pages that show the store. */
export type Service = "gateway" | "clickhouse" | "models" | "view";

/** The ports of docker-compose.yml, and one of the pages' own. */
const PORTS: Record<Service, number> = {
  gateway: 3000,
  clickhouse: 8123,
  models: 3030,
  view: 3040,
};

/**
 * Connections that wait to be taken, as far as the system allows. TensorZero's gateway opens one for each row; those that found
 * no place were reset, and their rows lost.
 */
const BACKLOG = 4096;

export interface ListenOptions extends GuardOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default: the service's own; 0 takes any free one. */
  port?: number;
}

/**
 * Serves one app.
 *
 * @throws UpError the port is taken, or cannot be had
 */
export async function listen(
  service: Service,
  app: Fetcher,
  { host = "127.0.0.1", port = PORTS[service], ...options }: ListenOptions = {},
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createAdaptorServer({ fetch: guard(app, options).fetch }) as Server;
  server.listen({ port, host, backlog: BACKLOG });
  // subtle: longer than clients keep idle connections, 90 s in TensorZero's gateway; else a request may meet a closing one.
  server.keepAliveTimeout = 95_000;
  // subtle: a connection whose client left in the middle of a request never counts as idle, so requests are counted.
  let running = 0;
  const endWhenIdle = () => {
    if (!server.listening && running === 0) server.closeAllConnections();
  };
  server.on("request", (_, response) => {
    running++;
    response.once("close", () => {
      running--;
      endWhenIdle();
    });
  });
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
        endWhenIdle();
      }),
  };
}
