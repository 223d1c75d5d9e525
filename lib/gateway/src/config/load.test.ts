import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseConfig, TEST_CONFIG } from "../testing/config";
import { SHIPPED_CONFIG } from "../testing/shipped-config";
import { loadConfig } from "../variants/types";
import { ConfigError } from "./table";

const folder = mkdtempSync(join(tmpdir(), "config-test-"));
for (const [name, text] of Object.entries(TEST_CONFIG)) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text.replaceAll("PROVIDER", "http://127.0.0.1:1/v1"));
}
afterAll(() => rmSync(folder, { recursive: true }));

const FUNCTION = '[functions.f]\ntype = "json"\n';
const VARIANT = `${FUNCTION}[functions.f.variants.v]\ntype = "chat_completion"\nmodel = "m"\n`;
const MODEL =
  '[models.m]\nrouting = ["p"]\n[models.m.providers.p]\ntype = "openai"\nmodel_name = "x"\napi_key_location = "none"\n';
const parse = (text: string) => parseConfig(text, folder, {});

test("the project's own configuration loads without a key", async () => {
  const config = await loadConfig(SHIPPED_CONFIG, {});
  expect([...config.functions.keys()]).toEqual(["act", "act_with_reasoning", "act_in_chat"]);
  expect(config.functions.get("act")?.variants.get("baseline")).toMatchObject({
    model: "openai::gpt-4o-mini-2024-07-18",
    jsonMode: "on",
    retries: { numRetries: 3, maxDelayS: 10 },
  });
});

test("both template styles, both schema styles, keys below the common folder, an address with its slash", async () => {
  const config = await loadConfig(join(folder, "tensorzero.toml"), { TEST_KEY: "k" });
  expect(config.functions.get("act")?.variants.get("first")).toMatchObject({
    templates: new Map(
      [
        ["system", { key: "act/system.minijinja", legacy: true }],
        ["user", { key: "act/user.minijinja", legacy: true }],
      ].map(([name, template]) => [name, expect.objectContaining(template as object)]),
    ),
  });
  expect(config.functions.get("talk")?.variants.get("templated")).toMatchObject({
    templates: new Map([
      ["greeting", { key: "talk/greeting.minijinja", legacy: false, schema: undefined }],
    ]),
  });
  expect(config.models.get("local")?.providers[0]?.apiBase).toBe("http://127.0.0.1:1/v1/");
  const named = await parse(
    `[functions.f]\ntype = "json"\nschemas.ask.path = "talk/look.json"\n[functions.f.variants.v]\ntype = "chat_completion"\nmodel = "m"\ntemplates.ask.path = "talk/greeting.minijinja"\n${MODEL}`,
  );
  expect([...(named.functions.get("f")?.schemas.keys() ?? [])]).toEqual(["ask"]);
});

test("templates include files where that is allowed, and only below the folder", async () => {
  writeFileSync(join(folder, "talk/outer.minijinja"), "{% include 'talk/inner.minijinja' %}!");
  writeFileSync(join(folder, "talk/inner.minijinja"), "Hello {{ system_text }}");
  const text = `${VARIANT.replace('"json"', '"chat"')}system_template = "talk/outer.minijinja"\n${MODEL}`;
  const access = "[gateway.template_filesystem_access]\nenabled = true\n";
  await expect(
    parse(text).then(({ templates }) => templates.render("outer.minijinja", {})),
  ).rejects.toThrow("template not found");
  const config = await parse(`${text}${access}`);
  expect(config.templates.render("outer.minijinja", { system_text: "Ada" })).toBe("Hello Ada!");
  const other = await parse(`${text}[gateway]\ntemplate_filesystem_access.base_path = "."\n`);
  expect(other.templates.render("outer.minijinja", { system_text: "Bob" })).toBe("Hello Bob!");
  writeFileSync(join(folder, "talk/outer.minijinja"), "{% include '../../secret' %}");
  await expect(parse(`${text}${access}`)).rejects.toThrow(
    'includes "../../secret", which is outside of',
  );
});

test("the hash is a decimal number that changes with any file", async () => {
  const a = await parse(MODEL);
  expect(a.hash).toMatch(/^\d{70,78}$/);
  expect((await parse(MODEL)).hash).toBe(a.hash);
  expect((await parse(`${MODEL}# more`)).hash).not.toBe(a.hash);
});

