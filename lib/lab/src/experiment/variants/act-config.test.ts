import { ConfigError, parseConfigFile } from "embedded-gateway";
import { providersOf, readActConfig } from "./act-config";

const read = (...texts: string[]) =>
  readActConfig(texts.map((text, i) => parseConfigFile({ path: `/c/${i}.toml`, text })));

const VARIANT = '[functions.act.variants.v]\ntype = "chat_completion"\nmodel = "m"\n';
const PROVIDER = '[models.m.providers.p]\ntype = "openai"\n';

test.each([
  [VARIANT.replace('"m"', "5"), "`functions.act.variants.v.model` is 5; it must be a string."],
  [`${VARIANT}max_tokens = "many"`, '`functions.act.variants.v.max_tokens` is "many"; it must be'],
  [`${VARIANT}retries = 3`, "`functions.act.variants.v.retries` is 3; it must be a table."],
  [`${VARIANT}user_template = 4`, "`functions.act.variants.v.user_template` is 4; it must be a"],
  [`${VARIANT}templates.user = "x"`, '`functions.act.variants.v.templates.user` is "x"; it must'],
  ["[functions.act.variants]\nv = 3", "`functions.act.variants.v` is 3; it must be a table."],
  ["[functions.act]\noutput_schema = true", "`functions.act.output_schema` is true; it must be a"],
  [
    '[functions.act]\ntype = "chat"',
    '`functions.act.type` is "chat"; the function act is of the type "json"',
  ],
  [
    '[functions.act_in_chat]\ntype = "json"',
    '`functions.act_in_chat.type` is "json"; the function act_in_',
  ],
  ["functions = 3", "`functions` is 3; it must be a table."],
  ["[models]\nm = 3", "`models.m` is 3; it must be a table."],
  [`${PROVIDER}api_base = 5`, "`models.m.providers.p.api_base` is 5; it must be a string."],
  [`${PROVIDER}model_name = []`, "`models.m.providers.p.model_name` is []; it must be a string."],
  ["[models.m.providers.p]", "`models.m.providers.p.type` is missing."],
])("%p is refused with file, key and value", (text, problem) => {
  expect(() => read("[metrics]", text)).toThrow(ConfigError);
  expect(() => read("[metrics]", text)).toThrow(`/c/1.toml: ${problem}`);
});

test("where a model is served: as written out, by its type, or by its shorthand", () => {
  const table = { type: "env", location: "env::A" };
  const config = read(
    `${PROVIDER}model_name = "x"\napi_base = "http://localhost:1/v1/"\napi_key_location = "none"`,
    `[models.other.providers.p]\ntype = "anthropic"\napi_key_location = { type = "env", location = "env::A" }`,
  );
  expect(providersOf("m", config)).toMatchObject([
    { modelName: "x", apiBase: "http://localhost:1/v1/", keyLocation: "none" },
  ]);
  expect(providersOf("other", config)).toMatchObject([
    { modelName: undefined, apiBase: "anthropic", keyLocation: JSON.stringify(table) },
  ]);
  expect(providersOf("openai::gpt-4o", config)).toEqual([
    {
      ...{ modelName: "gpt-4o", apiBase: "https://api.openai.com/v1/", isLocal: false },
      keyLocation: "env::OPENAI_API_KEY",
    },
  ]);
  expect(providersOf("nowhere", config)).toEqual([]);
});
