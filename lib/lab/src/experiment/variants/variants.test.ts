import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "embedded-gateway";
import { SHIPPED_CONFIG } from "embedded-gateway/testing/shipped-config";
import { BalrogLikeDialogue } from "../../agents/balrog-like/dialogue";
import { forms } from "../../agents/balrog-like/forms";
import { actArguments } from "../../agents/prompt";
import { readVariants, type VariantInfo } from "./variants";

test("the project's variants: the seed's four on gpt-4o-mini and in_context, five on local models", () => {
  const variants = readVariants(SHIPPED_CONFIG);
  const names = (wanted: (info: VariantInfo) => boolean) =>
    [...variants].filter(([, info]) => info.form === null && wanted(info)).map(([name]) => name);
  const seeds = ["baseline", "history", "in_context", "reasoning", "history_and_reasoning"];
  expect(names(({ model }) => model === "openai::gpt-4o-mini-2024-07-18")).toEqual(seeds);
  expect(names(({ model }) => model === "openai::gpt-6-luna")).toEqual([
    "gpt-6-luna_baseline",
    "gpt-6-luna_history",
    "gpt-6-luna-low_baseline",
    "gpt-6-luna-low_history",
    "gpt-6-luna_vision",
    "gpt-6-luna_vision_history",
    "gpt-6-luna_in_context",
    "gpt-6-luna_reasoning",
    "gpt-6-luna_history_and_reasoning",
  ]);
  expect(names(({ local }) => local)).toEqual([
    "random",
    "rule_based",
    "rule_based_history",
    "student",
    "nearest_example",
  ]);
  const chats = [...variants].filter(([, { form }]) => form !== null);
  expect(chats.map(([name]) => name)).toEqual(
    ["", "gpt-6-luna_", "rule_based_"].flatMap((model) =>
      forms.map((form) => `${model}balrog_like_${form}`),
    ),
  );
  for (const [, { form, prompt, limits }] of chats) {
    expect(limits.reason).toBe("is shown its own answers, however long they are");
    const dialogue = new BalrogLikeDialogue(form!, { observations: ["o", "p"], actions: ["drop"] });
    const turn = { mission: "open the box", observation: { text: "a grey box" } };
    prompt(dialogue.ask(turn));
    dialogue.read("no <|ACTION|>toggle it<|END|>", false);
    const messages = prompt(dialogue.ask(turn));
    const text = messages.map(({ role, content }) => `${role}: ${content}`).join("\n");
    expect(text).toMatch(
      /^user: [\s\S]*Your mission: open the box\.\n[\s\S]*user: Observation:\na grey box\n/,
    );
    expect(text).toMatch(
      /user: Current observation:\nYour last answer was none of [\s\S]*"go forward" was [\s\S]*\n\nObservation:\na grey box\n\n(Answer|Begin) with /,
    );
    expect(text.includes("Your plan before:\nno <")).toBe(form === "cot");
    expect(
      text.includes(
        "=== Example 1 begins ===\nuser: Observation:\no\nassistant: drop\nuser: Observation:\np\nuser: === Example 1 ends ===\nuser: === Now you play ===\n",
      ),
    ).toBe(form === "few_shot");
  }
  const composed = [...variants].filter(([, { model }]) => model === null).map(([name]) => name);
  expect(composed).toEqual(
    ["", "gpt-6-luna_"].flatMap((model) => [`${model}best_of_n`, `${model}mixture_of_n`]),
  );
  for (const { form, model, embeddingModel, prompt } of variants.values()) {
    if (form !== null || model === null || embeddingModel !== null) continue;
    const [system, user, ...more] = prompt(actArguments("open the box", "a grey box", [], 8));
    expect(system).toMatchObject({
      role: "system",
      content: expect.stringContaining("Your mission: open the box."),
    });
    expect(user).toMatchObject({ role: "user", content: expect.stringContaining("a grey box") });
    expect(more).toEqual([]);
  }
});

test("a template that is not there is refused with the key that names it", () => {
  const directory = mkdtempSync(join(tmpdir(), "variants-"));
  const path = join(directory, "tensorzero.toml");
  writeFileSync(
    path,
    `[functions.act.variants.mine]
     type = "chat_completion"
     model = "openai::gpt-4o"
     user_template = "basline.minijinja"`,
  );
  expect(() => readVariants([path])).toThrow(
    `\`functions.act.variants.mine.user_template\`: cannot read ${join(directory, "basline.minijinja")} (ENOENT`,
  );
});

test("reads both styles of templates, and variants without a model", () => {
  const directory = mkdtempSync(join(tmpdir(), "variants-"));
  writeFileSync(join(directory, "user.minijinja"), "{{ observation }}");
  writeFileSync(join(directory, "output.json"), "{}");
  writeFileSync(join(directory, "notes.json"), "{}");
  const path = join(directory, "tensorzero.toml");
  writeFileSync(
    path,
    `[functions.act]
     output_schema = "output.json"
     schemas.notes.path = "notes.json"
     [functions.act.variants.new]
     type = "chat_completion"
     model = "openai::gpt-4o"
     temperature = 0
     retries = { num_retries = 3, max_delay_s = 10 }
     templates.user.path = "user.minijinja"
     [functions.act.variants.best]
     type = "experimental_best_of_n_sampling"
     candidates = ["new"]`,
  );
  expect([...readVariants([path])]).toMatchObject([
    ["new", { model: "openai::gpt-4o", local: false, limits: { maxTokens: null, tries: 4 } }],
    ["best", { model: null, local: false, limits: { maxTokens: null } }],
  ]);
  const prompts = [...readVariants([path]).values()].map(({ prompt }) =>
    prompt(actArguments("m", "o", [], 0)),
  );
  expect(prompts).toEqual([[{ role: "user", content: "o" }], []]);
  const definition = () => readVariants([path]).get("new")?.definition;
  expect(definition()).toEqual({
    model: '"openai::gpt-4o"',
    output_schema: "sha256:44136fa355b3678a",
    "schemas.notes": "sha256:44136fa355b3678a",
    temperature: "0",
    "templates.user": "sha256:cc7917d4422c2472",
    type: '"chat_completion"',
  });
  writeFileSync(join(directory, "user.minijinja"), "{{ observation }}!");
  expect(definition()?.["templates.user"]).not.toBe("sha256:cc7917d4422c2472");
  writeFileSync(join(directory, "output.json"), "true");
  expect(definition()?.output_schema).not.toBe("sha256:44136fa355b3678a");
});

test.each([
  [
    "local",
    "http://localhost:11434/v1/",
    /but the name of this provider tells charts that no LLM answers/,
  ],
  ["ours", "http://localhost:3030/v1/", /functions answer in place of an LLM\..* call it local/],
])("a provider called %s at %s is refused", (name, address, message) => {
  const toml = `[models.m.providers.${name}]\ntype = "openai"\napi_base = "${address}"`;
  const read = () => readVariants([{ path: "tensorzero.toml", text: toml }]);
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(message);
  expect(read).toThrow(`\`models.m.providers.${name}.api_base\``);
});
