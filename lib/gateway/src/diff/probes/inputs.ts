import { ask, askOpenAI, chat, infer, ordering, type Probe } from "./probe";
import { order } from "./provider";

const ORDER = order({});
const CHAT = { function_name: "probe_chat", variant_name: "plain" };
const TEMPLATES = { function_name: "probe_templates", variant_name: "plain" };
const SYSTEM = { mission: "go" };
const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown) => ({ role: "assistant", content });
const text = (value: string) => ({ type: "text", text: value });
const templated = (...messages: object[]) => ({
  ...TEMPLATES,
  input: { system: SYSTEM, messages },
});
const ordered = { type: "template", name: "user", arguments: { order: ORDER } };

/** What an input may look like, by either route. */
const native: Probe[] = [
  ["text", { messages: [user(ORDER)] }],
  ["text block", { messages: [user([text(ORDER)])] }],
  ["several text blocks", { messages: [user([text("one"), text("two"), text(ORDER)])] }],
  ["raw text", { messages: [user([{ type: "raw_text", value: ORDER }])] }],
  ["system text", { system: "Be brief.", messages: [user(ORDER)] }],
  ["empty system", { system: "", messages: [user(ORDER)] }],
  ["system object without template", { system: { a: 1 }, messages: [user(ORDER)] }],
  ["no messages", { messages: [] }],
  ["no messages key", {}],
  ["empty content", { messages: [user([])] }],
  ["empty text", { messages: [user("")] }],
  ["assistant first", { messages: [assistant("I begin."), user(ORDER)] }],
  ["assistant last", { messages: [user(ORDER), assistant("I end.")] }],
  ["two users", { messages: [user("one"), user(ORDER)] }],
  [
    "thought",
    { messages: [assistant([{ type: "thought", text: "Hm." }, text("yes")]), user(ORDER)] },
  ],
  [
    "thought with a signature",
    { messages: [assistant([{ type: "thought", text: "Hm.", signature: "s" }]), user(ORDER)] },
  ],
  ["characters", { system: 'ä 中 😀 \u0000 " \\ \n', messages: [user(ORDER)] }],
  ["half a character", { messages: [user("\ud83d"), user(ORDER)] }],
  [
    "template of no variant",
    { messages: [user([{ type: "template", name: "nope", arguments: {} }])] },
  ],
  ["object content without template", { messages: [user({ a: 1 })] }],
  ["arguments without template", { messages: [user([{ type: "text", arguments: { a: 1 } }])] }],
  ["unknown block", { messages: [user([{ type: "nope" }])] }],
  ["unknown role", { messages: [{ role: "system", content: "x" }] }],
  ["no content", { messages: [{ role: "user" }] }],
  ["number as content", { messages: [user(3)] }],
  ["unknown key of a message", { messages: [{ ...user(ORDER), color: 1 }] }],
  ["unknown key of the input", { messages: [user(ORDER)], color: 1 }],
  ["text and arguments", { messages: [user([{ type: "text", text: "x", arguments: {} }])] }],
  ["system as a number", { system: 3, messages: [user(ORDER)] }],
].map(([name, input]) => infer(`input: ${name}`, { ...CHAT, input }));

const templates: Probe[] = [
  infer("template: object", templated(user({ order: ORDER }))),
  infer("template: arguments", templated(user([{ type: "text", arguments: { order: ORDER } }]))),
  infer("template: block", templated(user([ordered]))),
  infer(
    "template: several",
    templated(
      user([
        {
          type: "template",
          name: "note",
          arguments: { note: "n", list: [1, 1.5, "x", null, true] },
        },
        ordered,
      ]),
    ),
  ),
  infer("template: assistant", templated(assistant({ said: 1 }), user([ordered]))),
  infer(
    "template: raw text passes the schema",
    templated(user([{ type: "raw_text", value: ORDER }])),
  ),
  infer("template: text does not", templated(user("x"))),
  infer(
    "template: bad arguments",
    templated(user([{ type: "template", name: "user", arguments: {} }])),
  ),
  infer(
    "template: bad type",
    templated(user([{ type: "template", name: "note", arguments: { note: 1, list: 2 } }])),
  ),
  infer(
    "template: unknown argument",
    templated(user([{ type: "template", name: "user", arguments: { order: ORDER, more: 1 } }])),
  ),
  infer("template: optional argument", {
    ...TEMPLATES,
    input: { system: { mission: "go", hint: "left" }, messages: [user([ordered])] },
  }),
  infer("template: unknown in system", {
    ...TEMPLATES,
    input: { system: { mission: "go", nope: 1 }, messages: [user([ordered])] },
  }),
  infer("template: system as text", {
    ...TEMPLATES,
    input: { system: "go", messages: [user([ordered])] },
  }),
  infer("template: no system", { ...TEMPLATES, input: { messages: [user([ordered])] } }),
  infer("template: undefined variable", { ...templated(user([ordered])), variant_name: "broken" }),
  infer("template: undefined variable, drawn", {
    ...templated(user([ordered])),
    variant_name: undefined,
    episode_id: "01900000-0000-7000-8000-000000000001",
  }),
  infer("template: free text", {
    function_name: "probe_chat",
    variant_name: "system_text",
    input: { system: "Now.", messages: [user(ORDER)] },
  }),
  infer("template: free text, no system", {
    function_name: "probe_chat",
    variant_name: "system_text",
    input: { messages: [user(ORDER)] },
  }),
  infer("template: named", {
    function_name: "probe_chat",
    variant_name: "templated",
    input: {
      messages: [
        user([{ type: "template", name: "greeting", arguments: { name: "you", order: ORDER } }]),
      ],
    },
  }),
];

