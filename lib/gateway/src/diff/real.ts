import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/**
 * Starts this gateway and TensorZero's own on one ClickHouse, each with a database of its own, both with the project's
 * configuration and that of the probes; asks both the same, and compares answers, rows and tables.
 *
 * @throws PeerError
 */
export async function diffWithReal(options: RealOptions) {
  const python = await peerPython(options.folder, options.version);
  const work = mkdtempSync(join(options.folder, "gateway-diff-"));
  const models = new Hono()
    .mount("/ordered", orderedProvider().fetch)
    .mount("/", options.models.fetch);
  const closers = [async () => rmSync(work, { recursive: true, force: true })];
  try {
    const provider = await listen("models", models, { port: 0 });
    closers.push(provider.close);
    const files = writeConfig(options.config, work, provider.url);
    const password = "diff";
    const own = await up({
      configPath: files,
      dataDir: join(work, "clickhouse"),
      models: options.models,
      env: {},
      ports: { gateway: 0, clickhouse: 0, models: 0 },
      password,
    });
    closers.push(own.close);
    const { gateway = "", clickhouse = "" } = own.urls;
    const store = new URL(THEIRS, clickhouse);
    store.username = USER;
    store.password = password;
    const peer = await startPeer(python, join(work, "config", "**", "*.toml"), store.href);
    closers.push(peer.close);
    const client = createClient({ url: store, clickhouse_settings: SESSION_SETTINGS });
    closers.push(() => client.close());
    const sides = [new Side(gateway, patientFetch), new Side(peer.url, patientFetch)] as const;
    const answers = (await diffSides(sides, options.probes)).flat();
    const databases = [DATABASE, THEIRS] as const;
    const { differences: ofRows, rows } = await diffRows(client, [
      { database: databases[0], names: sides[0].names },
      { database: databases[1], names: sides[1].names },
    ]);
    const isFailed = new Set(
      answers
        .filter(({ at }) => at === "status")
        .map(({ probe }) => `rows of <inference{${probe}}>`),
    );
    const ofSchemas = await diffSchemas(client, databases);
    const differences: Difference[] = [
      ...ofSchemas,
      ...answers,
      ...ofRows.filter(({ probe }) => !isFailed.has(probe)),
    ];
    return { differences, rows };
  } finally {
    for (const close of closers.reverse()) await close();
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
  for (const file of files) {
    const text = readFileSync(file, "utf8")
      .replaceAll("PROVIDER", `${provider}/ordered/v1/`)
      .replaceAll(MODELS_ORIGIN, provider);
    writeFileSync(file, text);
  }
  return files;
}
