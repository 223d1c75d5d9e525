import { createHash } from "node:crypto";
import { resolve } from "node:path";
import {
  ConfigError,
  MODELS_ORIGIN,
  mergeConfig,
  messageOf,
  OPENAI_BASE,
  parseConfigFile,
  pathOf,
  readConfigFile,
  readTextFile,
  shorthandModel,
  type TomlFile,
} from "embedded-gateway";
import { Environment } from "minijinja-js";
import type { ChatMessage } from "../../agents/local/reading/prompt";
import { type ActArguments, type ActFunction, actFunctions } from "../../agents/prompt";
import { type CallLimits, callLimits, type LimitedVariant } from "./call-limits";

/** What an experiment has to know of a variant. */
export interface VariantInfo {
  /** The function that it is a variant of. */
  function: ActFunction;
  /** The model's name in the config; null for a variant made of other variants. */
  model: string | null;
  /** Addresses of the servers by which its model is reached: "https://api.openai.com/v1/". */
  servers: readonly string[];
  /** What its model is sent, by its templates. Of a variant made of other variants: what its own templates make. */
  prompt: (args: ActArguments) => readonly ChatMessage[];
  limits: CallLimits;
  /** Its model is served by rules on this machine, not by an LLM. */
  local: boolean;
  /** Its model is served on this machine or its network, and asks for no key: it costs nothing. */
  free: boolean;
  /**
   * Its keys in the config, as JSON; of its templates and the function's schemas the hash of the text. What makes two
   * variants of one name differ.
   */
  definition: Readonly<Record<string, string>>;
}

/** The part of the configuration that is read here; the gateway checks all of it. */
interface Config {
  functions?: Partial<Record<ActFunction, Schemas & { variants?: Record<string, Variant> }>>;
  models?: Record<string, { providers: Record<string, Provider> }>;
}
interface Provider {
  type?: string;
  api_base?: string;
  api_key_location?: unknown;
  extra_body?: unknown;
}
/** A function's schemas, old style and new; models are shown the output's. */
interface Schemas {
  system_schema?: string;
  user_schema?: string;
  assistant_schema?: string;
  output_schema?: string;
  schemas?: Record<string, { path: string }>;
}
interface Variant extends LimitedVariant {
  model?: string;
  system_template?: string;
  user_template?: string;
  assistant_template?: string;
  templates?: Record<string, { path: string }>;
}
/** Reads the file that a table's key names. */
type ReadFile = (key: string, file: string) => string;

/**
 * The variants of `act` and `act_with_reasoning`, model by model, in the config's order.
 *
 * @param given the configuration's files
 * @throws ConfigError a file cannot be read or is no TOML, two files give the same key, both functions have a variant of one name, or a template or schema cannot be read
 */
export function readVariants(
  given: readonly (string | TomlFile)[],
): ReadonlyMap<string, VariantInfo> {
  const files = given.map(readConfigFile);
  const { values, folderOf } = mergeConfig(files.map(parseConfigFile));
  const { functions, models } = values as Config;
  const readFor =
    (table: string): ReadFile =>
    (key, file) => {
      const path = resolve(folderOf(`${table}.${key}`), file);
      try {
        return readTextFile(path);
      } catch (cause) {
        const why = messageOf(cause);
        throw new ConfigError(`\`${table}.${key}\`: cannot read ${path} (${why}).`, { cause });
      }
    };
  const providersOf = (model = "") => Object.values(models?.[model]?.providers ?? {});
  const serversOf = (model = "") => [
    ...providersOf(model).map(({ api_base, type = "" }) => api_base ?? defaultAddress(type)),
    ...(shorthandModel(model)?.providers ?? []).map(({ apiBase }) => apiBase),
  ];
  const served = (model: string | undefined, by: (provider: Provider) => boolean) => {
    const providers = providersOf(model);
    return providers.length > 0 && providers.every(by);
  };
  const variants = new Map<string, VariantInfo>();
  for (const name of actFunctions) {
    const fn = functions?.[name];
    if (fn === undefined) continue;
    const path = `functions.${name}`;
    const schemas = hashes(schemaFiles(fn), readFor(path));
    for (const [variantName, variant] of Object.entries(fn.variants ?? {})) {
      const variantPath = pathOf(`${path}.variants`, variantName);
      const read = readFor(variantPath);
      if (variants.has(variantName)) {
        throw new ConfigError(
          `\`${variantPath}\`: ${actFunctions.join(" and ")} both have a variant ${variantName}. Variants are chosen by their name alone: rename one.`,
        );
      }
      variants.set(variantName, {
        function: name,
        model: variant.model ?? null,
        servers: serversOf(variant.model),
        prompt: promptOf(variant, read),
        limits: callLimits(variant, providersOf(variant.model), includesOthers(variant, read)),
        local: served(variant.model, isRules),
        free: served(variant.model, isFree),
        definition: { ...schemas, ...define(variant, read) },
      });
    }
  }
  const order = [...variants.values()].map(({ model }) => model);
  return new Map(
    [...variants].sort(([, a], [, b]) => order.indexOf(a.model) - order.indexOf(b.model)),
  );
}

