import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import {
  connect,
  createGateway,
  type EmbeddedGateway,
  inProcess,
  readHandover,
  type Up,
  up,
  uuidv7,
} from "embedded-gateway";
import { completion } from "embedded-gateway/testing/stand-in";
import { Hono } from "hono";
import { GatewayClient } from "../connection/client";
import { episodes, tries } from "../queries/episodes";
import { insertFailure } from "../queries/runs/failures";
import { completedEpisodes } from "../queries/runs/run-state";
import { evaluate } from "./evaluate";
import { episodeKey } from "./plan/episodes";
import { checkSettings, newRunId } from "./plan/settings";
import type { EpisodeResult } from "./play/run-episode";
import { RunNotStoredError, settle } from "./settle";
import { actConfig } from "./testing/act-config";
import { playedVariant } from "./testing/played-variant";
import { startTcpProxy, type TcpProxy } from "./testing/tcp-proxy";

// A gateway that writes to a ClickHouse over HTTP, through a network that breaks in the middle of a run.

const task = "BabyAI-MixedTrainLocal-v0/goto"; // 64 steps, of which "turn left" solves nothing
const folder = mkdtempSync(join(tmpdir(), "outage-"));
let services: Up;
/** Past the proxy. */
let direct: ClickHouseClient;
let proxy: TcpProxy;
let through: ClickHouseClient;
let gateway: EmbeddedGateway;
let calls = 0;
let onCall: (call: number) => void;

beforeAll(async () => {
  const models = new Hono();
  models.post("/v1/chat/completions", () => {
    onCall(++calls);
    return completion('{"action":"turn left"}');
  });
  const files = actConfig();
  // Batches of 50 rows, so that a few episodes fill the writer; a store is given up after 900 × 20 ms.
  files["tensorzero.toml"] = files["tensorzero.toml"]
    ?.replace("PROVIDER", "http://localhost:3030/v1/")
    .concat(
      "[gateway.observability]\nasync_writes = false\nbatch_writes = { enabled = true, flush_interval_ms = 20, max_rows = 50 }\n",
    ) as string;
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const configPath = join(folder, "tensorzero.toml");
  const env = { OPENAI_API_KEY: "sk-test" };
  const ports = { gateway: 0, clickhouse: 0, models: 0 };
  services = await up({ configPath, dataDir: join(folder, "data"), models, env, ports });
  const at = new URL(services.urls.clickhouse ?? "");
  const clickhouseUrl = readHandover(join(folder, "data"))?.clickhouse ?? "";
  const connectTo = (port: string | number) =>
    connect({ url: clickhouseUrl.replace(`:${at.port}/`, `:${port}/`) });
  direct = await connectTo(at.port);
  proxy = await startTcpProxy(Number(at.port));
  through = await connectTo(proxy.port);
  const fetch = inProcess(models);
  gateway = await createGateway({ configPath, clickhouse: through, env, fetch });
});
afterAll(async () => {
  proxy.mode = "open";
  await gateway.close();
  await through.close();
  await proxy.close();
  await direct.close();
  await services.close();
  rmSync(folder, { recursive: true });
});

function play(
  seeds: number,
  before = { run: newRunId(), completed: new Set<string>(), spent: { usd: 0, isEstimated: false } },
) {
  const recordFailure = (run: string, { variant, task, seed, episodeId, error }: EpisodeResult) =>
    insertFailure(through, {
      ...{ run, variant, task, seed, error: error?.message ?? "" },
      episodeId: episodeId ?? uuidv7(),
      feedbackId: uuidv7(),
    });
  return evaluate(
    {
      client: new GatewayClient({ url: "http://gateway", fetch: inProcess(gateway.app) }),
      variant: () => playedVariant(),
      recordFailure,
      patience: { limitMs: 5000, firstMs: 10, longestMs: 50 },
    },
    checkSettings({ variants: ["retried"], tasks: [task], episodes: seeds, concurrency: 4 }, [
      "retried",
    ]),
    {},
    before,
  );
}

