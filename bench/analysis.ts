/**
 * Analysis of a large store: 1,000,000 inferences in 60,000 episodes, in 10 runs. `npm run bench -- analysis`.
 *
 * The store is made in a temporary folder (some minutes, 0.8 GB) and removed at the end.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "embedded-gateway";
import { episodes } from "../lib/lab/src/queries/episodes";
import { findEpisodes } from "../lib/lab/src/queries/find-episodes";
import { latestRun } from "../lib/lab/src/queries/latest-run";
import { playedActions } from "../lib/lab/src/queries/played";
import { storedEpisode } from "../lib/lab/src/queries/steps";
import { fillStore } from "./fill-store";

const SIZE = { runs: 10, seeds: 300 };
const QUERY_MS = 500;
const NOTEBOOK_MS = 30_000;

const root = join(__dirname, "..");

export async function run(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "bench-analysis-"));
  try {
    const runs = await fill(dataDir);
    await timeQueries(dataDir, runs);
    timeNotebook(dataDir, runs[0]!);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function fill(dataDir: string): Promise<string[]> {
  const clickhouse = await connect({ dataDir });
  const started = performance.now();
  const runs = await fillStore(clickhouse, SIZE);
  const query =
    "SELECT count() AS inferences, uniqExact(episode_id) AS episodes FROM JsonInference";
  const result = await clickhouse.query({ query, format: "JSONEachRow" });
  const [stored] = await result.json<{ inferences: string; episodes: string }>();
  await clickhouse.close();
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${stored!.inferences} inferences, ${stored!.episodes} episodes, ${runs.length} runs, filled in ${seconds} s\n`,
  );
  return runs;
}

/**
 * Each query on runs that it has not read yet, after one on another to load code and index. The best counts, since other
 * work on the machine only ever slows a query.
 */
async function timeQueries(dataDir: string, runs: readonly string[]): Promise<void> {
  const clickhouse = await connect({ dataDir });
  const [sample] = await episodes(clickhouse, runs[0]!);
  const queries: Record<string, (run: string) => Promise<unknown>> = {
    "episodes: every chart": (id) => episodes(clickhouse, id),
    "findEpisodes: unsolved, long, invalid": (id) =>
      findEpisodes(clickhouse, {
        run: id,
        outcome: "unsolved",
        minLength: 20,
        minInvalidActions: 1,
      }),
    "playedActions: all patterns": (id) => playedActions(clickhouse, id),
    "storedEpisode: one with its steps": () => storedEpisode(clickhouse, sample!.episode_id),
    latestRun: () => latestRun(clickhouse),
  };
  for (const [name, query] of Object.entries(queries)) {
    await query(runs[0]!);
    const times: number[] = [];
    for (const id of runs.slice(1)) {
      const started = performance.now();
      await query(id);
      times.push(performance.now() - started);
    }
    print(name, Math.min(...times), Math.max(...times), QUERY_MS);
  }
  await clickhouse.close();
}

function timeNotebook(dataDir: string, id: string): void {
  const started = performance.now();
  const { status } = spawnSync(
    process.execPath,
    [
      "scripts/run.mjs",
      "notebook",
      "notebooks/trajectories.ipynb",
      "-p",
      `dataDir=${dataDir}`,
      "-p",
      `run=${id}`,
    ],
    { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
  );
  if (status !== 0) throw new Error(`the notebook ended with exit code ${status}`);
  const took = performance.now() - started;
  print("notebooks/trajectories.ipynb", took, took, NOTEBOOK_MS);
}

function print(what: string, best: number, worst: number, aim: number): void {
  const ms = (value: number) => value.toFixed(0).padStart(6);
  console.log(
    `${what.padEnd(40)} best ${ms(best)} ms, worst ${ms(worst)} ms, aim ${ms(aim)} ms${best <= aim ? "" : "  MISSED"}`,
  );
}
