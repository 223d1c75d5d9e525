/**
 * What the embedded gateway adds to a model's own time, and how many inferences a second it stores, in one process and
 * with a model that answers at once. Added is what an inference takes beyond the median of asking that model directly.
 * `npm run bench -- gateway`. With `--real`: over HTTP, beside TensorZero's own gateway.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { connect, createGateway, inProcess } from "embedded-gateway";
import { configFiles } from "../lib/lab/src/project/config-files";
import { compareWithReal } from "./gateway-real/compare";
import { ANSWER, BODY } from "./gateway-real/request";

const WARM_UP = 2_000;
const INFERENCES = 20_000;
const CONCURRENCY = 32;

async function askModel(): Promise<Response> {
  return new Response(ANSWER, { headers: { "content-type": "application/json" } });
}

/** Milliseconds that each of `INFERENCES` calls in turn takes, sorted. */
async function timeEach(call: () => Promise<unknown>): Promise<Float64Array> {
  const times = new Float64Array(INFERENCES);
  for (let i = 0; i < INFERENCES; i++) {
    const start = performance.now();
    await call();
    times[i] = performance.now() - start;
  }
  return times.sort();
}

export async function run(words: readonly string[]): Promise<void> {
  if (words.includes("--real")) return compareWithReal(join(__dirname, ".."));
  const clickhouse = await connect({ dataDir: ":memory:" });
  const gateway = await createGateway({
    configPath: configFiles(join(__dirname, "..")),
    clickhouse,
    env: {},
    fetch: askModel,
  });
  const fetch = inProcess(gateway.app);
  const infer = async () => {
    const response = await fetch("http://localhost:3000/openai/v1/chat/completions", {
      method: "POST",
      body: BODY,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
  };
  for (let i = 0; i < WARM_UP; i++) await infer();
  await gateway.flush();

  const latencies = await timeEach(infer);
  await gateway.flush();
  const direct = (await timeEach(async () => (await askModel()).text()))[INFERENCES / 2] ?? 0;

  let left = INFERENCES;
  const started = performance.now();
  const worker = async () => {
    while (left-- > 0) await infer();
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  const answered = (performance.now() - started) / 1000;
  await gateway.flush();
  const stored = (performance.now() - started) / 1000;

  const result = await clickhouse.query({
    query: "SELECT count() AS n FROM JsonInference",
    format: "JSONEachRow",
  });
  const [row] = await result.json<{ n: string }>();
  const expected = WARM_UP + 2 * INFERENCES;
  if (Number(row?.n) !== expected)
    throw new Error(`${row?.n} of ${expected} inferences are stored`);

  const at = (share: number) =>
    `${((latencies[Math.floor(share * INFERENCES)] ?? 0) - direct).toFixed(3)} ms`;
  console.log(`gateway, in process, ${cpus()[0]?.model.trim()}, Node ${process.version}`);
  console.log(`  the model asked directly      p50 ${direct.toFixed(3)} ms`);
  console.log(
    `  added latency, one at a time  p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)}  max ${at(0.99999)}`,
  );
  console.log(
    `  answered, ${CONCURRENCY} at a time       ${Math.round(INFERENCES / answered)} inferences/s`,
  );
  console.log(`  stored and flushed            ${Math.round(INFERENCES / stored)} inferences/s`);
  await gateway.close();
  await clickhouse.close();
}
