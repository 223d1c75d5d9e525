import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "embedded-gateway";
import { NEEDS_CHANGE } from "../notebooks/play-shard";

export const VARIANT = "rule_based_history";

/** How often, and how close to each other, processes are killed. */
export interface Kills {
  /** Of workers. */
  kills: number;
  gatewayKills: number;
  /** Between two of them, on average. */
  everyMs: number;
}

/** How a run was played. */
export interface Played {
  ms: number;
  /** Of all processes that have ended, in seconds; null where the system does not say it. */
  cpuSeconds: number | null;
  starts: number;
  kills: number;
  gatewayKills: number;
  /** How often an episode was played to its end once more, in the shards' own words. */
  doublesShown: number;
}

/** Gateway and store in a process of their own, and the workers of a run, on this machine. */
export class Site {
  private readonly password = randomBytes(12).toString("hex");
  private server: ChildProcess | undefined;
  private readonly workers = new Map<number, ChildProcess>();
  private readonly env: NodeJS.ProcessEnv;
  private isStopped = false;

  private constructor(
    private readonly root: string,
    private readonly folder: string,
    private readonly ports: readonly number[],
  ) {
    const [gateway, clickhouse] = ports;
    this.env = {
      ...process.env,
      TENSORZERO_GATEWAY_URL: `http://127.0.0.1:${gateway}`,
      CLICKHOUSE_URL: `http://chuser:${this.password}@127.0.0.1:${clickhouse}/tensorzero`,
    };
  }

  static async open(root: string, folder: string): Promise<Site> {
    const site = new Site(root, folder, await freePorts(2));
    await site.serve();
    return site;
  }

  /** Starts gateway and store, and resolves when they are up. */
  private async serve(): Promise<void> {
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

  /** Plays a run to its end, whatever is killed meanwhile, or until `stop`. */
  async play(run: string, shards: number, episodes: number, kills: Kills | null): Promise<Played> {
    const [begun, cpu] = [performance.now(), this.cpuSeconds()];
    const left = new Set(Array.from({ length: shards }, (_, i) => i + 1));
    const played = { starts: 0, kills: 0, gatewayKills: 0, doublesShown: 0 };
    const keepUp = async (index: number) => {
      while (left.has(index) && !this.isStopped) {
        played.starts += 1;
        const { code, text } = await this.work(run, `${index}/${shards}`, episodes, index);
        if (code === NEEDS_CHANGE) throw new Error(`A worker cannot be started: ${text}`);
        if (code !== 0) continue;
        left.delete(index);
        const shown = /(\d+) times an episode|(One) episode was/.exec(text);
        if (shown !== null) played.doublesShown += Number(shown[1] ?? 1);
      }
      left.delete(index);
    };
    await Promise.all([
      ...[...left].map(keepUp),
      ...(kills === null ? [] : [this.kill(kills, played, left)]),
    ]);
    const cpuSeconds = cpu === null ? null : this.cpuSeconds()! - cpu;
    return { ms: performance.now() - begun, cpuSeconds, ...played };
  }

  /** Kills at random moments, until it was often enough or all have ended. */
  private async kill(
    { kills, gatewayKills, everyMs }: Kills,
    done: Pick<Played, "kills" | "gatewayKills">,
    left: ReadonlySet<number>,
  ): Promise<void> {
    const total = kills + gatewayKills;
    while (left.size > 0 && done.kills + done.gatewayKills < total) {
      await sleep(Math.random() * 2 * everyMs);
      if (this.isStopped) return;
      // Those of the gateway come between the others, evenly.
      const isGateway =
        done.kills > 0 && (done.gatewayKills + 0.5) * kills < (done.kills + 0.5) * gatewayKills;
      if (isGateway && done.gatewayKills < gatewayKills) {
        this.server?.kill("SIGKILL");
        done.gatewayKills += 1;
        await sleep(500);
        await this.serve();
      } else {
        const [...living] = this.workers.values();
        if (living[Math.floor(Math.random() * living.length)]?.kill("SIGKILL")) done.kills += 1;
      }
    }
  }

  private work(run: string, shard: string, episodes: number, index: number) {
    const args = ["start", "--run", run, "--shard", shard];
    // Few at a time: each kill cuts off those under way, and the run must get on between two kills.
    const settings = [`variants=${VARIANT}`, `episodes=${episodes}`, "concurrency=8"];
    const parameters = settings.flatMap((setting) => ["-p", setting]);
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
        if (code !== 0 && code !== null && !this.isStopped)
          console.error(`Shard ${shard} ended with ${code}: ${`${errors}${text}`.slice(-400)}`);
        resolve({ code, text: text || errors });
      });
    });
  }

  /** Ends the run that is being played, before its time. */
  stop(): void {
    this.isStopped = true;
    for (const worker of this.workers.values()) worker.kill("SIGTERM");
  }

  async select<Row>(query: string, query_params = {}): Promise<Row[]> {
    const client = await connect({ url: this.env.CLICKHOUSE_URL! });
    try {
      const result = await client.query({ query, query_params, format: "JSONEachRow" });
      return await result.json<Row>();
    } finally {
      await client.close();
    }
  }

  /** Of all child processes so far, the server included; null where Linux does not say it. */
  private cpuSeconds(): number | null {
    const ofStat = (pid: number | string, first: number) => {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()!.split(" ");
      return (Number(fields[first]) + Number(fields[first + 1])) / TICKS;
    };
    try {
      // Those that have ended are their parent's.
      return ofStat("self", 13) + ofStat(this.server!.pid!, 11);
    } catch {
      return null;
    }
  }

  close(): void {
    this.isStopped = true;
    for (const worker of this.workers.values()) worker.kill("SIGKILL");
    this.server?.kill("SIGKILL");
  }
}

/** Linux's USER_HZ. */
const TICKS = 100;

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