/** Of a provider of another type than OpenAI's: that type, which names who serves it. */
function defaultAddress(type: string): string {
  return type === "openai" ? OPENAI_BASE : type;
}

function isRules({ api_base = "" }: Provider): boolean {
  return api_base.startsWith(`${MODELS_ORIGIN}/`);
}

/** Hosts of this machine, seen from a container too, and of private networks (RFC 1918). */
const NEAR =
  /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0|host\.docker\.internal|10(\.\d+){3}|192\.168(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2}|.+\.local)$/;

function isFree({ api_base = "", api_key_location }: Provider): boolean {
  const isNear = URL.canParse(api_base) && NEAR.test(new URL(api_base).hostname);
  return isNear && api_key_location === "none";
}

function includesOthers(variant: Variant, read: ReadFile): boolean {
  return templateFiles(variant).some(
    ([key, file]) =>
      file !== undefined && /\{%-?\s*(include|extends|import|from)\b/.test(read(key, file)),
  );
}

/** Renders a variant's templates. One that includes others counts as its source and its arguments. */
function promptOf(variant: Variant, read: ReadFile): VariantInfo["prompt"] {
  const environment = new Environment();
  const files = templateFiles(variant);
  const sources = (["system", "user"] as const).flatMap((role) =>
    files.flatMap(([key, file]) =>
      file !== undefined && [`${role}_template`, `templates.${role}`].includes(key)
        ? [{ role, text: read(key, file) }]
        : [],
    ),
  );
  return (args) =>
    sources.map(({ role, text }) => {
      try {
        return { role, content: environment.renderStr(text, args[role]) };
      } catch {
        return { role, content: text + JSON.stringify(args[role]) };
      }
    });
}

/** How a variant is sampled, retried and limited does not change what it answers. */
const NOT_DEFINING = new Set(["weight", "retries", "timeouts", "description"]);

/** By name: "output_schema", "schemas.user". */
function schemaFiles({ schemas = {}, ...fn }: Schemas): [string, string | undefined][] {
  const { system_schema, user_schema, assistant_schema, output_schema } = fn;
  const plain = { system_schema, user_schema, assistant_schema, output_schema };
  return [...Object.entries(plain), ...named("schemas", schemas)];
}

function templateFiles(variant: Variant): [string, string | undefined][] {
  const { system_template, user_template, assistant_template, templates = {} } = variant;
  const plain = { system_template, user_template, assistant_template };
  return [...Object.entries(plain), ...named("templates", templates)];
}

/** By the name that `definition` has for it: "templates.user". */
function named(prefix: string, files: Record<string, { path: string }>): [string, string][] {
  return Object.entries(files).map(([name, { path }]) => [pathOf(prefix, name), path]);
}

function hashes(
  files: readonly [string, string | undefined][],
  read: ReadFile,
): Record<string, string> {
  const hash = (text: string) =>
    `sha256:${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  return Object.fromEntries(
    files.flatMap(([name, file]) => (file === undefined ? [] : [[name, hash(read(name, file))]])),
  );
}

function define(variant: Variant, read: ReadFile): Record<string, string> {
  const { templates, system_template, user_template, assistant_template, ...rest } = variant;
  const settings = Object.entries(rest)
    .filter(([key]) => !NOT_DEFINING.has(key))
    .map(([key, value]) => [key, JSON.stringify(value)]);
  return { ...Object.fromEntries(settings), ...hashes(templateFiles(variant), read) };
}
