import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@clickhouse/client";
import { Pool } from "undici";
import { peerPython } from "../../lib/gateway/src/diff/peer";
import { ANSWER, BODY } from "./request";

const RELEASE = "2026.6.0";
const ROUNDS = 3;
/** One at a time, and `CONCURRENCY` at a time. */
const SINGLE = 200;
const MANY = 800;
const CONCURRENCY = 32;
/** Node compiles what runs often. */
const WARM_UP = 2500;

/** A process and the addresses that it has printed. */
interface Service {
  urls: string[];
  /** Milliseconds of processor time that it has used, in all of its threads. */
  cpuMs(): number;
  close(): Promise<void>;
}

interface Target {
  name: string;
  path: string;
  pool: Pool;
  service: Service;
  /** ClickHouse's process, where that is another one. */
  store?: Service;
  /** Inferences that are stored; none are without. */
  stored?: () => Promise<number>;
  sent: number;
  /** A figure of each round. */
  figures: {
    p50: number[];
    rate: number[];
    storedRate: number[];
    cpu: number[];
    storeCpu: number[];
  };
}

/**
 * Compares, over HTTP and with one model that answers at once: TensorZero's own gateway and this one, each without a store and with
 * one, in turns. The store of TensorZero's is ClickHouse's HTTP interface of an `npm run up` of its own.
 */
export async function compareWithReal(root: string): Promise<void> {
  const local = join(root, "data", ".local");
  const python = await peerPython(local, RELEASE);
  const work = mkdtempSync(join(local, "bench-gateway-"));
  const services: Service[] = [];
  const start = async (command: string, script: string, ...args: string[]) => {
    const service = await startService(command, [join(__dirname, script), ...args]);
    services.push(service);
    return service;
  };
  try {
    const provider = await start(process.execPath, "provider.mjs", ANSWER);
    const config = (name: string, observability: string) =>
      writeConfig(root, join(work, name), provider.urls[0]!, observability);
    const password = "bench";
    const ours = (name: string, observability: string) =>
      start(
        process.execPath,
        "ours.mjs",
        config(name, observability),
        join(work, `${name}-data`),
        password,
      );
    const without = await ours("without", "enabled = false");
    const withStore = await ours("with", "enabled = true");
    const storeOf = ({ urls }: Service, database: string) =>
      Object.assign(new URL(database, urls[1]), { username: "chuser", password }).href;
    const real = (observability: string, database?: string) =>
      start(
        python,
        "real.py",
        config(`real-${database}`, observability),
        ...(database === undefined ? [] : [storeOf(without, database)]),
      );
    const BATCHES = `async_writes = false
batch_writes = { enabled = true, __force_allow_embedded_batch_writes = true }`;
    const targets = [
      target("the model, asked directly", provider, { path: "/v1/chat/completions" }),
      target("TensorZero's, no store", await real("enabled = false")),
      target("ours, no store", without),
      target("TensorZero's, async writes", await real("", "async"), {
        store: without,
        url: storeOf(without, "async"),
      }),
      target("TensorZero's, batch writes", await real(BATCHES, "batch"), {
        store: without,
        url: storeOf(without, "batch"),
      }),
      target("ours, with store", withStore, { url: storeOf(withStore, "tensorzero") }),
    ];
    for (const it of targets) await measure(it, SINGLE, WARM_UP);
    for (const it of targets) for (const list of Object.values(it.figures)) list.length = 0;
    for (let round = 0; round < ROUNDS; round++)
      for (const it of targets) await measure(it, SINGLE, MANY);
    print(targets);
  } finally {
    for (const service of services.reverse()) await service.close();
    rmSync(work, { recursive: true, force: true });
  }
}

interface To {
  path?: string;
  /** ClickHouse's process, and its address with the database. */
  store?: Service;
  url?: string;
}

function target(
  name: string,
  service: Service,
  { path = "/openai/v1/chat/completions", store, url }: To = {},
): Target {
  const client = url === undefined ? undefined : createClient({ url });
  const stored =
    client &&
    (async () => {
      const result = await client.query({
        query: "SELECT count() AS n FROM ModelInference",
        format: "JSONEachRow",
      });
      const [row] = await result.json<{ n: string }>();
      return Number(row?.n);
    });
  return {
    name,
    path,
    pool: new Pool(service.urls[0]!, { connections: CONCURRENCY }),
    service,
    store,
    stored,
    sent: 0,
    figures: { p50: [], rate: [], storedRate: [], cpu: [], storeCpu: [] },
  };
}

