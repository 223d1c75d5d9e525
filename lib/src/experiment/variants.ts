import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readToml } from "../toml";

/** What an experiment has to know of a variant of the function `act`. */
export interface VariantInfo {
  /** The model's name in the config. */
  model: string;
  /** Sources of its templates, system first. */
  templates: readonly string[];
  /** Its model is served by rules on this machine, not by an LLM. */
  local: boolean;
}

interface Config {
  functions: {
    act: {
      variants: Record<string, { model: string; system_template: string; user_template: string }>;
    };
  };
  models?: Record<string, { providers: Record<string, { api_base?: string }> }>;
}

/** Host of the local models, in the config and in docker-compose.yml. */
export const MODELS_ORIGIN = "http://models:3030";

/** The variants of `act`, in the config's order. The gateway checks the config; this only reads it. */
export function readVariants(path: string): ReadonlyMap<string, VariantInfo> {
  const config = readToml(path) as unknown as Config;
  const read = (template: string) => readFileSync(join(dirname(path), template), "utf8");
  const isLocal = (model: string) =>
    Object.values(config.models?.[model]?.providers ?? {}).some((provider) =>
      provider.api_base?.startsWith(MODELS_ORIGIN),
    );
  return new Map(
    Object.entries(config.functions.act.variants).map(([name, variant]) => [
      name,
      {
        model: variant.model,
        templates: [read(variant.system_template), read(variant.user_template)],
        local: isLocal(variant.model),
      },
    ]),
  );
}