/** Every completed episode is there once and whole: its steps, its model calls, its tags, its metrics. */
async function expectWhole(run: string, seeds: number) {
  const rows = await episodes(direct, run);
  expect(rows).toHaveLength(seeds);
  for (const row of rows) {
    expect(row).toMatchObject({ inferences: 64, episode_length: 64, success: false, error: null });
    expect(row.input_tokens).toBe(64 * 11);
  }
  const ids = rows.map((row) => row.episode_id);
  const count = async (query: string) => {
    const result = await direct.query({ query, query_params: { ids }, format: "JSONEachRow" });
    return (await result.json<{ n: number }>())[0]?.n;
  };
  const inferences = "SELECT id FROM JsonInference WHERE episode_id IN {ids:Array(UUID)}";
  const n = "SELECT toFloat64(count()) AS n";
  expect(await count(`${n} FROM ModelInference WHERE inference_id IN (${inferences})`)).toBe(
    64 * seeds,
  );
  expect(await count(`${n} FROM InferenceTag WHERE inference_id IN (${inferences})`)).toBe(
    5 * 64 * seeds, // run, task, seed, step, and that the variant was named
  );
  const feedback = "WHERE target_id IN {ids:Array(UUID)}";
  expect(await count(`${n} FROM FloatMetricFeedback ${feedback}`)).toBe(4 * seeds);
  expect(await count(`${n} FROM BooleanMetricFeedback ${feedback}`)).toBe(seeds);
}

test("ClickHouse away for a while, and answers that get lost: the run waits, and every row is there once", async () => {
  const told = jest.spyOn(console, "error").mockImplementation(() => {});
  const first = calls;
  onCall = (call) => {
    if (call - first === 20) proxy.mode = "refused";
  };
  const breaks: string[] = [];
  proxy.onBreak = () => {
    breaks.push(proxy.mode);
    proxy.mode = proxy.mode === "refused" ? "answers lost" : "open";
  };
  const run = await play(8);
  expect(breaks).toEqual(["refused", "answers lost"]); // the outage did not outlast the run
  await settle(run, { clickhouse: through, flush: () => gateway.flush() });
  expect(run).toMatchObject({ completed: 8, failed: 0, stopped: null });
  await expectWhole(run.id, 8);
  expect(told.mock.calls.map(([text]) => text)).toEqual([
    expect.stringMatching(/^StoreWriteError: \d+ row\(s\) could not be written to \w+: \S/),
  ]);
  told.mockRestore();
});

test("ClickHouse gone for good: the run stops and says how to go on; what was answered is kept, and resumed from", async () => {
  const told = jest.spyOn(console, "error").mockImplementation(() => {});
  const first = calls;
  onCall = (call) => {
    if (call - first === 200) proxy.mode = "refused";
  };
  // Each refusal takes 15 s.
  let lateMs = 0;
  proxy.onBreak = () => {
    lateMs += 15_000;
  };
  const { now } = performance;
  const clock = jest
    .spyOn(performance, "now")
    .mockImplementation(() => now.call(performance) + lateMs);
  const run = await play(12);
  expect(["store", "failing"]).toContain(run.stopped);
  expect(run.completed).toBeLessThan(10);
  expect(run.text).toContain(`npm start -- --resume ${run.id}`);
  // It was stopped by 400 unstored rows, two an inference, and what was under way.
  expect(calls - first).toBeLessThan(200 + 200 + 50);
  const once = { limitMs: 0, firstMs: 1, longestMs: 1 };
  const settled = settle(run, { clickhouse: through, flush: () => gateway.flush() }, once);
  await expect(settled).rejects.toThrow(RunNotStoredError);
  await expect(settled).rejects.toThrow(
    new RegExp(`row\\(s\\) could not be written to .*npm start -- --resume ${run.id}$`),
  );
  expect(told.mock.calls.map(([text]) => text)).toEqual([
    expect.stringMatching(/^StoreWriteError: \d+ row\(s\) could not be written to \w+: \S/),
  ]);
  told.mockRestore();

  proxy.mode = "open";
  onCall = () => {};
  await gateway.flush();
  const { completed: done } = await completedEpisodes(direct, run.id);
  expect(done).toHaveLength(run.completed);
  const before = {
    run: run.id,
    completed: new Set(done.map(episodeKey)),
    spent: { usd: 0, isEstimated: false },
  };
  const resumed = await play(12, before);
  await settle(resumed, { clickhouse: through, flush: () => gateway.flush() });
  expect(resumed).toMatchObject({ completed: 12, failed: 0, stopped: null });
  await expectWhole(run.id, 12);
  const replaced = (await tries(direct, run.id)).filter((row) => row.replaced);
  expect(replaced.length).toBeGreaterThan(0);
  clock.mockRestore();
});
