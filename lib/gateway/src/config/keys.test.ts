import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseConfig, TEST_CONFIG } from "../testing/config";
import { JsonSchema } from "./schema";
import { ConfigError } from "./table";

const folder = mkdtempSync(join(tmpdir(), "config-keys-"));
for (const [name, text] of Object.entries(TEST_CONFIG)) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}
afterAll(() => rmSync(folder, { recursive: true }));

/** Every key that TensorZero 2026.4.1 has in one table, by what becomes of it here; each with a value. */
interface Section {
  /** The whole configuration, with a line put into the table. */
  at: (line: string) => string;
  honored?: Record<string, string>;
  /** Taken, and of no effect: they are about what is not there, or is decided elsewhere. */
  idle?: Record<string, string>;
  lacking?: Record<string, string>;
}

const MODEL =
  '[models.m]\nrouting = ["p"]\n[models.m.providers.p]\ntype = "openai"\nmodel_name = "x"\napi_key_location = "none"\n';
const EMBEDDER = MODEL.replaceAll("[models", "[embedding_models");
const TOOL = '[tools.t]\ndescription = "T"\nparameters = "talk/look.json"\n';
const variant = (name: string, lines: string) => `[functions.f.variants.${name}]\n${lines}\n`;
const CHAT = 'type = "chat_completion"\nmodel = "m"';
const fn = (type: string, line: string) =>
  `[functions.f]\ntype = "${type}"\n${line}\n${variant("v", CHAT)}${variant("w", CHAT)}${MODEL}${TOOL}`;
const inVariant = (lines: string) => (line: string) =>
  `[functions.f]\ntype = "json"\n${variant("v", CHAT)}${variant("w", `${lines}\n${line}`)}${MODEL}${EMBEDDER}`;

const TIMEOUTS = "{ non_streaming.total_ms = 5, streaming.ttft_ms = 6, streaming.total_ms = 7 }";
const PARAMETERS = {
  temperature: "0.5",
  top_p: "0.5",
  max_tokens: "5",
  presence_penalty: "0.5",
  frequency_penalty: "0.5",
  seed: "5",
  stop_sequences: '["x"]',
  reasoning_effort: '"low"',
  thinking_budget_tokens: "5",
  verbosity: '"low"',
  json_mode: '"off"',
  retries: "{ num_retries = 2, max_delay_s = 1 }",
  extra_body: '[{ pointer = "/x", value = 1 }]',
  extra_headers: '[{ name = "x", value = "y" }]',
};
const CHAT_KEYS = {
  ...PARAMETERS,
  service_tier: '"flex"',
  system_template: '"act/system.minijinja"',
  user_template: '"act/user.minijinja"',
  assistant_template: '"act/user.minijinja"',
  templates: '{ mine.path = "talk/greeting.minijinja" }',
};
const VARIANT_KEYS = { weight: "0.5", timeouts: TIMEOUTS };
const FUNCTION_KEYS = {
  system_schema: '"act/system_schema.json"',
  user_schema: '"act/user_schema.json"',
  assistant_schema: '"act/user_schema.json"',
  schemas: '{ mine.path = "talk/look.json" }',
  description: '"D"',
};
const FUNCTION_LACKS = { evaluators: "{}", experimentation: '{ type = "uniform" }' };
/** With a schema a variant needs the template; one each for the keys above. */
const TEMPLATED = fn("json", "").replaceAll(
  CHAT,
  `${CHAT}\n${["system", "user", "assistant", "mine"]
    .map((name) => `templates.${name}.path = "talk/greeting.minijinja"`)
    .join("\n")}`,
);
const inFunction = (type: string) => (line: string) =>
  TEMPLATED.replace('type = "json"\n', `type = "${type}"\n${line}\n`);

