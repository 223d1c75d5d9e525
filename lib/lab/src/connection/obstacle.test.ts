import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inProcess } from "embedded-gateway";
import { type Harness, openHarness } from "embedded-gateway/testing/harness";
import { GatewayClient, GatewayError } from "./client";
import { embeddedObstacle, isForKey, remoteObstacle } from "./obstacle";

const model = (name: string, base: string, key: string) => `[models.${name}]
routing = ["p"]
[models.${name}.providers.p]
type = "openai"
model_name = "m"
api_base = "${base}"
api_key_location = "${key}"
`;
const SHORTHAND = "openai::gpt-4o-mini-2024-07-18";

describe("the project's own gateway", () => {
  let harness: Harness;
  let client: GatewayClient;
  const env = { TEST_KEY: "k", EMPTY: "" };

  beforeAll(async () => {
    const dead = "http://127.0.0.1:1/v1";
    const toml = [
      model("keyed", "PROVIDER", "env::TEST_KEY"),
      model("empty", "PROVIDER", "env::EMPTY"),
      model("keyless", "PROVIDER", "none"),
      model("dead", dead, "none"),
    ];
    harness = await openHarness({ "tensorzero.toml": toml.join("") }, env);
    client = new GatewayClient({ url: "http://embedded", fetch: inProcess(harness.gateway.app) });
  });
  afterAll(() => harness.close());

  test("embedded: keys are looked up, and servers without keys must answer; no model is called", async () => {
    const obstacle = (name: string) => embeddedObstacle(harness.gateway.config, env, name);
    expect(await obstacle("keyed")).toBeNull();
    expect(await obstacle("keyless")).toBeNull();
    expect(await obstacle("empty")).toBe("EMPTY is empty");
    expect(await obstacle("dead")).toBe("no server answers at http://127.0.0.1:1/v1/");
    expect(await obstacle(SHORTHAND)).toBe(
      "API key missing for provider OpenAI: Environment variable `OPENAI_API_KEY` is missing",
    );
    expect(harness.provider.requests).toEqual([]);
  });

  test("remote: it is asked by one token, which is not stored", async () => {
    expect(await remoteObstacle(client, "keyless")).toBeNull();
    expect(harness.provider.requests).toMatchObject([{ max_completion_tokens: 1 }]);
    expect(await harness.stored()).toBe(0);
    expect(await remoteObstacle(client, SHORTHAND)).toBe(
      "API key missing for provider OpenAI: Environment variable `OPENAI_API_KEY` is missing",
    );
    expect(await remoteObstacle(client, "dead")).toMatch(/^Error sending request/);
    expect(await remoteObstacle(client, "nowhere")).toMatch(/not found/);
    harness.provider.reply = () => new Response("no such key", { status: 401 });
    expect(await remoteObstacle(client, "keyed")).toMatch(/^Error 401/);
    harness.provider.reply = () => new Response("slow down", { status: 429 });
    expect(await remoteObstacle(client, "keyed")).toBeNull();
  });
});

test.each([
  [
    502,
    "All variants failed with errors: openai::gpt-4o-mini-2024-07-18: API key missing for provider OpenAI: Environment variable `OPENAI_API_KEY` is missing",
    "API key missing for provider OpenAI: Environment variable `OPENAI_API_KEY` is missing",
  ],
  [
    400,
    "Invalid inference target: Invalid model name: Model name 'nope' not found in model table",
    "Model name 'nope' not found in model table",
  ],
  [
    502,
    "All variants failed with errors: m: All model providers failed to infer with errors: local: Error from openai client: Error sending request: error sending request for url (http://localhost:3030/v1/chat/completions)",
    "Error sending request: error sending request for url (http://localhost:3030/v1/chat/completions)",
  ],
])("what TensorZero 2026.6.0 answered: %d %s", async (status, error, obstacle) => {
  const server = createServer((_, response) =>
    response.writeHead(status).end(JSON.stringify({ error })),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = new GatewayClient({ url: `http://127.0.0.1:${port}` });
  expect(await remoteObstacle(client, "m")).toBe(obstacle);
  await new Promise((resolve) => server.close(resolve));
});

const failed = (...errors: string[]) =>
  `All variants failed with errors: v: All model providers failed to infer with errors: ${errors.map((error, i) => `p${i}: ${error}`).join(", ")}`;
const REFUSED = "Error 401 Unauthorized from openai client: Incorrect API key provided: sk-…";
const MISSING =
  "API key missing for provider OpenAI: Environment variable `OPENAI_API_KEY` is missing";

test.each<[boolean, number | null, string]>([
  [true, 502, failed(REFUSED)],
  [true, 502, failed(MISSING)],
  [true, 502, failed(MISSING, REFUSED)],
  [
    true,
    502,
    failed('Error 400 Bad Request from openai client: [{"message":"API key not valid."}]'),
  ],
  [true, 401, "Wrong or missing key for the gateway at http://g"],
  [false, 502, failed(REFUSED, "Error 429 Too Many Requests from openai client: slow down")],
  [false, 502, failed("Error from openai server: oops", MISSING)],
  [false, 502, failed(REFUSED, "Error from openai client: Error sending request: nobody")],
  [false, 502, failed(MISSING, "Model provider p timed out due to configured `x` timeout (1s)")],
  [false, 502, failed("Error 400 Bad Request from openai client: too long")],
  [false, null, "no answer from the gateway at http://g: Connection error."],
])("for want of a key: %p, %p %s", (isIt, status, message) => {
  expect(isForKey(new GatewayError(message, status))).toBe(isIt);
  expect(isForKey(new Error(message))).toBe(false);
});
