import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { messageOf } from "../basics/message-of";
import { readTextFile } from "../basics/text-file";
import { parseToml } from "../basics/toml";
import { ConfigFiles } from "./files";
import { readFunction, readMetric, readTool } from "./functions";
import { type ConfigSource, mergeConfig } from "./merge";
import { readEmbedder, readModel, shorthandModel } from "./models";
import { readStorage } from "./object-storage";
import { ConfigError, Table } from "./table";
import type { ChatCompletionConfig, FunctionConfig, GatewayConfig, GatewaySettings } from "./types";
import { chatOf, type VariantReaders } from "./variants";

/** A toml file's text, and where it stands. */
export interface TomlFile {
  path: string;
  text: string;
}

/** A file of the configuration. @throws ConfigError it cannot be read */
export function readConfigFile(file: string | TomlFile): TomlFile {
  if (typeof file !== "string") return file;
  const path = resolve(file);
  try {
    return { path, text: readTextFile(path) };
  } catch (cause) {
    throw new ConfigError(`The configuration ${path} cannot be read (${messageOf(cause)}).`, {
      cause,
    });
  }
}

/** The configuration that these files make. @param types how variants are read */
export async function readConfig(
  tomls: readonly TomlFile[],
  env: NodeJS.ProcessEnv,
  types: VariantReaders,
): Promise<GatewayConfig> {
  const merged = mergeConfig(tomls.map(parseConfigFile));
  const top = new Table(merged.values, "", merged.fileOf);
  const files = new ConfigFiles(merged.folderOf);
  const gateway = readGateway(top.table("gateway") ?? new Table({}, "gateway"), merged.folderOf);
  const each = <T>(key: string, read: (table: Table, name: string) => T): Map<string, T> =>
    new Map([...top.tables(key)].map(([name, table]) => [name, read(table, name)]));
  const config = {
    gateway,
    storage: readStorage(top.table("object_storage")),
    models: each("models", (table, name) => readModel(table, name, env)),
    embeddingModels: each("embedding_models", (table, name) => readEmbedder(table, name, env)),
    tools: each("tools", (table, name) => readTool(table, name, files)),
    metrics: each("metrics", readMetric),
    functions: each("functions", (table, name) => readFunction(table, name, files, types)),
  };
  // The store runs migrations itself here; the key has no effect.
  const clickhouse = top.table("clickhouse");
  clickhouse?.boolean("disable_automatic_migrations");
  clickhouse?.end();
  top.lacks(
    "postgres",
    "rate_limiting",
    "evaluations",
    "provider_types",
    "optimizers",
    "autopilot",
  );
  top.end();

  const { templates, keyOf } = files.compile(gateway.includes);
  for (const chat of chatCompletions(config.functions)) {
    for (const template of chat.templates.values()) template.key = keyOf(template.key);
  }
  checkReferences(config);
  return {
    hash: hashOf([...tomls.map(({ text }) => text), ...files.texts()]),
    ...config,
    templates,
  };
}

/** @throws ConfigError it is no TOML; the message says where */
export function parseConfigFile({ path, text }: TomlFile): ConfigSource {
  try {
    return { path, table: parseToml(text) };
  } catch (cause) {
    throw new ConfigError(
      `The configuration is no valid TOML: ${path}: ${messageOf(cause).trim()}`,
      { cause },
    );
  }
}