const SECTIONS: Record<string, Section> = {
  "": {
    at: (line) => `${line}\n`,
    honored: {
      gateway: "{ debug = true }",
      models:
        '{ m = { routing = ["p"], providers = { p = { type = "openai", model_name = "x", api_key_location = "none" } } } }',
      embedding_models:
        '{ m = { routing = ["p"], providers = { p = { type = "openai", model_name = "x", api_key_location = "none" } } } }',
      functions: '{ f = { type = "chat", variants = {} } }',
      metrics: '{ m = { type = "float", optimize = "max", level = "episode" } }',
      tools: '{ t = { description = "T", parameters = "talk/look.json" } }',
      object_storage: '{ type = "disabled" }',
    },
    idle: { clickhouse: "{ disable_automatic_migrations = true }" },
    lacking: {
      postgres: "{ enabled = true }",
      rate_limiting: "{ enabled = true }",
      evaluations: "{}",
      provider_types: "{}",
      optimizers: "{}",
      autopilot: "{}",
    },
  },
  gateway: {
    at: (line) => `[gateway]\n${line}\n`,
    honored: {
      base_path: '"/x"',
      fetch_and_encode_input_files_before_inference: "true",
      debug: "true",
      observability: "{ enabled = false }",
      template_filesystem_access: '{ base_path = "." }',
      unstable_disable_feedback_target_validation: "true",
      unstable_error_json: "true",
      global_outbound_http_timeout_ms: "5",
    },
    idle: {
      bind_address: '"0.0.0.0:3000"',
      disable_pseudonymous_usage_analytics: "true",
      cache: "{}",
    },
    lacking: {
      export: "{}",
      auth: "{}",
      relay: "{}",
      metrics: "{}",
    },
  },
  "gateway.observability": {
    at: (line) => `[gateway.observability]\n${line}\n`,
    honored: { enabled: "false", batch_writes: "{ max_rows = 5 }" },
    idle: {
      backend: '"clickhouse"',
      async_writes: "false",
      disable_automatic_migrations: "true",
    },
  },
  "gateway.observability.batch_writes": {
    at: (line) =>
      `[gateway.observability]\nasync_writes = false\n[gateway.observability.batch_writes]\n${line}\n`,
    honored: { flush_interval_ms: "5", max_rows: "5" },
    idle: { enabled: "true" },
    lacking: {
      max_rows_postgres: "5",
      write_queue_capacity: "5",
      __force_allow_embedded_batch_writes: "true",
    },
  },
  "gateway.template_filesystem_access": {
    at: (line) => `[gateway.template_filesystem_access]\n${line}\n`,
    honored: { enabled: "true", base_path: '"."' },
  },
  "gateway.cache": {
    at: (line) => `[gateway.cache]\n${line}\n`,
    lacking: { enabled: "true", backend: '"clickhouse"', valkey: "{ ttl_s = 5 }" },
  },
  clickhouse: {
    at: (line) => `[clickhouse]\n${line}\n`,
    idle: { disable_automatic_migrations: "true" },
  },
  "functions.f (json)": {
    at: inFunction("json"),
    honored: { ...FUNCTION_KEYS, output_schema: '"act/output_schema.json"' },
    lacking: FUNCTION_LACKS,
  },
  "functions.f (chat)": {
    at: inFunction("chat"),
    honored: {
      ...FUNCTION_KEYS,
      tools: '["t"]',
      tool_choice: '"required"',
      parallel_tool_calls: "true",
    },
    lacking: FUNCTION_LACKS,
  },
  "functions.f.variants.w (chat_completion)": {
    at: inVariant(CHAT),
    honored: { ...CHAT_KEYS, ...VARIANT_KEYS },
    lacking: { input_wrappers: "{}", namespace: '"n"' },
  },
  "functions.f.variants.w (experimental_best_of_n_sampling)": {
    at: inVariant(
      'type = "experimental_best_of_n_sampling"\ncandidates = ["v"]\nevaluator = { model = "m" }',
    ),
    honored: VARIANT_KEYS,
    lacking: { timeout_s: "5", namespace: '"n"' },
  },
  "functions.f.variants.w.evaluator": {
    at: (line) =>
      inVariant('type = "experimental_best_of_n_sampling"\ncandidates = ["v"]')(
        `[functions.f.variants.w.evaluator]\nmodel = "m"\n${line}`,
      ),
    honored: { ...CHAT_KEYS, weight: "0.5" },
    lacking: { input_wrappers: "{}" },
  },
  "functions.f.variants.w (experimental_mixture_of_n)": {
    at: inVariant(
      'type = "experimental_mixture_of_n"\ncandidates = ["v"]\nfuser = { model = "m" }',
    ),
    honored: VARIANT_KEYS,
    lacking: { timeout_s: "5", namespace: '"n"' },
  },
  "functions.f.variants.w.fuser": {
    at: (line) =>
      inVariant('type = "experimental_mixture_of_n"\ncandidates = ["v"]')(
        `[functions.f.variants.w.fuser]\nmodel = "m"\n${line}`,
      ),
    honored: { ...CHAT_KEYS, weight: "0.5" },
    lacking: { input_wrappers: "{}" },
  },
  "functions.f.variants.w (experimental_dynamic_in_context_learning)": {
    at: inVariant(
      'type = "experimental_dynamic_in_context_learning"\nmodel = "m"\nembedding_model = "m"\nk = 3',
    ),
    honored: {
      ...PARAMETERS,
      ...VARIANT_KEYS,
      system_instructions: '"act/user.minijinja"',
      max_distance: "0.5",
    },
    lacking: { namespace: '"n"' },
  },
  "functions.f.variants.w.retries": {
    at: inVariant(`${CHAT}\n[functions.f.variants.w.retries]`),
    honored: { num_retries: "2", max_delay_s: "1" },
  },
  "functions.f.variants.w.timeouts": {
    at: inVariant(`${CHAT}\n[functions.f.variants.w.timeouts]`),
    honored: { non_streaming: "{ total_ms = 5 }", streaming: "{ ttft_ms = 5, total_ms = 6 }" },
  },
  "models.m": {
    at: (line) => MODEL.replace('routing = ["p"]', `routing = ["p"]\n${line}`),
    honored: { timeouts: TIMEOUTS },
    lacking: { skip_relay: "true", namespace: '"n"' },
  },
  "models.m.providers.p": {
    at: (line) =>
      `${line.startsWith("api_key") ? MODEL.replace(/api_key.*\n/, "") : MODEL}${line}\n`,
    honored: {
      api_base: '"http://localhost/v1/"',
      api_key_location: '"dynamic::mine"',
      timeouts: TIMEOUTS,
      extra_body: '[{ pointer = "/x", delete = true }]',
      extra_headers: '[{ name = "x", delete = true }]',
      cost: '[{ pointer = "/usage/prompt_tokens", cost_per_million = 1, required = true }]',
    },
    idle: { api_type: '"chat_completions"' },
    lacking: {
      discard_unknown_chunks: "true",
      batch_cost: "[]",
      include_encrypted_reasoning: "true",
      provider_tools: "[]",
      content_type_overrides: "{}",
    },
  },
  "embedding_models.m": {
    at: (line) => EMBEDDER.replace('routing = ["p"]', `routing = ["p"]\n${line}`),
    honored: { timeout_ms: "5" },
  },
  "embedding_models.m.providers.p": {
    at: (line) => `${EMBEDDER}${line}\n`,
    honored: {
      timeout_ms: "5",
      extra_body: '[{ pointer = "/x", value = 1 }]',
      extra_headers: '[{ name = "x", value = "y" }]',
      cost: '[{ pointer = "/usage/prompt_tokens", cost_per_unit = 1 }]',
    },
  },
  "metrics.m": {
    at: (line) => `[metrics.m]\ntype = "float"\noptimize = "max"\nlevel = "episode"\n${line}\n`,
    honored: { description: '"D"' },
  },
  "tools.t": { at: (line) => `${TOOL}${line}\n`, honored: { name: '"u"', strict: "true" } },
};

