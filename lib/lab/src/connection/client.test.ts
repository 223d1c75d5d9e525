import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { GatewayClient, GatewayError } from "./client";

let embeddings: unknown[] = [];
const server = createServer((_, response) => {
  const data = embeddings.map((embedding, index) => ({ object: "embedding", index, embedding }));
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ object: "list", model: "m", data }));
});
beforeAll(() => once(server.listen(0, "127.0.0.1"), "listening"));
afterAll(() => server.close());

test.each([
  [[[1, 2]], "1 embeddings for 2 texts"],
  [[[], []], "[] as the embedding of text 1 of 2: it must be a list of finite numbers"],
  [[[1], []], "[] as the embedding of text 2 of 2"],
  [[[1], ["1"]], '["1"] as the embedding of text 2 of 2'],
  [[[1], [null]], "[null] as the embedding of text 2 of 2"],
  [[[1], null], "null as the embedding of text 2 of 2"],
  [[undefined, [1]], "undefined as the embedding of text 1 of 2"],
  [[[1, 2], [1]], "embeddings of 2 and of 1 numbers: all must have as many"],
])("embeddings %j are refused", async (given, message) => {
  embeddings = given;
  const { port } = server.address() as AddressInfo;
  const client = new GatewayClient({ url: `http://127.0.0.1:${port}` });
  const error = await client.embed("m", ["a", "b"]).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(GatewayError);
  expect((error as Error).message).toContain(`m gave ${message}`);
  embeddings = [
    [1, 0.5],
    [0, -2],
  ];
  expect(await client.embed("m", ["a", "b"])).toEqual(embeddings);
});
