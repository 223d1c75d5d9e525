/**
 * A store of ten million inferences in ten runs: what a worker's start reads, the analysis of one run of a million, and the
 * lists of all runs. `npm run bench -- scale [folder]`. The store is made in the folder (default data/.local/bench-scale; some 5
 * minutes and 7 GB), and stays there: made once, it is measured again in a minute.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import { connect, continueIds } from "embedded-gateway";
import { listRuns } from "../lib/lab/src/experiment/resume";
import { episodes } from "../lib/lab/src/queries/episodes";
import { aggregates } from "../lib/lab/src/queries/runs/aggregates";
import { insertBeat, lastBeats, spentElsewhere } from "../lib/lab/src/queries/runs/beats";
import { doneByShard, doneOfShard, wholeOfShard } from "../lib/lab/src/queries/runs/done";
import { modelUsage } from "../lib/lab/src/queries/runs/model-usage";
import { everyRunSettings, findRunSettings } from "../lib/lab/src/queries/runs/run-settings";
import { runStates } from "../lib/lab/src/queries/runs/run-state";
import { overviews } from "../lib/lab/src/view/data/overview";
import { fillStore, insertPlan } from "./fill-store";

const SIZE = { runs: 10, seeds: 300, times: 10 };
const START_BYTES = 10e6;
const ANALYSIS_MS = 1000;

export async function run([
  folder = join("data", ".local", "bench-scale"),
]: string[]): Promise<void> {
  const dataDir = resolve(join(__dirname, ".."), folder);
  const isThere = existsSync(dataDir);
  const clickhouse = await connect({ dataDir });
  if (!isThere) await fill(clickhouse);
  const id = "bench-002";
  const shard = { index: 3, of: 8 };
  const work: Record<string, () => Promise<unknown>> = {
    "a worker's start, shard 3 of 8": async () => {
      await continueIds(clickhouse, ["CommentFeedback"]);
      await lastBeats(clickhouse, id);
      await findRunSettings(clickhouse, id);
      await everyRunSettings(clickhouse, id);
      await doneOfShard(clickhouse, id, shard);
      await spentElsewhere(clickhouse, { run: id, claim: "" });
    },
    "done by shard, of all": () => doneByShard(clickhouse, id, 8),
    "aggregates: by variant and task": () => aggregates(clickhouse, id),
    "episodes: 60,000 rows": () => episodes(clickhouse, id),
    "runStates: one run": () => runStates(clickhouse, id),
    "tokens by model: one run": () => modelUsage(clickhouse, id),
    "npm run runs": () => listRuns({ clickhouse, price: () => undefined, flush: async () => {} }),
    "the view's list of runs": () => overviews(clickhouse),
    "whole episodes, shard 3 of 8": () => wholeOfShard(clickhouse, id, shard),
  };
  console.log(`aims: a start reads ${START_BYTES / 1e6} MB, an analysis takes ${ANALYSIS_MS} ms`);
  for (const [name, query] of Object.entries(work)) {
    await query(); // loads code and index
    await print(name, clickhouse, query);
  }
  await clickhouse.close();
}

/** As shards of one process leave it that have let go of it. */
async function fill(clickhouse: ClickHouseClient): Promise<void> {
  for (const run of await fillStore(clickhouse, SIZE)) {
    await insertPlan(clickhouse, run, SIZE.seeds * SIZE.times);
    await insertBeat(clickhouse, {
      ...{ run, claim: randomUUID(), pid: 1, host: "bench", machine: "bench", index: 1, of: 1 },
      ...{ done: 60_000, planned: 60_000, spentUsd: 10, spentIsEstimated: false },
      ...{ answeredSecondsAgo: 1, ended: true },
    });
  }
}

/** The best of three, since other work on the machine only ever slows a query. */
async function print(name: string, clickhouse: ClickHouseClient, query: () => Promise<unknown>) {
  let best = { ms: Infinity, cpu: Infinity };
  let bytes = 0;
  let heap = 0;
  for (let i = 0; i < 3; i++) {
    const before = await readSoFar(clickhouse);
    const [cpu, begun] = [process.cpuUsage(), performance.now()];
    const result = await query();
    const ms = performance.now() - begun;
    const { user, system } = process.cpuUsage(cpu);
    heap = process.memoryUsage().heapUsed;
    bytes = (await readSoFar(clickhouse)) - before;
    if (ms < best.ms) best = { ms, cpu: (user + system) / 1000 };
    void result;
  }
  const { ms, cpu } = best;
  console.log(
    `${name.padEnd(34)} ${ms.toFixed(0).padStart(6)} ms, ${cpu.toFixed(0).padStart(6)} ms of processor, reads ${(bytes / 1e6).toFixed(1)} MB, heap ${(heap / 1e6).toFixed(0)} MB`,
  );
}

async function readSoFar(clickhouse: ClickHouseClient): Promise<number> {
  const query = "SELECT toFloat64(value) AS value FROM system.events WHERE event = 'SelectedBytes'";
  const result = await clickhouse.query({ query, format: "JSONEachRow" });
  return (await result.json<{ value: number }>())[0]?.value ?? 0;
}
