import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import { connect } from "../clickhouse/connect";
import { createGateway, type EmbeddedGateway } from "../gateway";
import { KeyWarning } from "../models/key-warnings";
import { STORED_TABLES } from "../store/continue-ids";
import { type StandIn, startStandIn } from "./stand-in";

export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of many shapes
  body: any;
  headers: Headers;
}

/** A gateway over a real store and a real provider's port, for tests. */
export interface Harness {
  gateway: EmbeddedGateway;
  clickhouse: ClickHouseClient;
  provider: StandIn;
  post(path: string, body: unknown): Promise<Reply>;
  get(path: string): Promise<Reply>;
  /** Another gateway on the same store, as after a restart; not to be closed. */
  restarted(): Promise<EmbeddedGateway>;
  /** Flushes, then asks the store. */
  rows<T = Record<string, unknown>>(query: string): Promise<T[]>;
  /** Rows of inferences and feedback in all. */
  stored(): Promise<number>;
  close(): Promise<void>;
}

/** @param files the configuration's files by name; `PROVIDER` in `tensorzero.toml` becomes the stand-in's address. */
export async function openHarness(
  files: Record<string, string>,
  env: Record<string, string> = {},
): Promise<Harness> {
  const folder = mkdtempSync(join(tmpdir(), "gateway-test-"));
  const provider = await startStandIn();
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll("PROVIDER", provider.url));
  }
  const clickhouse = await connect({ dataDir: ":memory:" });
  const configPath = join(folder, "tensorzero.toml");
  const gateways: EmbeddedGateway[] = [];
  const open = async () => {
    const refusedPath = join(folder, "refused-rows.jsonl");
    // Keys go to the stand-in, which is not their provider's.
    const onError = (error: unknown) => error instanceof KeyWarning || console.error(error);
    const opened = await createGateway({ configPath, clickhouse, env, refusedPath, onError });
    gateways.push(opened);
    return opened;
  };
  const gateway = await open();
  const send = async (path: string, init?: RequestInit): Promise<Reply> => {
    const response = await gateway.app.request(path, init);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return {
      status: response.status,
      body: isJson ? JSON.parse(text) : text,
      headers: response.headers,
    };
  };
  const rows = async <T>(query: string): Promise<T[]> => {
    await gateway.flush();
    return (await clickhouse.query({ query, format: "JSONEachRow" })).json<T>();
  };
  return {
    gateway,
    clickhouse,
    provider,
    post: (path, body) =>
      send(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
    get: (path) => send(path),
    restarted: async () => {
      await gateway.flush();
      return open();
    },
    rows,
    stored: async () => {
      const sum = STORED_TABLES.map((table) => `(SELECT count() FROM ${table})`).join(" + ");
      return Number((await rows<{ n: string }>(`SELECT ${sum} AS n`))[0]?.n);
    },
    close: async () => {
      for (const opened of gateways) await opened.close();
      await clickhouse.close();
      await provider.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The events of a streamed answer, `[DONE]` last. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into events of many shapes
export function events(body: string): any[] {
  return body
    .split("\n\n")
    .filter((part) => part.startsWith("data: "))
    .map((part) => part.slice(6))
    .map((data) => (data === "[DONE]" ? data : JSON.parse(data)));
}
