import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { MODELS_ORIGIN } from "../gateway/in-process";
import { readTextFile } from "../text-file";
import { readToml } from "../toml";

/** What an experiment has to know of a variant of the function `act`. */
export interface VariantInfo {
  /** The model's name in the config; null for a variant made of other variants. */
  model: string | null;
  /** Sources of its templates. */
  templates: readonly string[];
  /** Its model is served by rules on this machine, not by an LLM. */
  local: boolean;
  /**
   * Its keys in the config, as JSON; of its templates and the function's schemas the hash of the text. What makes two
   * variants of one name differ.
   */
  definition: Readonly<Record<string, string>>;
}

/** The part of config/tensorzero.toml that is read here; the gateway checks all of it. */
interface Config {
  functions: { act: Schemas & { variants: Record<string, Variant> } };
  models?: Record<string, { providers: Record<string, { api_base?: string }> }>;
}
/** A function's schemas, old style and new; models are shown the output's. */
interface Schemas {
  system_schema?: string;
  user_schema?: string;
  assistant_schema?: string;
  output_schema?: string;
  schemas?: Record<string, { path: string }>;
}
interface Variant {
  model?: string;
  system_template?: string;
  user_template?: string;
  assistant_template?: string;
  templates?: Record<string, { path: string }>;
}

/** The variants of `act`, in the config's order. */
export function readVariants(path: string): ReadonlyMap<string, VariantInfo> {
  const { functions, models } = readToml(path) as unknown as Config;
  const read = (file: string) => readTextFile(join(dirname(path), file));
  const isLocal = (model: string) =>
    Object.values(models?.[model]?.providers ?? {}).some((provider) =>
      provider.api_base?.startsWith(`${MODELS_ORIGIN}/`),
    );
  const templates = (variant: Variant) =>
    [
      variant.system_template,
      variant.user_template,
      ...Object.values(variant.templates ?? {}).map((template) => template.path),
    ]
      .filter((file): file is string => file !== undefined)
      .map(read);
  const schemas = hashes(schemaFiles(functions.act), read);
  return new Map(
    Object.entries(functions.act.variants).map(([name, variant]) => [
      name,
      {
        model: variant.model ?? null,
        templates: templates(variant),
        local: variant.model !== undefined && isLocal(variant.model),
        definition: { ...schemas, ...define(variant, read) },
      },
    ]),
  );
}

/** How a variant is sampled, retried and limited does not change what it answers. */
const NOT_DEFINING = new Set(["weight", "retries", "timeouts", "description"]);

/** By name: "output_schema", "schemas.user". */
function schemaFiles({ schemas = {}, ...fn }: Schemas): [string, string | undefined][] {
  const { system_schema, user_schema, assistant_schema, output_schema } = fn;
  const plain = { system_schema, user_schema, assistant_schema, output_schema };
  return [...Object.entries(plain), ...named("schemas", schemas)];
}

function named(prefix: string, files: Record<string, { path: string }>): [string, string][] {
  return Object.entries(files).map(([name, { path }]) => [`${prefix}.${name}`, path]);
}

function hashes(
  files: readonly [string, string | undefined][],
  read: (file: string) => string,
): Record<string, string> {
  const hash = (text: string) =>
    `sha256:${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  return Object.fromEntries(
    files.flatMap(([name, file]) => (file === undefined ? [] : [[name, hash(read(file))]])),
  );
}

function define(variant: Variant, read: (file: string) => string): Record<string, string> {
  const { templates = {}, system_template, user_template, assistant_template, ...rest } = variant;
  const plain = Object.entries({ system_template, user_template, assistant_template });
  const settings = Object.entries(rest)
    .filter(([key]) => !NOT_DEFINING.has(key))
    .map(([key, value]) => [key, JSON.stringify(value)]);
  return {
    ...Object.fromEntries(settings),
    ...hashes([...plain, ...named("templates", templates)], read),
  };
}
