import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MODELS_ORIGIN } from "../gateway/in-process";
import { readToml } from "../toml";

/** What an experiment has to know of a variant of the function `act`. */
export interface VariantInfo {
  /** The model's name in the config; null for a variant made of other variants. */
  model: string | null;
  /** Sources of its templates. */
  templates: readonly string[];
  /** Its model is served by rules on this machine, not by an LLM. */
  local: boolean;
  /** Its keys in the config, as JSON; of a template the hash of its text. What makes two variants of one name differ. */
  definition: Readonly<Record<string, string>>;
}

/** The part of config/tensorzero.toml that is read here; the gateway checks all of it. */
interface Config {
  functions: { act: { variants: Record<string, Variant> } };
  models?: Record<string, { providers: Record<string, { api_base?: string }> }>;
}
interface Variant {
  model?: string;
  system_template?: string;
  user_template?: string;
  templates?: Record<string, { path: string }>;
}

/** The variants of `act`, in the config's order. */
export function readVariants(path: string): ReadonlyMap<string, VariantInfo> {
  const config = readToml(path) as unknown as Config;
  const isLocal = (model: string) =>
    Object.values(config.models?.[model]?.providers ?? {}).some((provider) =>
      provider.api_base?.startsWith(`${MODELS_ORIGIN}/`),
    );
  const templates = (variant: Variant) =>
    [
      variant.system_template,
      variant.user_template,
      ...Object.values(variant.templates ?? {}).map((template) => template.path),
    ]
      .filter((file): file is string => file !== undefined)
      .map((file) => readFileSync(join(dirname(path), file), "utf8"));
  return new Map(
    Object.entries(config.functions.act.variants).map(([name, variant]) => [
      name,
      {
        model: variant.model ?? null,
        templates: templates(variant),
        local: variant.model !== undefined && isLocal(variant.model),
        definition: define(variant, (file) => readFileSync(join(dirname(path), file), "utf8")),
      },
    ]),
  );
}

/** How a variant is sampled, retried and limited does not change what it answers. */
const NOT_DEFINING = new Set(["weight", "retries", "timeouts", "description"]);

function define(variant: Variant, read: (file: string) => string): Record<string, string> {
  const { templates = {}, ...rest } = variant;
  const hash = (file: string) =>
    `sha256:${createHash("sha256").update(read(file)).digest("hex").slice(0, 16)}`;
  const entries = Object.entries(rest)
    .filter(([key]) => !NOT_DEFINING.has(key))
    .map(([key, value]) => {
      const isTemplate = key.endsWith("_template") && typeof value === "string";
      return [key, isTemplate ? hash(value) : JSON.stringify(value)];
    });
  const named = Object.entries(templates).map(([name, { path }]) => [
    `templates.${name}`,
    hash(path),
  ]);
  return Object.fromEntries([...entries, ...named].sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)));
}
