import { join } from "node:path";
import { readConfig } from "../config/load";
import { variantTypes } from "../variants/types";

/** As `loadConfig`, for the text of a toml file in `folder`. */
export const parseConfig = (text: string, folder: string, env: NodeJS.ProcessEnv) =>
  readConfig([{ path: join(folder, "tensorzero.toml"), text }], env, variantTypes);

/** A configuration with one of everything. `PROVIDER` stands for the provider's address. */
export const TEST_CONFIG: Record<string, string> = {
  "tensorzero.toml": `
[functions.act]
type = "json"
system_schema = "act/system_schema.json"
user_schema = "act/user_schema.json"
output_schema = "act/output_schema.json"

[functions.act.variants.first]
type = "chat_completion"
model = "local"
system_template = "act/system.minijinja"
user_template = "act/user.minijinja"
json_mode = "on"
temperature = 0.7
max_tokens = 64

[functions.act.variants.second]
type = "chat_completion"
model = "local"
system_template = "act/system.minijinja"
user_template = "act/broken/user.minijinja"

[functions.act.variants.keyless]
type = "chat_completion"
model = "openai::gpt-4o-mini"
system_template = "act/system.minijinja"
user_template = "act/user.minijinja"

[functions.retried]
type = "json"
[functions.retried.variants.only]
type = "chat_completion"
model = "local"
json_mode = "off"
retries = { num_retries = 1, max_delay_s = 0.01 }

[functions.talk]
type = "chat"
tools = ["look"]
[functions.talk.variants.plain]
type = "chat_completion"
model = "local"
[functions.talk.variants.templated]
type = "chat_completion"
model = "local"
weight = 1
templates.greeting.path = "talk/greeting.minijinja"
[functions.talk.variants.slow]
type = "chat_completion"
model = "local"
timeouts = { non_streaming.total_ms = 60, streaming.ttft_ms = 60 }

[functions.answer]
type = "json"
output_schema = "act/output_schema.json"
[functions.answer.variants.a]
type = "chat_completion"
model = "local"
json_mode = "off"
[functions.answer.variants.b]
type = "chat_completion"
model = "other"
json_mode = "off"
extra_body = [{ pointer = "/by", value = "variant" }, { pointer = "/variant", value = true }]
extra_headers = [{ name = "X-By", value = "variant" }]
[functions.answer.variants.best]
type = "experimental_best_of_n_sampling"
weight = 0
candidates = ["a", "b"]
evaluator = { model = "judge", json_mode = "on", retries = { num_retries = 0 } }
[functions.answer.variants.mixture]
type = "experimental_mixture_of_n"
weight = 0
candidates = ["a", "b"]
fuser = { model = "judge", json_mode = "off" }
[functions.answer.variants.shown]
type = "experimental_dynamic_in_context_learning"
weight = 0
model = "local"
embedding_model = "embedder"
k = 2
max_distance = 0.5
json_mode = "off"

[functions.drawn]
type = "chat"
[functions.drawn.variants.x]
type = "chat_completion"
weight = 1
model = "local"
[functions.drawn.variants.y]
type = "chat_completion"
weight = 3
model = "other"
[functions.drawn.variants.z]
type = "chat_completion"
model = "judge"

[functions.impatient]
type = "chat"
[functions.impatient.variants.model_limit]
type = "chat_completion"
model = "slow_model"
[functions.impatient.variants.provider_limit]
type = "chat_completion"
model = "slow_provider"
[functions.impatient.variants.cut_off]
type = "chat_completion"
model = "unreachable"

[models.local]
routing = ["main"]
[models.local.providers.main]
type = "openai"
model_name = "local-model"
api_base = "PROVIDER"
api_key_location = "env::TEST_KEY"
[models.other]
routing = ["down", "up"]
[models.other.providers.down]
type = "openai"
model_name = "down-model"
api_base = "PROVIDER"
api_key_location = "none"
[models.other.providers.up]
type = "openai"
model_name = "up-model"
api_base = "PROVIDER"
api_key_location = "none"
extra_body = [{ pointer = "/by", value = "provider" }]
extra_headers = [{ name = "X-By", value = "provider" }]
cost = [{ pointer = "/usage/prompt_tokens", cost_per_million = 2.0 }, { pointer = "/usage/completion_tokens", cost_per_million = 8.0 }]
[models.judge]
routing = ["main"]
[models.judge.providers.main]
type = "openai"
model_name = "judge-model"
api_base = "PROVIDER"
api_key_location = "none"
[models.unreachable]
routing = ["main"]
[models.unreachable.providers.main]
type = "openai"
model_name = "m"
api_base = "http://127.0.0.1:9/v1/"
api_key_location = "none"
[models.dynamic]
routing = ["main"]
[models.dynamic.providers.main]
type = "openai"
model_name = "m"
api_base = "PROVIDER"
api_key_location = "dynamic::their_key"
[models.slow_model]
routing = ["main"]
timeouts = { non_streaming.total_ms = 60 }
[models.slow_model.providers.main]
type = "openai"
model_name = "m"
api_base = "PROVIDER"
api_key_location = "none"
[models.slow_provider]
routing = ["main"]
[models.slow_provider.providers.main]
type = "openai"
model_name = "m"
api_base = "PROVIDER"
api_key_location = "none"
timeouts = { non_streaming.total_ms = 60 }
[embedding_models.embedder]
routing = ["main"]
[embedding_models.embedder.providers.main]
type = "openai"
model_name = "embedding-model"
api_base = "PROVIDER"
api_key_location = "none"
extra_body = [{ pointer = "/dimensions", value = 2 }]

[tools.look]
description = "Looks in a direction."
parameters = "talk/look.json"

[metrics.won]
type = "boolean"
optimize = "max"
level = "episode"
[metrics.score]
type = "float"
optimize = "max"
level = "inference"
`,
  "act/system_schema.json": JSON.stringify({
    type: "object",
    properties: { mission: { type: "string" } },
    required: ["mission"],
    additionalProperties: false,
  }),
  "act/user_schema.json": JSON.stringify({
    type: "object",
    properties: { observation: { type: "string" } },
    required: ["observation"],
  }),
  "act/output_schema.json": JSON.stringify({
    type: "object",
    properties: { action: { type: "string" } },
    required: ["action"],
  }),
  "act/system.minijinja": "Mission: {{ mission }}\n",
  "act/user.minijinja": "You see {{ observation }}.",
  "act/broken/user.minijinja": "You see {{ nothing_of_the_kind }}.",
  "talk/greeting.minijinja": "Hello {{ name }}!",
  "talk/look.json": JSON.stringify({
    type: "object",
    properties: { where: { type: "string" } },
    required: ["where"],
  }),
};

export const ACT_INPUT = {
  system: { mission: "go to the red ball" },
  messages: [
    {
      role: "user",
      content: [{ type: "template", name: "user", arguments: { observation: "a wall" } }],
    },
  ],
};

/** A call of the JSON function `act` with that input. */
export const ACT = { function_name: "act", variant_name: "first", input: ACT_INPUT };