/** All that was read, but not the hash, which is of the text, and the compiled templates. */
async function read(text: string): Promise<string> {
  const { hash: _, templates: __, ...config } = await parseConfig(text, folder, {});
  return JSON.stringify(config, (_, value) => {
    if (value instanceof Map) return [...value];
    if (value instanceof Set) return [...value];
    return value instanceof JsonSchema ? value.value : value;
  });
}

const rows = (kind: "honored" | "idle" | "lacking") =>
  Object.entries(SECTIONS).flatMap(([section, keys]) =>
    Object.entries(keys[kind] ?? {}).map(([key, value]) => [section, key, value] as const),
  );
const at = (section: string, line: string) => SECTIONS[section]?.at(line) ?? "";
const pathOf = (section: string, key: string) =>
  `${section.replace(/ \(.*/, "")}.${key}`.replace(/^\./, "");

test.each(rows("honored"))("[%s] %s changes what is read", async (section, key, value) => {
  const changed = await read(at(section, `${key} = ${value}`));
  expect(changed).not.toBe(await read(at(section, "")));
});

test.each(rows("idle"))("[%s] %s is taken and changes nothing", async (section, key, value) => {
  expect(await read(at(section, `${key} = ${value}`))).toBe(await read(at(section, "")));
});

test.each(rows("lacking"))("[%s] %s: lacking, and it is said so", async (section, key, value) => {
  const loading = read(at(section, `${key} = ${value}`));
  await expect(loading).rejects.toThrow(ConfigError);
  await expect(loading).rejects.toThrow(
    `\`${pathOf(section, key)}\`: the embedded gateway lacks this key. Remove it, or use the TensorZero Gateway itself.`,
  );
});

