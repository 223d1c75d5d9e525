import { ask, askOpenAI, chat, infer, type Probe } from "./probe";
import { order } from "./provider";

const call = (name: string, args: string, id = "call_1") => ({
  id,
  type: "function",
  function: { name, arguments: args },
});
const calls = (...tool_calls: object[]) => ({
  message: { content: null, tool_calls },
  finish_reason: "tool_calls",
});
const LOOK = calls(call("look", '{"where":"left"}'));
const EXTRA = {
  name: "jump",
  description: "Jumps.",
  parameters: { type: "object", properties: { height: { type: "number" } }, required: ["height"] },
};
const OPENAI_EXTRA = { type: "function", function: EXTRA };

const native: Probe[] = [
  ["none is called", {}, {}],
  ["one call", LOOK, {}],
  ["two calls", calls(call("look", '{"where":"left"}'), call("move", '{"steps":2}', "call_2")), {}],
  ["bad arguments", calls(call("look", '{"where":"up"}')), {}],
  ["arguments that are no JSON", calls(call("look", "{")), {}],
  ["unknown tool", calls(call("fly", "{}")), {}],
  [
    "text and a call",
    { message: { content: "I look.", tool_calls: [call("look", '{"where":"left"}')] } },
    {},
  ],
  ["additional", calls(call("jump", '{"height":1.5}')), { additional_tools: [EXTRA] }],
  ["additional, strict", {}, { additional_tools: [{ ...EXTRA, strict: true }] }],
  ["additional of the same name", {}, { additional_tools: [{ ...EXTRA, name: "look" }] }],
  ["additional twice", {}, { additional_tools: [EXTRA, EXTRA] }],
  ["additional without a name", {}, { additional_tools: [{ description: "d", parameters: {} }] }],
  ["allowed", LOOK, { allowed_tools: ["look"] }],
  ["allowed, another is called", calls(call("move", '{"steps":2}')), { allowed_tools: ["look"] }],
  ["allowed: none", {}, { allowed_tools: [] }],
  ["allowed: unknown", {}, { allowed_tools: ["fly"] }],
  ["allowed: twice", {}, { allowed_tools: ["look", "look"] }],
  [
    "allowed: an additional one",
    {},
    { allowed_tools: ["look", "jump"], additional_tools: [EXTRA] },
  ],
  ["allowed, and one beside", {}, { allowed_tools: ["look"], additional_tools: [EXTRA] }],
  ["choice none", {}, { tool_choice: "none" }],
  ["choice required", LOOK, { tool_choice: "required" }],
  ["choice specific", LOOK, { tool_choice: { specific: "look" } }],
  ["choice specific, unknown", LOOK, { tool_choice: { specific: "fly" } }],
  ["choice that is none", {}, { tool_choice: "maybe" }],
  ["not in parallel", {}, { parallel_tool_calls: false }],
].map(([name, answer, more]) =>
  infer(`tools: ${name}`, {
    ...ask("probe_tools", "plain", answer as object),
    ...(more as object),
  }),
);

const openai: Probe[] = [
  ["one call", LOOK, {}],
  ["two calls", calls(call("look", '{"where":"left"}'), call("move", '{"steps":2}', "call_2")), {}],
  [
    "text and a call",
    { message: { content: "I look.", tool_calls: [call("look", '{"where":"left"}')] } },
    {},
  ],
  ["additional", {}, { tools: [OPENAI_EXTRA] }],
  [
    "additional, strict",
    {},
    { tools: [{ type: "function", function: { ...EXTRA, strict: true } }] },
  ],
  ["additional twice", {}, { tools: [OPENAI_EXTRA, OPENAI_EXTRA] }],
  [
    "additional without description",
    {},
    { tools: [{ type: "function", function: { name: "jump", parameters: {} } }] },
  ],
  [
    "additional without parameters",
    {},
    { tools: [{ type: "function", function: { name: "jump" } }] },
  ],
  ["choice none", {}, { tool_choice: "none" }],
  ["choice auto", {}, { tool_choice: "auto" }],
  ["choice required", LOOK, { tool_choice: "required" }],
  ["choice specific", LOOK, { tool_choice: { type: "function", function: { name: "look" } } }],
  [
    "choice allowed",
    LOOK,
    {
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "look" } }] },
      },
    },
  ],
  [
    "choice allowed and required",
    LOOK,
    {
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: {
          mode: "required",
          tools: [{ type: "function", function: { name: "look" } }],
        },
      },
    },
  ],
  ["choice that is none", {}, { tool_choice: "maybe" }],
  ["not in parallel", {}, { parallel_tool_calls: false }],
].map(([name, answer, more]) =>
  chat(`openai tools: ${name}`, {
    ...askOpenAI("probe_tools", "plain", answer as object),
    ...(more as object),
  }),
);

const CALLED = { type: "tool_call", id: "c1", name: "look", arguments: { where: "left" } };
const AS_TEXT = { ...CALLED, arguments: '{"where":"left"}' };
const AS_ANSWERED = {
  type: "tool_call",
  id: "c1",
  raw_name: "look",
  raw_arguments: '{"where":"left"}',
  name: "look",
  arguments: { where: "left" },
};
const RESULT = { type: "tool_result", id: "c1", name: "look", result: "a wall" };
const history = (block: object) => ({
  function_name: "probe_tools",
  variant_name: "plain",
  input: {
    messages: [
      { role: "user", content: "Look." },
      { role: "assistant", content: [block] },
      { role: "user", content: [RESULT, { type: "text", text: order({}) }] },
    ],
  },
});

export const TOOLS: readonly Probe[] = [
  ...native,
  ...openai,
  infer("tools: history", history(CALLED)),
  infer("tools: history with arguments as text", history(AS_TEXT)),
  infer("tools: history as answered", history(AS_ANSWERED)),
  infer("tools: history without arguments", history({ type: "tool_call", id: "c1", name: "look" })),
  infer("tools: result alone", {
    ...history(CALLED),
    input: { messages: [{ role: "user", content: [RESULT] }] },
  }),
  infer("tools: for a function without", {
    ...ask("probe_chat", "plain"),
    additional_tools: [EXTRA],
  }),
  infer("tools: choice without tools", { ...ask("probe_chat", "plain"), tool_choice: "required" }),
  infer("tools: additional of a JSON function", {
    ...ask("probe_json", "on"),
    additional_tools: [EXTRA],
  }),
  infer("tools: model", {
    model_name: "ordered",
    input: ask("", "").input,
    additional_tools: [EXTRA],
  }),
  infer("tools: best of n", ask("probe_tools", "best", LOOK)),
  chat("openai tools: history", {
    ...askOpenAI("probe_tools", "plain"),
    messages: [
      { role: "user", content: "Look." },
      {
        role: "assistant",
        content: null,
        tool_calls: [call("look", '{"where":"left"}', "c1"), call("move", '{"steps":1}', "c2")],
      },
      { role: "tool", tool_call_id: "c1", content: "a wall" },
      { role: "tool", tool_call_id: "c2", content: "moved" },
      { role: "user", content: order({}) },
    ],
  }),
];
