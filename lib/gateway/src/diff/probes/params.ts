import { ask, askOpenAI, chat, infer, type Probe } from "./probe";

const EVERY = {
  temperature: 0.5,
  top_p: 0.25,
  max_tokens: 10,
  seed: 3,
  presence_penalty: 0.5,
  frequency_penalty: 0.5,
  stop_sequences: ["a", "b"],
};

const native: Probe[] = [
  ["every", EVERY],
  ["temperature that single precision rounds", { temperature: 0.1, top_p: 0.3 }],
  ["whole numbers", { temperature: 1, top_p: 0, presence_penalty: -1 }],
  ["reasoning", { reasoning_effort: "high", service_tier: "priority", verbosity: "low" }],
  ["unknown effort", { reasoning_effort: "most" }],
  ["unknown tier", { service_tier: "first" }],
  ["thinking budget", { thinking_budget_tokens: 100 }],
  ["no stop", { stop_sequences: [] }],
  ["stop as text", { stop_sequences: "x" }],
  ["null", { temperature: null }],
  ["temperature as text", { temperature: "hot" }],
  ["negative tokens", { max_tokens: -1 }],
  ["half a token", { max_tokens: 1.5 }],
  ["seed that is large", { seed: 4294967295 }],
  ["seed that is too large", { seed: 4294967296 }],
  ["temperature that is too large", { temperature: 1e40 }],
  ["json_mode of a chat", { json_mode: "on" }],
  ["json_mode that is none", { json_mode: "maybe" }],
].map(([name, chat_completion]) =>
  infer(`params: ${name}`, { ...ask("probe_chat", "plain"), params: { chat_completion } }),
);

const openai: Probe[] = [
  [
    "every",
    {
      temperature: 0.5,
      top_p: 0.25,
      max_tokens: 10,
      seed: 3,
      presence_penalty: 0.5,
      frequency_penalty: 0.5,
      stop: ["a"],
    },
  ],
  ["max_completion_tokens", { max_completion_tokens: 7 }],
  ["both limits", { max_tokens: 5, max_completion_tokens: 7 }],
  ["stop as text", { stop: "x" }],
  ["stop as null", { stop: null }],
  ["stop as a number", { stop: 3 }],
  ["empty stop", { stop: [] }],
  ["n of 1", { n: 1 }],
  ["n of 0", { n: 0 }],
  ["reasoning_effort", { reasoning_effort: "low", service_tier: "flex", verbosity: "high" }],
  ["response_format text", { response_format: { type: "text" } }],
  ["response_format json_object", { response_format: { type: "json_object" } }],
  [
    "response_format json_schema",
    {
      response_format: {
        type: "json_schema",
        json_schema: { name: "x", schema: { type: "object" } },
      },
    },
  ],
  ["response_format unknown", { response_format: { type: "nope" } }],
  ["seed", { seed: -1 }],
  [
    "tensorzero::params win",
    { temperature: 1, "tensorzero::params": { chat_completion: { temperature: 0.5 } } },
  ],
  ["user and metadata are ignored", { user: "u", metadata: { a: 1 }, logprobs: true, store: true }],
  ["denied keys", { user: "u", "tensorzero::deny_unknown_fields": true }],
  ["unknown tensorzero key", { "tensorzero::nope": 1 }],
].map(([name, params]) =>
  chat(`openai params: ${name}`, { ...askOpenAI("probe_chat", "plain"), ...(params as object) }),
);

const json: Probe[] = ["on", "off", "strict", "tool"].flatMap((mode) => [
  infer(
    `json: ${mode}`,
    ask("probe_json", mode, mode === "tool" ? toolOrder('{"action":"drop"}') : {}),
  ),
  infer(
    `json: ${mode}, off the schema`,
    ask(
      "probe_json",
      mode,
      mode === "tool" ? toolOrder('{"act":1}') : { message: { content: '{"act":1}' } },
    ),
  ),
  infer(
    `json: ${mode}, no JSON`,
    ask(
      "probe_json",
      mode,
      mode === "tool" ? toolOrder("drop!") : { message: { content: "drop!" } },
    ),
  ),
]);

function toolOrder(args: string) {
  return {
    message: {
      content: null,
      tool_calls: [{ id: "c", type: "function", function: { name: "respond", arguments: args } }],
    },
  };
}

const SCHEMA = { type: "object", properties: { act: { type: "number" } }, required: ["act"] };

export const PARAMS: readonly Probe[] = [
  ...native,
  ...openai,
  ...json,
  infer("params: variant's own", ask("probe_chat", "all_parameters")),
  infer("params: variant's own and the request's", {
    ...ask("probe_chat", "all_parameters"),
    params: { chat_completion: { temperature: 0.25, seed: 1 } },
  }),
  infer("params: thinking variant", ask("probe_chat", "thinking")),
  infer("json: nothing", ask("probe_json", "on", { message: { content: null } })),
  infer("json: empty", ask("probe_json", "on", { message: { content: "" } })),
  infer(
    "json: text around it",
    ask("probe_json", "on", { message: { content: 'Sure: {"action":"drop"}' } }),
  ),
  infer(
    "json: thought beside it",
    ask("probe_json", "on", {
      message: { content: '{"action":"drop"}', reasoning_content: "Hm." },
    }),
  ),
  infer("json: mode of the request", {
    ...ask("probe_json", "on"),
    params: { chat_completion: { json_mode: "strict" } },
  }),
  infer("json: schema of the request", {
    ...ask("probe_json", "on", { message: { content: '{"act":1}' } }),
    output_schema: SCHEMA,
  }),
  infer("json: strict schema of the request", {
    ...ask("probe_json", "strict", { message: { content: '{"act":1}' } }),
    output_schema: SCHEMA,
  }),
  infer("json: schema that is none", {
    ...ask("probe_json", "on"),
    output_schema: { type: "nope" },
  }),
  infer("json: schema for a chat", { ...ask("probe_chat", "plain"), output_schema: SCHEMA }),
  infer("json: model", {
    model_name: "ordered",
    input: ask("", "").input,
    params: { chat_completion: { json_mode: "on" } },
  }),
  chat("openai json", askOpenAI("probe_json", "on")),
  chat("openai json: nothing", askOpenAI("probe_json", "on", { message: { content: null } })),
  chat("openai json: tool", askOpenAI("probe_json", "tool", toolOrder('{"action":"drop"}'))),
  chat("openai json: schema of the request", {
    ...askOpenAI("probe_json", "on"),
    response_format: {
      type: "json_schema",
      json_schema: { name: "x", strict: true, schema: SCHEMA },
    },
  }),
  chat("openai json: text", {
    ...askOpenAI("probe_json", "on"),
    response_format: { type: "text" },
  }),
];
