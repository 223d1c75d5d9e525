import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@clickhouse/client";
import { Hono } from "hono";
import { DATABASE, SESSION_SETTINGS } from "../clickhouse/connect";
import { patientFetch } from "../models/outbound";
import type { Fetcher } from "../serve/guard";
import { MODELS_ORIGIN } from "../serve/in-process";
import { listen } from "../serve/listen";
import { USER, up } from "../serve/up";
import type { Difference } from "./compare";
import { diffSides } from "./diff";
import { PEER, peerPython, startPeer } from "./peer";
import type { Probe } from "./probes/probe";
import { orderedProvider } from "./probes/provider";
import { diffRows, diffSchemas } from "./rows";
import { Side } from "./side";

export interface RealOptions {
  /** The release of TensorZero's Python package. */
  version: string;
  /** A folder for virtual environments and for what the run leaves behind. */
  folder: string;
  /** The project's folder of configuration. */
  config: string;
  /** The local models. */
  models: Fetcher;
  probes: readonly Probe[];
}

/** The database of TensorZero's own gateway, beside ours. */
const THEIRS = "peer";

/** This gateway and its ClickHouse, with the project's configuration and that of the probes. */
export interface Own {
  readonly gateway: string;
  /** The configuration's files as a glob. */
  readonly config: string;
  /** ClickHouse's address with that database. */
  store(database: string): string;
  close(): Promise<void>;
}

/** Starts this gateway on free ports, with what it stores in a folder that `close` removes. */
export async function startOwn({
  folder,
  config,
  models,
}: Pick<RealOptions, "folder" | "config" | "models">): Promise<Own> {
  const work = mkdtempSync(join(folder, "gateway-diff-"));
  const closers = [async () => rmSync(work, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const all = new Hono().mount("/ordered", orderedProvider().fetch).mount("/", models.fetch);
    const provider = await listen("models", all, { port: 0 });
    closers.push(provider.close);
    const password = "diff";
    const own = await up({
      configPath: writeConfig(config, work, provider.url),
      dataDir: join(work, "clickhouse"),
      models,
      env: {},
      ports: { gateway: 0, clickhouse: 0, models: 0 },
      password,
    });
    closers.push(own.close);
    const { gateway = "", clickhouse = "" } = own.urls;
    const store = (database: string) => {
      const url = new URL(database, clickhouse);
      Object.assign(url, { username: USER, password });
      return url.href;
    };
    return { gateway, config: join(work, "config", "**", "*.toml"), store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** This gateway and TensorZero's own, on one ClickHouse. */
export interface Pair extends Own {
  /** Address of TensorZero's own. */
  readonly peer: string;
  /** ClickHouse's address with the database of TensorZero's own. */
  readonly peerStore: string;
}

/**
 * Starts this gateway and TensorZero's own on one ClickHouse, each with a database of its own, both with the project's
 * configuration and that of the probes.
 *
 * @throws PeerError
 */
export async function startPair(options: Omit<RealOptions, "probes">): Promise<Pair> {
  const python = await peerPython(options.folder, options.version);
  const own = await startOwn(options);
  try {
    const peerStore = own.store(THEIRS);
    const peer = await startPeer(python, own.config, peerStore);
    return { ...own, peer: peer.url, peerStore, close: () => peer.close().finally(own.close) };
  } catch (error) {
    await own.close();
    throw error;
  }
}

/**
 * Asks this gateway and TensorZero's own the same, and compares answers, rows and tables.
 *
 * @throws PeerError
 */
export async function diffWithReal(options: RealOptions) {
  const pair = await startPair(options);
  const client = createClient({ url: pair.peerStore, clickhouse_settings: SESSION_SETTINGS });
  try {
    const sides = [
      new Side(pair.gateway, patientFetch),
      new Side(pair.peer, patientFetch),
    ] as const;
    const answers = (await diffSides(sides, options.probes)).flat();
    const { differences: ofRows, rows } = await diffRows(client, [
      { database: DATABASE, names: sides[0].names },
      { database: THEIRS, names: sides[1].names },
    ]);
    const isFailed = new Set(
      answers
        .filter(({ at }) => at === "status")
        .map(({ probe }) => `rows of <inference{${probe}}>`),
    );
    const differences: Difference[] = [
      ...(await diffSchemas(client, [DATABASE, THEIRS])),
      ...answers,
      ...ofRows.filter(({ probe }) => !isFailed.has(probe)),
    ];
    return { differences, rows };
  } finally {
    await client.close();
    await pair.close();
  }
}

/** Copies the project's configuration and that of the probes, with the addresses of this run. @returns the files */
function writeConfig(project: string, work: string, provider: string): string[] {
  const to = join(work, "config");
  cpSync(project, to, { recursive: true });
  rmSync(join(to, "examples"), { recursive: true, force: true });
  rmSync(join(to, "prices.toml"), { force: true });
  cpSync(join(PEER, "config"), join(to, "probes"), { recursive: true });
  const files = [
    "models/gpt-4o-mini.toml",
    "models/gpt-6-luna.toml",
    "probes/probes.toml",
    "tensorzero.toml",
  ].map((name) => join(to, name));
  const kept = join(work, "files");
  mkdirSync(kept);
  for (const file of files) {
    const text = readFileSync(file, "utf8")
      .replaceAll("PROVIDER", `${provider}/ordered/v1/`)
      .replaceAll(MODELS_ORIGIN, provider)
      .replace('type = "disabled"', `type = "filesystem"\npath = ${JSON.stringify(kept)}`);
    writeFileSync(file, text);
  }
  return files;
}