function readGateway(table: Table, folderOf: (key: string) => string): GatewaySettings {
  table.lacks("export", "auth", "relay", "metrics");
  // The caller decides where it listens, and no telemetry is sent.
  table.string("bind_address");
  table.boolean("disable_pseudonymous_usage_analytics");
  const observability = table.table("observability");
  const backend = observability?.oneOf("backend", ["auto", "clickhouse", "postgres"]);
  if (backend === "postgres")
    observability?.fail("backend", 'is "postgres", which the embedded gateway lacks');
  const asyncWrites = observability?.boolean("async_writes") ?? true;
  observability?.boolean("disable_automatic_migrations"); // the older place of the same key of [clickhouse]
  const batch = observability?.table("batch_writes");
  batch?.lacks("max_rows_postgres", "write_queue_capacity", "__force_allow_embedded_batch_writes");
  if (batch?.boolean("enabled") && asyncWrites) {
    observability?.fail(
      "async_writes",
      "is on by default, and it and `batch_writes.enabled` cannot both be on: set it to false",
    );
  }
  const cache = table.table("cache");
  cache?.lacks("enabled", "backend", "valkey");
  const access = table.table("template_filesystem_access");
  const settings: GatewaySettings = {
    includes: access && readIncludes(access, folderOf),
    basePath: (table.string("base_path") ?? "").replace(/\/$/, ""),
    debug: table.boolean("debug") ?? false,
    observability: observability?.boolean("enabled") ?? true,
    errorJson: table.boolean("unstable_error_json") ?? false,
    validateFeedbackTargets: !(
      table.boolean("unstable_disable_feedback_target_validation") ?? false
    ),
    encodeUrls: table.boolean("fetch_and_encode_input_files_before_inference") ?? false,
    outboundTimeoutMs: table.integer("global_outbound_http_timeout_ms", 1) ?? 900_000,
    flushIntervalMs: batch?.integer("flush_interval_ms", 1) ?? 100,
    maxBatchRows: batch?.integer("max_rows", 1) ?? 1000,
  };
  for (const part of [batch, observability, cache, access, table]) part?.end();
  if (settings.basePath !== "" && !settings.basePath.startsWith("/"))
    table.fail("base_path", "must start with /");
  return settings;
}

/** A folder alone enables it too, as in TensorZero, where `enabled` is the older key. */
function readIncludes(access: Table, folderOf: (key: string) => string): string | undefined {
  const mayInclude = access.boolean("enabled");
  const base = access.string("base_path");
  if (base !== undefined) return resolve(folderOf(access.at("base_path")), base);
  return mayInclude ? folderOf(access.at("enabled")) : undefined;
}

/** Every chat completion of a configuration, nested ones too. */
export function* chatCompletions(
  functions: Map<string, FunctionConfig>,
): Generator<ChatCompletionConfig> {
  for (const { variants } of functions.values()) {
    for (const variant of variants.values()) yield chatOf(variant);
  }
}

function checkReferences({
  functions,
  models,
  embeddingModels,
  tools,
}: Pick<GatewayConfig, "functions" | "models" | "embeddingModels" | "tools">): void {
  for (const fn of functions.values()) {
    for (const tool of fn.tools) {
      if (!tools.has(tool))
        throw new ConfigError(
          `\`functions.${fn.name}.tools\`: tool \`${tool}\` is not present in the config.`,
        );
    }
    for (const variant of fn.variants.values()) {
      const path = `functions.${fn.name}.variants.${variant.name}`;
      checkModel(`${path}.model`, chatOf(variant).model, models);
      if ("embeddingModel" in variant)
        checkModel(`${path}.embedding_model`, variant.embeddingModel, embeddingModels);
    }
  }
}

function checkModel(path: string, name: string, models: Map<string, unknown>): void {
  if (models.has(name) || isShorthand(path, name)) return;
  throw new ConfigError(
    `\`${path}\` is "${name}", which is neither in the configuration (${[...models.keys()].join(", ") || "no models there"}) ` +
      "nor a shorthand that the embedded gateway knows (openai::<model>).",
  );
}

function isShorthand(path: string, name: string): boolean {
  try {
    return shorthandModel(name) !== undefined;
  } catch (cause) {
    throw new ConfigError(`\`${path}\`: ${messageOf(cause)}`, { cause });
  }
}

/** 256 bits as a decimal number, the form that TensorZero gives its own hash in; the values differ. */
function hashOf(texts: string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}:${text}`);
  return BigInt(`0x${hash.digest("hex")}`).toString();
}
