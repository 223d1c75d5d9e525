import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A network between a client and a server that a test can break. */
export interface TcpProxy {
  port: number;
  /**
   * "open" hands everything on; "refused" takes no connection and cuts those that are open; "answers lost" hands requests
   * on, and cuts the connection when the answer comes.
   */
  mode: "open" | "refused" | "answers lost";
  /** Called after a connection was refused or an answer lost. */
  onBreak: () => void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let mode: TcpProxy["mode"] = "open";
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    if (proxy.mode === "refused") {
      client.destroy();
      proxy.onBreak();
      return;
    }
    const upstream = connect(target, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (data) => upstream.write(data));
    upstream.on("data", (data) => {
      if (client.destroyed) return;
      if (proxy.mode === "answers lost") {
        client.destroy();
        proxy.onBreak();
      } else client.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    onBreak: () => {},
    get mode() {
      return mode;
    },
    set mode(next) {
      mode = next;
      if (next === "refused") cutAll();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cutAll();
      }),
  };
  return proxy;
}
