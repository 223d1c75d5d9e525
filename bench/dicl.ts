import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { connect, createGateway, uuidv7 } from "embedded-gateway";
import { configFiles } from "../lib/lab/src/project/config-files";

const EXAMPLES = 4000;
const NUMBERS = 256;
const INFERENCES = 1000;
const AT_ONCE = 50;

/** A variant that shows the nearest of many examples; its models answer at once. */
const CONFIG = `
[models.instant]
routing = ["near"]
[models.instant.providers.near]
type = "openai"
model_name = "instant"
api_base = "http://127.0.0.1:9/v1/"
api_key_location = "none"
[embedding_models.vectors]
routing = ["near"]
[embedding_models.vectors.providers.near]
type = "openai"
model_name = "vectors"
api_base = "http://127.0.0.1:9/v1/"
api_key_location = "none"
[functions.act.variants.in_context]
type = "experimental_dynamic_in_context_learning"
model = "instant"
embedding_model = "vectors"
k = 6
json_mode = "on"
`;

/** How many inferences a second a DICL variant gives with 4,000 examples, everything but its models included. */
export async function run(): Promise<void> {
  const clickhouse = await connect({ dataDir: ":memory:" });
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  const vector = () => Array.from({ length: NUMBERS }, random);
  const gateway = await createGateway({
    configPath: [
      ...configFiles(join(__dirname, "..")).filter((file) => !file.includes("models/")),
      { path: "bench.toml", text: CONFIG },
    ],
    clickhouse,
    env: {},
    fetch: async (input) =>
      String(input).endsWith("/embeddings")
        ? Response.json({
            data: [{ index: 0, embedding: vector() }],
            usage: { prompt_tokens: 1, total_tokens: 1 },
          })
        : Response.json({
            choices: [{ message: { content: '{"action":"drop"}' }, finish_reason: "stop" }],
            usage: { prompt_tokens: 1, completion_tokens: 1 },
          }),
  });
  await clickhouse.insert({
    table: "DynamicInContextLearningExample",
    format: "JSONEachRow",
    values: Array.from({ length: EXAMPLES }, (_, i) => ({
      ...{ id: uuidv7(), function_name: "act", variant_name: "in_context", namespace: "" },
      input: JSON.stringify({
        system: { mission: "go" },
        messages: [{ role: "user", content: i }],
      }),
      output: '{"raw":"{\\"action\\":\\"drop\\"}","parsed":{"action":"drop"}}',
      embedding: vector(),
    })),
  });
  const ask = async () => {
    const response = await gateway.app.fetch(
      new Request("http://embedded/inference", {
        method: "POST",
        body: JSON.stringify({
          function_name: "act",
          variant_name: "in_context",
          input: {
            system: { mission: "go" },
            messages: [
              { role: "user", content: { observation: "a wall 1 step forward", history: "" } },
            ],
          },
        }),
      }),
    );
    if (response.status !== 200) throw new Error(await response.text());
    await response.json();
  };
  await ask();
  const cpu = process.cpuUsage();
  const start = performance.now();
  let left = INFERENCES;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await ask();
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    `${INFERENCES} inferences of a DICL variant with ${EXAMPLES} examples of ${NUMBERS} numbers, ${AT_ONCE} at once: ` +
      `${(INFERENCES / seconds).toFixed(0)}/s, ${((user + system) / 1000 / INFERENCES).toFixed(2)} ms of CPU each`,
  );
  await gateway.close();
  await clickhouse.close();
}
