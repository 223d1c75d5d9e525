import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { isNotConnected, isUnreachable } from "./unreachable";

/** The error of ClickHouse's client, of a server that does this. */
async function errorOf(listener: RequestListener): Promise<unknown> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const log = { level: ClickHouseLogLevel.OFF };
  const client = createClient({ url: `http://127.0.0.1:${port}`, request_timeout: 50, log });
  const error = await client.query({ query: "SELECT 1" }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return error;
}

const page = (status: number, text: string): RequestListener => {
  return (_, response) => response.writeHead(status).end(text);
};

test.each<[boolean, string, RequestListener]>([
  [true, "takes the connection and does not answer", () => {}],
  [true, "ends the connection", (request) => request.socket.destroy()],
  [true, "is a proxy's page", page(502, "<html><h1>502 Bad Gateway</h1></html>")],
  [true, "is a proxy's page, too", page(503, "503 Service Temporarily Unavailable")],
  [true, "is a proxy's last page", page(504, "<h1>504 Gateway Time-out</h1>")],
  [true, "is a proxy in a mesh", page(503, "no healthy upstream")],
  [true, "is a proxy of no words", page(503, "")],
  [false, "is another program", page(404, "404 page not found")],
  [
    false,
    "refuses the query, whatever that names",
    page(404, "Code: 60. DB::Exception: Unknown table 'bad gateway'. (UNKNOWN_TABLE)"),
  ],
])("away: %p of what %s", async (isAway, _, listener) => {
  const error = await errorOf(listener);
  expect(error).toHaveProperty("message");
  expect(isUnreachable(error)).toBe(isAway);
  expect(isUnreachable(new TypeError("opened", { cause: error }))).toBe(isAway);
});

test("a code is found however deep; sent is what a connection was made for", () => {
  const caused = (code: string) =>
    new TypeError("fetch failed", { cause: new Error("", { cause: { code } }) });
  expect([isUnreachable, isNotConnected].map((is) => is(caused("ECONNREFUSED")))).toEqual([
    true,
    true,
  ]);
  expect(isNotConnected(caused("ECONNRESET"))).toBe(false);
  expect(
    [null, undefined, "ECONNREFUSED", new TypeError("Bad Gateway")].map(isUnreachable),
  ).toEqual([false, false, false, false]);
});