test.each([
  ["no TOML", "a = ", "The configuration is no valid TOML"],
  ["an unknown top-level key", "color = 1", "`color`: unknown key. The top level may have"],
  [
    "an unknown key of a variant",
    `${VARIANT}color = 1\n${MODEL}`,
    "`functions.f.variants.v.color`: unknown key. `functions.f.variants.v` may have",
  ],
  [
    "a lacking section",
    "[rate_limiting]\n",
    "`rate_limiting`: the embedded gateway lacks this key",
  ],
  [
    "a lacking key",
    `[gateway]\nrelay = {}\n`,
    "`gateway.relay`: the embedded gateway lacks this key",
  ],
  [
    "namespaces",
    `${VARIANT}namespace = "n"\n${MODEL}`,
    "`functions.f.variants.v.namespace`: the embedded gateway lacks this key",
  ],
  [
    "another provider",
    MODEL.replace('"openai"', '"anthropic"'),
    '`models.m.providers.p.type` is "anthropic"; the embedded gateway lacks every provider but "openai"',
  ],
  [
    "a password in an address",
    MODEL.replace('"x"\n', '"x"\napi_base = "http://me:secret@localhost/v1"\n'),
    "`models.m.providers.p.api_base` has a user or a password in it, which the embedded gateway lacks",
  ],
  [
    "OpenAI's Responses API by a shorthand",
    VARIANT.replace('"m"', '"openai::responses::gpt-5"'),
    "`functions.f.variants.v.model`: The embedded gateway lacks OpenAI's Responses API",
  ],
  [
    "a wrong type",
    `${VARIANT}temperature = "hot"\n${MODEL}`,
    '`functions.f.variants.v.temperature` is "hot"; it must be a number',
  ],
  [
    "an unknown value",
    `${VARIANT}json_mode = "maybe"\n${MODEL}`,
    '`functions.f.variants.v.json_mode` is "maybe"; it must be one of "off", "on", "strict", "implicit_tool", "tool"',
  ],
  [
    "a model that is not there",
    VARIANT,
    '`functions.f.variants.v.model` is "m", which is neither in the configuration',
  ],
  [
    "a file that is not there",
    `${FUNCTION}output_schema = "nope.json"\n`,
    "`functions.f.output_schema`: cannot read",
  ],
  [
    "a file that is no schema",
    `${FUNCTION}output_schema = "act/user.minijinja"\n`,
    "is no JSON Schema",
  ],
  [
    "a template that cannot be compiled",
    `${VARIANT}system_template = "bad.minijinja"\n${MODEL}`,
    "cannot be compiled: syntax error",
  ],
  [
    "a schema without its template",
    `${VARIANT.replace('"json"\n', '"json"\nuser_schema = "act/user_schema.json"\n')}${MODEL}`,
    'has no template "user", for which the function has a schema. Give it user_template.',
  ],
  [
    "one schema twice",
    `${FUNCTION}user_schema = "act/user_schema.json"\nschemas.user.path = "act/user_schema.json"\n`,
    "clashes with `user_schema`",
  ],
  [
    "a key that is not set",
    MODEL.replace('"none"', '"env::NOPE"'),
    "Environment variable `NOPE` is missing",
  ],
  [
    "experimentation",
    `${VARIANT}[functions.f.experimentation]\ntype = "adaptive"\n${MODEL}`,
    "`functions.f.experimentation`: the embedded gateway lacks this key",
  ],
  [
    "chain of thought",
    `${FUNCTION}[functions.f.variants.v]\ntype = "experimental_chain_of_thought"\nmodel = "m"\n${MODEL}`,
    'is "experimental_chain_of_thought", which the embedded gateway lacks',
  ],
  [
    "an unknown candidate",
    `${FUNCTION}[functions.f.variants.v]\ntype = "experimental_mixture_of_n"\ncandidates = ["x"]\nfuser = { model = "m" }\n${MODEL}`,
    'names "x", which is no variant',
  ],
  [
    "a reserved metric",
    '[metrics.comment]\ntype = "float"\noptimize = "max"\nlevel = "episode"\n',
    'the metric name "comment" is reserved',
  ],
  [
    "a tool that is not there",
    `${VARIANT.replace('"json"\n', '"chat"\ntools = ["t"]\n')}${MODEL}`,
    "tool `t` is not present in the config",
  ],
  [
    "both ways of writing at once",
    "[gateway.observability]\nasync_writes = true\nbatch_writes = { enabled = true }\n",
    "cannot both be on",
  ],
  [
    "batches while asynchronous writes are on by default",
    "[gateway.observability.batch_writes]\nenabled = true\n",
    "set it to false",
  ],
])("refuses %s and says where", async (_, text, message) => {
  writeFileSync(join(folder, "bad.minijinja"), "{% if %}");
  await expect(parse(text)).rejects.toThrow(ConfigError);
  await expect(parse(text)).rejects.toThrow(message);
});