const OPENAI = {
  model: "tensorzero::function_name::probe_chat",
  "tensorzero::variant_name": "plain",
};
const messages = (...them: object[]) => ({ ...OPENAI, messages: them });

const openai: Probe[] = [
  ["text", messages(user(ORDER))],
  ["text parts", messages(user([text("one"), text(ORDER)]))],
  ["raw text", messages(user([{ type: "tensorzero::raw_text", value: ORDER }]))],
  [
    "system twice",
    messages({ role: "system", content: "A." }, user(ORDER), { role: "developer", content: "B." }),
  ],
  ["system parts", messages({ role: "system", content: [text("A."), text("B.")] }, user(ORDER))],
  ["assistant without content", messages({ role: "assistant" }, user(ORDER))],
  ["assistant with null", messages({ role: "assistant", content: null }, user(ORDER))],
  [
    "assistant's thought",
    messages(
      {
        role: "assistant",
        content: "yes",
        tensorzero_extra_content: [{ type: "thought", text: "Hm.", insert_index: 0 }],
      },
      user(ORDER),
    ),
  ],
  ["empty list", messages()],
  ["empty content", messages(user([]))],
  ["user without content", messages({ role: "user" })],
  ["unknown role", messages({ role: "nope", content: "x" })],
  ["number as content", messages(user(3))],
  ["text as a number", messages(user([{ type: "text", text: 3 }]))],
  [
    "text and arguments",
    messages(user([{ type: "text", text: "x", "tensorzero::arguments": {} }])),
  ],
  ["neither", messages(user([{ type: "text" }]))],
  ["template without arguments", messages(user([{ type: "tensorzero::template", name: "x" }]))],
  [
    "template of no variant",
    messages(user([{ type: "tensorzero::template", name: "x", arguments: {} }])),
  ],
  ["block of text", messages(user(["x"]))],
  ["oldest form", messages(user([{ a: 1 }]))],
  ["tool without call", messages({ role: "tool", tool_call_id: "c", content: "x" })],
  ["no messages", OPENAI],
  ["no model", { messages: [user(ORDER)] }],
  ["model of neither kind", { ...messages(user(ORDER)), model: "tensorzero::nope::x" }],
  ["unknown function", { ...messages(user(ORDER)), model: "tensorzero::function_name::nope" }],
  ["unknown model", { model: "tensorzero::model_name::nope", messages: [user(ORDER)] }],
  ["model", { model: "tensorzero::model_name::ordered", messages: [user(ORDER)] }],
  ["unknown variant", { ...messages(user(ORDER)), "tensorzero::variant_name": "nope" }],
].map(([name, body]) => chat(`openai input: ${name}`, body));

export const INPUTS: readonly Probe[] = [
  ...native,
  ...templates,
  ...openai,
  chat("openai input: bad JSON", "{"),
  infer("input: drawn by weight", {
    function_name: "probe_weights",
    input: ordering({}),
    episode_id: "01900000-0000-7000-8000-000000000002",
  }),
  infer("input: drawn by weight, another", {
    function_name: "probe_weights",
    input: ordering({}),
    episode_id: "01900000-0000-7000-8000-000000000005",
  }),
  infer("input: weight 0, pinned", ask("probe_weights", "never")),
  infer("input: shorthand without a key", {
    model_name: "openai::gpt-4o-mini",
    input: ordering({}),
  }),
  infer("input: unknown model", { model_name: "nope", input: ordering({}) }),
  infer("input: model", { model_name: "ordered", input: { system: "s", messages: [user(ORDER)] } }),
  infer("input: tags", { ...ask("probe_chat", "plain"), tags: { a: "1", ä: "" } }),
  infer("input: internal", { ...ask("probe_chat", "plain"), internal: true }, { late: true }),
  infer("input: upper-case episode", {
    ...ask("probe_chat", "plain"),
    episode_id: "01900000-0000-7000-8000-00000000000A",
  }),
  infer("input: new episode of ours", {
    ...ask("probe_chat", "plain"),
    episode_id: "01900000-0000-7000-8000-0000000000aa",
  }),
  chat("openai input: tags", {
    ...askOpenAI("probe_chat", "plain"),
    "tensorzero::tags": { a: "1" },
  }),
  chat("openai input: dryrun", { ...askOpenAI("probe_chat", "plain"), "tensorzero::dryrun": true }),
  chat("openai input: episode", {
    ...askOpenAI("probe_chat", "plain"),
    "tensorzero::episode_id": "01900000-0000-7000-8000-0000000000ab",
  }),
  chat("openai input: bad episode", {
    ...askOpenAI("probe_chat", "plain"),
    "tensorzero::episode_id": "x",
  }),
  chat("openai input: drawn", {
    ...askOpenAI("probe_weights", undefined),
    "tensorzero::episode_id": "01900000-0000-7000-8000-0000000000ac",
  }),
];
