import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  loadConfig,
  messageOf,
  outboundFetch,
  parseConfigFile,
  parseHttpUrl,
  readConfigFile,
  readTextFile,
  warningsOf,
} from "embedded-gateway";
import { didYouMean } from "../basics/did-you-mean";
import { readActConfig } from "../experiment/variants/act-config";
import { configFiles, modelsFolder } from "../project/config-files";
import { ModelError } from "./model-error";
import { type ModelAddress, type ModelFile, modelFiles, modelsIn } from "./model-files";
import { composedVariants, visionVariants } from "./more-variants";
import { findServedModel } from "./served-models";

export interface AddOptions {
  /** One of `knownServers`. */
  server: string;
  /** The model's name at the server, e.g. "qwen3:8b". */
  model: string;
  /** The server's address, e.g. "http://192.168.1.5:11434/v1/". Default: the example's. */
  url?: string;
  /** Our name for the model. Default: the server's, with "-" for everything but letters, digits, ".", "_" and "-". */
  name?: string;
  /** With variants that are sent pictures: for a model that takes them. Default: false. */
  vision?: boolean;
  /** Told where the key would go, before it does, if that is not its provider's or can be overheard. */
  onWarning?: (text: string) => void;
}

/** A model that was added. */
export interface AddedModel extends ModelFile {
  /** The day on which it ends, if the server says so: "2027-01-14". */
  shutdownDate: string | null;
}

/** The servers that a model can be added of: one for each file of config/examples. */
export function knownServers(root: string): string[] {
  const files = readdirSync(examplesFolder(root)).filter((name) => name.endsWith(".toml"));
  return files.map((name) => basename(name, ".toml")).sort();
}

function examplesFolder(root: string): string {
  return join(root, "config", "examples");
}

/**
 * Writes config/models/<name>.toml after the server's example, once the server has said that it knows the model.
 *
 * @param env where the server's key is looked up
 * @throws ModelError nothing was written; the message says what to do
 * @throws ConfigError the configuration, this file included, is one that no gateway starts with; nothing was written
 */
export async function addModel(
  root: string,
  env: NodeJS.ProcessEnv,
  { server, model, url, name = safeName(model), vision = false, onWarning = () => {} }: AddOptions,
): Promise<AddedModel> {
  const servers = knownServers(root);
  if (!servers.includes(server)) {
    throw new ModelError(
      "unknown_server",
      `There is no example of a server ${JSON.stringify(server)}.${didYouMean(server, servers)} config/examples has: ${servers.join(", ")}.`,
    );
  }
  refuseName(name, model);
  const example = join(examplesFolder(root), `${server}.toml`);
  const text = fill(readTextFile(example), { name, model, url, vision });
  const added = modelsIn(parseConfigFile({ path: example, text }));
  refuseTaken(root, name, [...added.variants, ...added.models.map((address) => address.model)]);
  const [address] = added.models;
  if (address === undefined) throw new TypeError(`config/examples/${server}.toml has no model.`);
  const key = findKey(server, address, env);
  const apiKey = { kind: "env", name: variableOf(address) ?? "" } as const;
  const { apiBase } = address;
  for (const warning of warningsOf({ apiBase, apiKey, extraHeaders: [] }, env)) onWarning(warning);
  const { shutdownDate } = await findServedModel(
    { apiBase, key, fetch: outboundFetch(env) },
    model,
  );

  const path = join(modelsFolder(root), `${name}.toml`);
  mkdirSync(modelsFolder(root), { recursive: true });
  writeFileSync(path, text, { flag: "wx" });
  try {
    await loadConfig(configFiles(root), env);
  } catch (error) {
    rmSync(path);
    throw error;
  }
  return { name, path, ...added, shutdownDate };
}

function safeName(model: string): string {
  return model.replace(/[^\w.-]+/g, "-").replace(/^[-._]+|[-._]+$/g, "");
}

function refuseName(name: string, model: string): void {
  if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) return;
  throw new ModelError(
    "bad_name",
    `${JSON.stringify(name)} cannot name a file and variants for ${JSON.stringify(model)}: give one with --name, of at most 100 letters, digits, ".", "_" and "-", a letter or digit first.`,
  );
}

/** The names must be new: to a file system that ignores case, and to the configuration. */
function refuseTaken(root: string, name: string, names: readonly string[]): void {
  const file = modelFiles(root).find((other) => other.name.toLowerCase() === name.toLowerCase());
  if (file !== undefined) {
    throw new ModelError(
      "taken",
      `config/models/${file.name}.toml is there already. Edit it, remove it first (npm run model -- remove ${file.name}), or give another name with --name.`,
    );
  }
  const config = readActConfig(configFiles(root).map(readConfigFile).map(parseConfigFile));
  const variants = [...config.functions.values()].flatMap((fn) => [...fn.variants.keys()]);
  const known = [...config.models.keys(), ...variants];
  const taken = names.find((other) => known.includes(other));
  if (taken === undefined) return;
  throw new ModelError(
    "taken",
    `The configuration has a model or variant ${JSON.stringify(taken)} already. Give another name with --name.`,
  );
}

/** The example without its first paragraph, which says how to copy it, with more variants and the model's own names. */
function fill(
  example: string,
  { name, model, url, vision }: { name: string; model: string; url?: string; vision: boolean },
): string {
  const own = example.slice(example.indexOf("\n\n") + 2);
  const text = [own.trimEnd(), ...(vision ? visionVariants(own) : []), ...composedVariants(own)]
    .join("\n\n")
    .concat("\n")
    .replaceAll("my-model", name)
    .replace(/^model_name = ".*?"/m, () => `model_name = ${JSON.stringify(model)}`);
  if (url === undefined) return text;
  return text.replace(/^api_base = ".*?"/m, () => `api_base = ${JSON.stringify(readUrl(url))}`);
}

/** Ends with a slash; a server without a path has its API under /v1/. */
function readUrl(given: string): string {
  const refuse = (problem: string, cause?: unknown): never => {
    const message = `--url ${problem}. Give one such as http://localhost:11434/v1/`;
    throw new ModelError("bad_name", message, { cause });
  };
  let url: URL;
  try {
    url = parseHttpUrl(given);
  } catch (cause) {
    return refuse(messageOf(cause), cause);
  }
  if (url.username !== "" || url.password !== "")
    refuse("has a user or a password in it, which the embedded gateway lacks");
  if (url.pathname === "/") url.pathname = "/v1/";
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}

function findKey(
  server: string,
  address: ModelAddress,
  env: NodeJS.ProcessEnv,
): string | undefined {
  const variable = variableOf(address);
  if (variable === undefined) return undefined;
  const key = env[variable];
  if (key) return key;
  throw new ModelError(
    "key_missing",
    `${server} asks for a key, and ${variable} is not set: put it into .env (see .env.example).`,
  );
}

function variableOf({ keyLocation }: ModelAddress): string | undefined {
  return /^env::(.+)$/.exec(keyLocation)?.[1];
}
