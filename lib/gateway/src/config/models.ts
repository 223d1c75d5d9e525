import { parseHttpUrl } from "../basics/http-url";
import { messageOf } from "../basics/message-of";
import { unsupported } from "../errors";
import { readExtraBody, readExtraHeaders } from "./extra";
import { ConfigError, type Table } from "./table";
import type { ApiKeyLocation, CostEntry, ModelConfig, ProviderConfig, Timeouts } from "./types";
import { NO_TIMEOUTS, readTimeouts } from "./variants";

export const OPENAI_BASE = "https://api.openai.com/v1/";

/** Reads one `[models.<m>]`. */
export function readModel(table: Table, name: string, env: NodeJS.ProcessEnv): ModelConfig {
  return readRouting(table, name, env, readTimeouts);
}

/** Reads one `[embedding_models.<m>]`, whose only time-out is that of the whole call. */
export function readEmbedder(table: Table, name: string, env: NodeJS.ProcessEnv): ModelConfig {
  return readRouting(table, name, env, (limited) => ({
    ...NO_TIMEOUTS,
    nonStreamingMs: limited.integer("timeout_ms"),
  }));
}

function readRouting(
  table: Table,
  name: string,
  env: NodeJS.ProcessEnv,
  readLimits: (table: Table) => Timeouts,
): ModelConfig {
  if (name.includes("::"))
    throw new ConfigError(
      `\`${table.path}\`: a model's name cannot contain "::", which marks shorthands.`,
    );
  const routing = table.strings("routing") ?? table.missing("routing");
  if (routing.length === 0) table.fail("routing", "is empty; name at least one provider");
  const providers = new Map(
    [...table.tables("providers")].map(([provider, entry]) => [
      provider,
      readProvider(entry, provider, env, readLimits),
    ]),
  );
  const timeouts = readLimits(table);
  table.lacks("namespace", "skip_relay");
  table.end();
  const ordered = routing.map(
    (provider) =>
      providers.get(provider) ??
      table.fail("routing", `names "${provider}", which is not in \`providers\``),
  );
  if (new Set(routing).size !== routing.length) table.fail("routing", "names a provider twice");
  const unused = [...providers.keys()].find((provider) => !routing.includes(provider));
  if (unused !== undefined) table.fail("routing", `does not name the provider "${unused}"`);
  return { name, providers: ordered, timeouts };
}

function readProvider(
  table: Table,
  name: string,
  env: NodeJS.ProcessEnv,
  readLimits: (table: Table) => Timeouts,
): ProviderConfig {
  const type = table.requiredString("type");
  if (type !== "openai") {
    table.fail(
      "type",
      `is "${type}"; the embedded gateway lacks every provider but "openai", which serves all APIs of that form`,
    );
  }
  const apiType = table.oneOf("api_type", ["chat_completions", "responses"]);
  if (apiType === "responses")
    table.fail("api_type", 'is "responses", which the embedded gateway lacks');
  const location = table.raw("api_key_location");
  const apiKey =
    location === undefined
      ? { kind: "env" as const, name: "OPENAI_API_KEY" }
      : readKeyLocation(table, location);
  // As TensorZero does: a model that is written out must have its key at start-up; a shorthand's is looked up when used.
  if (apiKey.kind === "env" && env[apiKey.name] === undefined) {
    throw new ConfigError(
      `\`${table.path}\`: API key missing for provider ${name}: Environment variable \`${apiKey.name}\` is missing. ` +
        'Set it, give `api_key_location = "none"` for a server without keys, or remove the model: npm run model.',
    );
  }
  table.lacks(
    "batch_cost",
    "discard_unknown_chunks",
    "include_encrypted_reasoning",
    "provider_tools",
    "content_type_overrides",
  );
  const provider: ProviderConfig = {
    name,
    modelName: table.requiredString("model_name"),
    apiBase: readBase(table),
    apiKey,
    timeouts: readLimits(table),
    extraBody: readExtraBody(table),
    extraHeaders: readExtraHeaders(table),
    cost: readCost(table),
  };
  table.end();
  return provider;
}

