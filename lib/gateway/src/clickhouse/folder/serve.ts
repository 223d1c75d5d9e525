import { chmodSync, renameSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { shortPath, socketPath } from "./socket";
import {
  type Answer,
  type Connection,
  carryOut,
  collect,
  PROTOCOL,
  pack,
  packError,
  unpackCall,
} from "./wire";

/** Connections that wait to be taken, as far as the system allows. */
const BACKLOG = 4096;

export interface ServeOptions {
  connection: Connection;
  /** Called when another process wants to hold the store. Default: it is told that this one keeps it. */
  giveWay?: () => void;
}

/**
 * Serves a store that this process holds to this user's other processes. It keeps no process alive until it is ended.
 *
 * @returns what ends it, when the calls under way have been answered
 * @throws the folder's file system has no sockets
 */
export async function serve(store: string, options: ServeOptions): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    answer(request, response, options).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  server.on("connection", (socket) => {
    sockets.add(socket.unref());
    socket.once("close", () => sockets.delete(socket));
  });
  // subtle: what a killed process has left is replaced in one step, by the only process that has the engine's lock.
  const name = `socket-${process.pid}`;
  const { path, done } = shortPath(store, name);
  try {
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen({ path, backlog: BACKLOG }, resolve);
    });
    chmodSync(path, 0o600);
    renameSync(path, socketPath(store));
  } finally {
    done();
  }
  server.unref();
  return async () => {
    rmSync(socketPath(store), { force: true });
    // subtle: else a process that only waits for these would end in the middle of it, with exit code 13.
    for (const socket of sockets) socket.ref();
    await new Promise((resolve) => server.close(resolve));
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { connection, giveWay }: ServeOptions,
): Promise<void> {
  const send = (status: number, message: Buffer) => {
    response.writeHead(status, { connection: "close", "content-length": message.length });
    response.end(message);
  };
  const body = await collect(request);
  if (request.url === "/holder") return send(200, pack({ protocol: PROTOCOL, pid: process.pid }));
  if (request.url === "/give-way") {
    send(giveWay === undefined ? 409 : 202, pack({}));
    return giveWay?.();
  }
  const left = new AbortController();
  response.once("close", () => left.abort());
  let done: Answer;
  try {
    const call = unpackCall(body);
    call.params.abort_signal = left.signal;
    done = await carryOut(connection, call);
  } catch (error) {
    return send(500, pack(packError(error)));
  }
  send(200, pack(done.result, done.bytes));
}