async function measure(it: Target, single: number, many: number): Promise<void> {
  const { service, store, figures } = it;
  const times: number[] = [];
  for (let i = 0; i < single; i++) {
    const start = performance.now();
    await ask(it);
    times.push(performance.now() - start);
  }
  figures.p50.push(median(times));
  await drain(it);
  const [cpu, storeCpu] = [service.cpuMs(), store?.cpuMs() ?? 0];
  const started = performance.now();
  let left = many;
  const worker = async () => {
    while (left-- > 0) await ask(it);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  figures.rate.push((1000 * many) / (performance.now() - started));
  await drain(it);
  figures.storedRate.push((1000 * many) / (performance.now() - started));
  figures.cpu.push((service.cpuMs() - cpu) / many);
  figures.storeCpu.push(((store?.cpuMs() ?? 0) - storeCpu) / many);
}

async function ask(it: Target): Promise<void> {
  it.sent++;
  const { statusCode, body } = await it.pool.request({
    path: it.path,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: BODY,
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${it.name}: ${statusCode} ${text}`);
}

/** Waits until all is stored. */
async function drain({ stored, sent, name }: Target): Promise<void> {
  if (stored === undefined) return;
  const started = performance.now();
  for (let n = await stored(); n < sent; n = await stored()) {
    if (performance.now() - started > 30_000)
      throw new Error(`${name}: ${n} of ${sent} inferences are stored`);
    await sleep(250);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function print([direct, ...gateways]: readonly Target[]): void {
  const models = direct?.figures.p50 ?? [];
  const figures = gateways.map(({ figures: { p50, ...others } }) => ({
    added: p50.map((ms, round) => ms - (models[round] ?? 0)),
    ...others,
  }));
  console.log(
    `gateways over HTTP, ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, tensorzero ${RELEASE}, medians of ${ROUNDS} rounds`,
  );
  console.log(
    `                               added p50   at ${CONCURRENCY} at a time: requests/s  stored/s   CPU ms a request`,
  );
  for (const [i, { name, store }] of gateways.entries()) {
    const { added, rate, storedRate, cpu, storeCpu } = figures[i]!;
    const columns = [
      `${median(added).toFixed(2)} ms`.padStart(11),
      median(rate).toFixed(0).padStart(24),
      median(storedRate).toFixed(0).padStart(11),
      median(cpu).toFixed(2).padStart(11),
    ];
    const more = store && ` and ${median(storeCpu).toFixed(2)} of ClickHouse, an \`npm run up\``;
    console.log(`  ${name.padEnd(27)}${columns.join("")}${more ?? ""}`);
  }
  const [real, ours, async, batch, stored] = figures.map((it, i) => ({
    ...it,
    name: gateways[i]!.name,
  }));
  const ratio = (key: "added" | "rate", a = ours!, b = real!) => {
    const ratios = a[key].map((value, round) => value / b[key][round]!);
    return `${a.name} / ${b.name}: ${median(ratios).toFixed(2)}`;
  };
  console.log("  ratios of each round, their medians, and the aims");
  for (const [a, b] of [
    [ours, real],
    [stored, async],
    [stored, batch],
  ])
    console.log(`    added p50, ${ratio("added", a, b)} (≤ 1.5)`);
  for (const b of [async, batch]) console.log(`    requests/s, ${ratio("rate", stored, b)} (≥ 1)`);
  console.log(`    CPU, ours, with store: ${median(stored!.cpu).toFixed(2)} ms a request (≤ 1.5)`);
}

function startService(command: string, args: readonly string[]): Promise<Service> {
  const { OPENAI_API_KEY: _, ...env } = process.env;
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`${args[0]} ended with ${code}`)));
    createInterface(child.stdout).on("line", (line) => {
      if (!line.startsWith("http://")) return;
      resolve({
        urls: line.split(" "),
        cpuMs: () => cpuOf(child.pid!),
        close: () => {
          child.stdin.end();
          return ended;
        },
      });
    });
  });
}

/** Linux counts in ticks of 10 ms; the name, which may hold anything, ends with the last bracket. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** The variant `random` of the project, on this model, with these keys of `[gateway.observability]`. */
function writeConfig(root: string, to: string, provider: string, observability: string): string {
  cpSync(join(root, "config", "functions"), join(to, "functions"), { recursive: true });
  const file = join(to, "tensorzero.toml");
  const text = `
[gateway]
disable_pseudonymous_usage_analytics = true
[gateway.observability]
${observability}
[functions.act]
type = "json"
system_schema = "functions/act/system_schema.json"
user_schema = "functions/act/user_schema.json"
output_schema = "functions/act/output_schema.json"
[functions.act.variants.random]
type = "chat_completion"
model = "random"
system_template = "functions/act/history/system.minijinja"
user_template = "functions/act/history/user.minijinja"
json_mode = "on"
[models.random]
routing = ["provider"]
[models.random.providers.provider]
type = "openai"
model_name = "random"
api_base = "${provider}/v1/"
api_key_location = "none"
`;
  writeFileSync(file, text);
  return file;
}
