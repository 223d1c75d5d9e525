import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "embedded-gateway";

export interface ShardTorture {
  shards: number;
  /** Of each of the five tasks. */
  episodes: number;
  /** Of workers. */
  kills: number;
  gatewayKills: number;
}

const VARIANT = "rule_based_history";

/**
 * Plays a run in shards, each a process of its own as on a machine of its own, through one gateway and store; kills workers and
 * the gateway (kill -9) at random moments and starts them again, as a scheduler does. Then a process resumes the whole run, and
 * SQL says what there is.
 *
 * @returns the exit code
 */
export async function tortureShards(options: ShardTorture, root: string): Promise<number> {
  const local = join(root, "data", ".local");
  mkdirSync(local, { recursive: true });
  const folder = mkdtempSync(join(local, "torture-shards-"));
  const site = new Site(root, folder, await freePorts(2));
  try {
    await site.serve();
    const planned = 5 * options.episodes;
    const { shards, kills, gatewayKills } = options;
    const alone = await site.play("alone", 1, options.episodes, { kills: 0, gatewayKills: 0 });
    console.log(`One process: ${planned} episodes in ${seconds(alone.ms)}.`);
    const together = await site.play("together", shards, options.episodes, {
      kills,
      gatewayKills,
    });
    console.log(
      `${shards} processes, ${together.kills} of them killed and the gateway ${together.gatewayKills} times: ` +
        `${planned} episodes in ${seconds(together.ms)}, ${together.starts} starts.`,
    );
    const before = await site.look("together");
    const resumed = await site.play("together", 1, options.episodes, { kills: 0, gatewayKills: 0 });
    const after = await site.look("together");
    console.log(
      `Then one process resumed the run, in ${seconds(resumed.ms)}: ${before.whole} of ${planned} episodes were whole, ${after.whole} are.`,
    );
    const shown = /(\d+) times an episode|(One) episode was/.exec(resumed.text);
    const doublesShown = shown === null ? 0 : Number(shown[1] ?? 1);
    console.log(
      `Doubles: ${doublesShown} shown, ${after.doubles} by SQL, ${((100 * after.doubles) / planned).toFixed(3)} %; ` +
        `${before.doubles} before the resume. Tries: ${after.tries}.`,
    );
    console.log(`Stored of both runs: ${await site.size()}.`);
    const isRight = after.whole === planned && doublesShown === after.doubles;
    console.log(isRight ? "Nothing is lost." : "SOMETHING IS WRONG.");
    return isRight ? 0 : 1;
  } finally {
    site.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Kills {
  kills: number;
  gatewayKills: number;
}

class Site {
  private readonly password = randomBytes(12).toString("hex");
  private server: ChildProcess | undefined;
  private readonly workers = new Map<number, ChildProcess>();
  private readonly clickhouseUrl: string;
  private readonly env: NodeJS.ProcessEnv;

  constructor(
    private readonly root: string,
    private readonly folder: string,
    private readonly ports: readonly number[],
  ) {
    const [gateway, clickhouse] = ports;
    this.clickhouseUrl = `http://chuser:${this.password}@127.0.0.1:${clickhouse}/tensorzero`;
    this.env = {
      ...process.env,
      TENSORZERO_GATEWAY_URL: `http://127.0.0.1:${gateway}`,
      CLICKHOUSE_URL: this.clickhouseUrl,
    };
  }

  /** Starts gateway and store, and resolves when they are up. */
  async serve(): Promise<void> {
    const args = [this.root, join(this.folder, "clickhouse"), ...this.ports.map(String)];
    const script = join(__dirname, "serve.js");
    const server = spawn(process.execPath, [script, ...args, this.password], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.stdout?.once("data", () => resolve());
      server.once("exit", () => reject(new Error("gateway and store did not start")));
    });
    server.removeAllListeners("exit");
  }

  /** Plays a run to its end, whatever is killed meanwhile. */
  async play(run: string, shards: number, episodes: number, { kills, gatewayKills }: Kills) {
    const begun = performance.now();
    let starts = 0;
    let text = "";
    const left = new Set(Array.from({ length: shards }, (_, i) => i + 1));
    const keepUp = async (index: number) => {
      while (left.has(index)) {
        starts += 1;
        const ended = await this.work(run, `${index}/${shards}`, episodes, index);
        text = ended.text;
        if (ended.code === 0) left.delete(index);
      }
    };
    const playing = Promise.all([...left].map(keepUp));
    const done = { kills: 0, gatewayKills: 0 };
    const killing = (async () => {
      const total = kills + gatewayKills;
      while (left.size > 0 && done.kills + done.gatewayKills < total) {
        await sleep(Math.random() * 2 * KILL_EVERY_MS);
        const isGateway =
          done.gatewayKills < gatewayKills &&
          (done.kills + done.gatewayKills) * gatewayKills >= done.gatewayKills * total;
        if (isGateway && done.kills > 0) {
          this.server?.kill("SIGKILL");
          done.gatewayKills += 1;
          await sleep(500);
          await this.serve();
        } else {
          const [...living] = this.workers.values();
          if (living[Math.floor(Math.random() * living.length)]?.kill("SIGKILL")) done.kills += 1;
        }
      }
    })();
    await Promise.all([playing, killing]);
    return { ms: performance.now() - begun, starts, text, ...done };
  }

  private work(run: string, shard: string, episodes: number, index: number) {
    const args = ["start", "--run", run, "--shard", shard];
    const parameters = ["-p", `variants=${VARIANT}`, "-p", `episodes=${episodes}`];
    const script = join(this.root, "scripts", "run.mjs");
    const worker = spawn(process.execPath, [script, ...args, ...parameters], {
      ...{ env: this.env, cwd: this.root, stdio: ["ignore", "pipe", "pipe"] },
    });
    this.workers.set(index, worker);
    let text = "";
    worker.stdout?.on("data", (more: Buffer) => {
      text = (text + more).slice(-2000);
    });
    let errors = "";
    worker.stderr?.on("data", (more: Buffer) => {
      errors = (errors + more).slice(-2000);
    });
    return new Promise<{ code: number | null; text: string }>((resolve) => {
      worker.once("close", (code) => {
        this.workers.delete(index);
        if (code !== 0 && code !== null)
          console.error(`Shard ${shard} ended with ${code}: ${`${errors}${text}`.slice(-400)}`);
        resolve({ code, text });
      });
    });
  }

  /** What SQL finds of a run, without any query of this library. */
  async look(run: string) {
    const [row] = await this.select<{ whole: number; doubles: number; tries: number }>(
      `WITH
        played AS (
          SELECT episode_id, any(variant_name) AS variant, any(tags['task']) AS task, any(tags['seed']) AS seed, uniqExact(tags['step']) AS steps
          FROM JsonInference WHERE tags['run'] = {run:String} GROUP BY episode_id
        ),
        calls AS (
          SELECT episode_id, count() AS calls FROM JsonInference INNER JOIN ModelInference ON JsonInference.id = ModelInference.inference_id
          WHERE tags['run'] = {run:String} GROUP BY episode_id
        ),
        lengths AS (SELECT target_id, any(value) AS length FROM FloatMetricFeedback WHERE metric_name = 'episode_length' GROUP BY target_id),
        judged AS (
          SELECT played.variant AS variant, task, seed, steps = length AND calls = length AS is_whole
          FROM played INNER JOIN calls ON played.episode_id = calls.episode_id INNER JOIN lengths ON played.episode_id = lengths.target_id
          WHERE played.episode_id IN (SELECT target_id FROM BooleanMetricFeedback WHERE metric_name = 'success')
        )
      SELECT
        toFloat64((SELECT uniqExact(variant, task, seed) FROM judged WHERE is_whole)) AS whole,
        toFloat64((SELECT count() - uniqExact(variant, task, seed) FROM judged)) AS doubles,
        toFloat64((SELECT count() FROM played)) AS tries`,
      { run },
    );
    return row!;
  }

  async size(): Promise<string> {
    const [row] = await this.select<{ rows: number; parts: number; bytes: number }>(
      `SELECT toFloat64(sum(rows)) AS rows, toFloat64(count()) AS parts, toFloat64(sum(bytes_on_disk)) AS bytes
       FROM system.parts WHERE active AND database = currentDatabase()`,
    );
    const [{ inferences = 0 } = {}] = await this.select<{ inferences: number }>(
      "SELECT toFloat64(count()) AS inferences FROM JsonInference",
    );
    const { rows, parts, bytes } = row!;
    return `${inferences} inferences, ${rows} rows, ${parts} parts, ${(bytes / 1e6).toFixed(1)} MB, ${(bytes / inferences).toFixed(0)} bytes an inference`;
  }

  private async select<Row>(query: string, query_params = {}): Promise<Row[]> {
    const client = await connect({ url: this.clickhouseUrl });
    try {
      const result = await client.query({ query, query_params, format: "JSONEachRow" });
      return await result.json<Row>();
    } finally {
      await client.close();
    }
  }

  close(): void {
    for (const worker of this.workers.values()) worker.kill("SIGKILL");
    this.server?.kill("SIGKILL");
  }
}

/** Between two kills, on average. */
const KILL_EVERY_MS = 3000;

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