function readBase(table: Table): string {
  const base = table.string("api_base") ?? OPENAI_BASE;
  let url: URL;
  try {
    url = parseHttpUrl(base);
  } catch (cause) {
    return table.fail("api_base", messageOf(cause));
  }
  if (url.username !== "" || url.password !== "")
    table.fail("api_base", "has a user or a password in it, which the embedded gateway lacks");
  return base.endsWith("/") ? base : `${base}/`;
}

function readKeyLocation(table: Table, location: unknown): ApiKeyLocation {
  if (typeof location === "string") {
    if (location === "none") return { kind: "none" };
    const [kind, ...rest] = location.split("::");
    const value = rest.join("::");
    if (kind === "env" && value !== "") return { kind, name: value };
    if (kind === "dynamic" && value !== "") return { kind, name: value };
    if (kind === "path" && value !== "") return { kind, path: value };
  } else if (
    typeof location === "object" &&
    location !== null &&
    "default" in location &&
    "fallback" in location
  ) {
    return {
      kind: "fallback",
      first: readKeyLocation(table, location.default),
      second: readKeyLocation(table, location.fallback),
    };
  }
  return table.fail(
    "api_key_location",
    `is ${JSON.stringify(location)}; it must be "env::NAME", "dynamic::name", "path::file", "none" or { default, fallback }`,
  );
}

/** `cost = [{ pointer = "/usage/prompt_tokens", cost_per_million = 0.15 }]` */
function readCost(table: Table): CostEntry[] | undefined {
  const entries = table.raw("cost");
  if (entries === undefined) return undefined;
  if (!Array.isArray(entries)) return table.fail("cost", "must be an array of tables");
  return entries.map((entry: unknown) => {
    const given: Record<string, unknown> =
      typeof entry === "object" && entry !== null ? { ...entry } : {};
    const {
      pointer,
      cost_per_million: perMillion,
      cost_per_unit: perUnit,
      required = false,
      ...rest
    } = given;
    for (const key of ["pointer_nonstreaming", "pointer_streaming"]) {
      if (key in rest)
        table.fail("cost", `has \`${key}\`, which the embedded gateway lacks; give \`pointer\``);
    }
    const rates = [perMillion, perUnit].filter((rate) => typeof rate === "number");
    if (
      typeof pointer !== "string" ||
      rates.length !== 1 ||
      typeof required !== "boolean" ||
      Object.keys(rest).length > 0
    ) {
      return table.fail(
        "cost",
        `has the entry ${JSON.stringify(entry)}; it must be { pointer, cost_per_million or cost_per_unit, required }`,
      );
    }
    return {
      pointer,
      perUnit: typeof perMillion === "number" ? perMillion / 1e6 : Number(perUnit),
      required,
    };
  });
}

/**
 * The model that a shorthand stands for, e.g. `openai::gpt-4o-mini-2024-07-18`; undefined if the name is not a
 * shorthand.
 *
 * @throws GatewayError 501 `openai::responses::…`
 */
export function shorthandModel(name: string): ModelConfig | undefined {
  const match = /^openai::(.+)$/.exec(name);
  const modelName = match?.[1];
  if (modelName === undefined) return undefined;
  if (modelName.startsWith("responses::"))
    throw unsupported(`OpenAI's Responses API, for which the model \`${name}\` asks`);
  const provider: ProviderConfig = {
    name: "openai",
    modelName,
    apiBase: OPENAI_BASE,
    apiKey: { kind: "env", name: "OPENAI_API_KEY" },
    timeouts: NO_TIMEOUTS,
    extraBody: [],
    extraHeaders: [],
    cost: undefined,
  };
  return { name, providers: [provider], timeouts: NO_TIMEOUTS };
}