test.each(Object.keys(SECTIONS))("[%s]: an unknown key is named", async (section) => {
  await expect(read(at(section, "color = 1"))).rejects.toThrow(
    `\`${pathOf(section, "color")}\`: unknown key.`,
  );
});

test.each([
  [
    '[gateway.observability]\nbackend = "postgres"',
    '`gateway.observability.backend` is "postgres", which the embedded gateway lacks',
  ],
  [
    MODEL.replace('"openai"', '"gcp_vertex_gemini"'),
    '`models.m.providers.p.type` is "gcp_vertex_gemini"; the embedded gateway lacks every provider but "openai"',
  ],
  [
    `${MODEL}api_type = "responses"`,
    '`models.m.providers.p.api_type` is "responses", which the embedded gateway lacks',
  ],
  [
    `${MODEL}cost = [{ pointer_streaming = "/x", cost_per_unit = 1 }]`,
    "`models.m.providers.p.cost` has `pointer_streaming`, which the embedded gateway lacks",
  ],
])("a value that is lacking, %#", async (text, message) => {
  await expect(read(text)).rejects.toThrow(message);
});

const without = (text: string, line: RegExp) => text.replace(line, "");
const METRIC = '[metrics.m]\ntype = "float"\noptimize = "max"\nlevel = "episode"\n';
const BEST = at("functions.f.variants.w (experimental_best_of_n_sampling)", "");
const MIXTURE = at("functions.f.variants.w (experimental_mixture_of_n)", "");
const SHOWN = at("functions.f.variants.w (experimental_dynamic_in_context_learning)", "");

test.each([
  [without(fn("json", ""), /^type = "json"$/m), "functions.f.type"],
  [without(fn("json", ""), /^type = "chat_completion"$/m), "functions.f.variants.v.type"],
  [without(fn("json", ""), /^model = "m"$/m), "functions.f.variants.v.model"],
  [fn("json", "schemas.mine = {}"), "functions.f.schemas.mine.path"],
  [without(BEST, /^candidates = .*$/m), "functions.f.variants.w.candidates"],
  [without(BEST, /^evaluator = .*$/m), "functions.f.variants.w.evaluator"],
  [without(MIXTURE, /^fuser = .*$/m), "functions.f.variants.w.fuser"],
  [without(SHOWN, /^embedding_model = .*$/m), "functions.f.variants.w.embedding_model"],
  [without(SHOWN, /^k = .*$/m), "functions.f.variants.w.k"],
  [without(MODEL, /^routing = .*$/m), "models.m.routing"],
  [without(MODEL, /^type = .*$/m), "models.m.providers.p.type"],
  [without(MODEL, /^model_name = .*$/m), "models.m.providers.p.model_name"],
  [without(METRIC, /^type = .*$/m), "metrics.m.type"],
  [without(METRIC, /^optimize = .*$/m), "metrics.m.optimize"],
  [without(METRIC, /^level = .*$/m), "metrics.m.level"],
  [without(TOOL, /^description = .*$/m), "tools.t.description"],
  [without(TOOL, /^parameters = .*$/m), "tools.t.parameters"],
])("a key that must be there, %#", async (text, path) => {
  await expect(read(text)).rejects.toThrow(`\`${path}\` is missing.`);
});
