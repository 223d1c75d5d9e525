import { resolve } from "node:path";
import {
  type ConfigSource,
  MODELS_ORIGIN,
  mergeConfig,
  OPENAI_BASE,
  pathOf,
  shorthandModel,
  Table,
} from "embedded-gateway";
import { LOCAL_PROVIDER } from "../../agents/local/own-models";
import { type ActFunction, actFunctions, CHAT_FUNCTION } from "../../agents/prompt";
import type { LimitedVariant } from "./call-limits";

/** The part of a configuration that is read here; the gateway checks the rest. */
export interface ActConfig {
  /** By a model's name; a shorthand such as "openai::gpt-4o" needs no entry. */
  models: ReadonlyMap<string, readonly Provider[]>;
  functions: ReadonlyMap<ActFunction, { schemas: NamedFile[]; variants: Map<string, ActVariant> }>;
}

/** Where a model is served. */
export interface Provider {
  /** The model's name there. Default: its name here. */
  modelName?: string;
  /** Its address; of another type of provider than OpenAI's without one: that type, which names who serves it. */
  apiBase: string;
  /** It is this process, where functions answer in place of an LLM. */
  isLocal: boolean;
  /** As in the configuration: "env::OPENAI_API_KEY", "none", or a table as JSON. */
  keyLocation: string;
  extraBody?: unknown;
}

export interface ActVariant extends LimitedVariant {
  /** Its table: `functions.act.variants.baseline`. */
  path: string;
  model: string | null;
  /** Of in-context learning. */
  embeddingModel: string | null;
  /** Names of the variants that one of best-of-n or mixture-of-n is made of; null of others. */
  candidates: readonly string[] | null;
  templates: NamedFile[];
  /** Its other keys. */
  settings: Record<string, unknown>;
}

/** A file that a key names. */
export interface NamedFile {
  /** Within its table: "system_template", "templates.user". */
  name: string;
  key: string;
  path: string;
}

/** @throws ConfigError two files give the same key, or a value is none that its key may have; the message names file, key and value */
export function readActConfig(sources: readonly ConfigSource[]): ActConfig {
  const { values, fileOf, folderOf } = mergeConfig(sources);
  const top = new Table(values, "", fileOf);
  const models = [...top.tables("models")].map(([name, table]) => {
    const providers = [...table.tables("providers")];
    return [name, providers.map(([provider, entry]) => readProvider(entry, provider))] as const;
  });
  const functions = top.table("functions");
  const read = actFunctions.flatMap((name) => {
    const table = functions?.table(name);
    return table ? [[name, readFunction(table, name, folderOf)] as const] : [];
  });
  return { models: new Map(models), functions: new Map(read) };
}

/** Of a model by its name or shorthand; none when it is neither. */
export function providersOf(model: string, { models }: Pick<ActConfig, "models">): Provider[] {
  const shorthand = shorthandModel(model)?.providers ?? [];
  return [
    ...(models.get(model) ?? []),
    ...shorthand.map(({ modelName, apiBase }) => ({
      ...{ modelName, apiBase, isLocal: false, keyLocation: OPENAI_KEY },
    })),
  ];
}

const OPENAI_KEY = "env::OPENAI_API_KEY";

function readProvider(table: Table, name: string): Provider {
  const type = table.requiredString("type");
  const apiBase = table.string("api_base") ?? (type === "openai" ? OPENAI_BASE : type);
  const isLocal = apiBase.startsWith(`${MODELS_ORIGIN}/`);
  // ClickHouse keeps of a provider its name alone.
  if (isLocal && name !== LOCAL_PROVIDER)
    table.fail(
      "api_base",
      `is ${MODELS_ORIGIN}, where functions answer in place of an LLM. Charts know them by their provider's name: call it ${LOCAL_PROVIDER}, here and in \`routing\``,
    );
  if (!isLocal && name === LOCAL_PROVIDER)
    table.fail(
      "api_base",
      `is ${apiBase}, but the name of this provider tells charts that no LLM answers, as at ${MODELS_ORIGIN}. Give it another name, here and in \`routing\``,
    );
  const key = table.raw("api_key_location") ?? OPENAI_KEY;
  return {
    modelName: table.string("model_name"),
    apiBase,
    isLocal,
    keyLocation: typeof key === "string" ? key : JSON.stringify(key),
    extraBody: table.raw("extra_body"),
  };
}

type FolderOf = (key: string) => string;

function readFunction(table: Table, name: ActFunction, folderOf: FolderOf) {
  // A model's file has variants of a function that another file defines.
  const type = table.string("type");
  const expected = name === CHAT_FUNCTION ? "chat" : "json";
  if (type !== undefined && type !== expected)
    table.fail("type", `is "${type}"; the function ${name} is of the type "${expected}"`);
  const variants = [...table.tables("variants")].map(
    ([name, variant]) => [name, readVariant(variant, folderOf)] as const,
  );
  return {
    // Models are shown the output's schema.
    schemas: [
      ...namedFiles(table, ["system", "user", "assistant", "output"], "schema", folderOf),
      ...tableOfFiles(table, "schemas", folderOf),
    ],
    variants: new Map(variants),
  };
}

function readVariant(table: Table, folderOf: FolderOf): ActVariant {
  const templates = [
    ...namedFiles(table, ["system", "user", "assistant"], "template", folderOf),
    ...tableOfFiles(table, "templates", folderOf),
  ];
  return {
    path: table.path,
    templates,
    settings: Object.fromEntries(table.unread().map((key) => [key, table.values[key]])),
    model: table.string("model") ?? null,
    embeddingModel: table.string("embedding_model") ?? null,
    candidates: table.strings("candidates") ?? null,
    type: table.string("type"),
    maxTokens: table.integer("max_tokens"),
    retries: table.table("retries")?.integer("num_retries"),
    extraBody: table.raw("extra_body"),
  };
}

/** Old style: a key for each role. */
function namedFiles(table: Table, roles: readonly string[], what: string, folderOf: FolderOf) {
  return roles.flatMap((role) => fileAt(table, `${role}_${what}`, `${role}_${what}`, folderOf));
}

/** New style: a table for each. */
function tableOfFiles(table: Table, key: string, folderOf: FolderOf): NamedFile[] {
  return [...table.tables(key)].flatMap(([name, entry]) =>
    fileAt(entry, "path", pathOf(key, name), folderOf),
  );
}

function fileAt(table: Table, key: string, name: string, folderOf: FolderOf): NamedFile[] {
  const file = table.string(key);
  const at = table.at(key);
  return file === undefined ? [] : [{ name, key: at, path: resolve(folderOf(at), file) }];
}
