import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Form, forms } from "../../agents/balrog-like/forms";

/** What `impatient` waits for an answer. */
export const IMPATIENT_MS = 123;

const variant = `
type = "chat_completion"
model = "m"
system_template = "functions/act/baseline/system.minijinja"
user_template = "functions/act/baseline/user.minijinja"
json_mode = "on"
`;
const CHAT = "functions/act_in_chat";
const shared = ["instruction", "observation", "plan", "demonstration", "your_turn"];
const chatVariant = (form: Form) =>
  [
    `[functions.act_in_chat.variants.${form}]`,
    'type = "chat_completion"',
    'model = "m"',
    ...[...shared, form].map((name) => `templates.${name}.path = "${CHAT}/${name}.minijinja"`),
  ].join("\n");
const toml = `
[functions.act]
type = "json"
system_schema = "functions/act/system_schema.json"
user_schema = "functions/act/user_schema.json"
output_schema = "functions/act/output_schema.json"
[functions.act.variants.retried]${variant}
retries = { num_retries = 1, max_delay_s = 0.001 }
[functions.act.variants.impatient]${variant}
timeouts = { non_streaming.total_ms = ${IMPATIENT_MS} }
[functions.act_in_chat]
type = "chat"
${forms.map((form) => chatVariant(form)).join("\n")}
[models.m]
routing = ["p"]
[models.m.providers.p]
type = "openai"
model_name = "m"
api_base = "PROVIDER"
api_key_location = "env::OPENAI_API_KEY"
${["success"].map((name) => `[metrics.${name}]\ntype = "boolean"\noptimize = "max"\nlevel = "episode"`).join("\n")}
${["episode_return", "progression", "episode_length", "invalid_actions"]
  .map((name) => `[metrics.${name}]\ntype = "float"\noptimize = "max"\nlevel = "episode"`)
  .join("\n")}
`;

const config = join(__dirname, "..", "..", "..", "..", "..", "config");
const files = [
  "system_schema.json",
  "user_schema.json",
  "output_schema.json",
  "baseline/system.minijinja",
  "baseline/user.minijinja",
]
  .map((file) => `functions/act/${file}`)
  .concat([...shared, ...forms].map((name) => `${CHAT}/${name}.minijinja`));

/**
 * The files of a gateway's config for tests: the project's functions `act` and `act_in_chat`, on a provider whose address is PROVIDER. The
 * variant `retried` is tried twice; `impatient` has a time limit. Those of
 * `act_in_chat` have the names of their forms.
 */
export function actConfig(): Record<string, string> {
  const text = files.map((file) => [file, readFileSync(join(config, file), "utf8")]);
  return { "tensorzero.toml": toml, ...Object.fromEntries(text) };
}
