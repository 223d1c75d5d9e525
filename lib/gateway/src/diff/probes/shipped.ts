import { chat, feedback, infer, list, type Probe } from "./probe";

const SYSTEM = { mission: "go to the red ball" };
const USER = {
  observation: "a wall 2 steps forward\na red ball 1 step left and 1 step forward",
  history: "",
};
const INPUT = {
  system: SYSTEM,
  messages: [{ role: "user", content: [{ type: "template", name: "user", arguments: USER }] }],
};
const ACT = { function_name: "act", variant_name: "random", input: INPUT };
const MESSAGES = [
  {
    role: "system",
    content: [{ type: "tensorzero::template", name: "system", arguments: SYSTEM }],
  },
  { role: "user", content: [{ type: "tensorzero::template", name: "user", arguments: USER }] },
];
const OPENAI = {
  model: "tensorzero::function_name::act",
  messages: MESSAGES,
  "tensorzero::variant_name": "random",
};
/** Messages as a BALROG-like agent's, from a role, a text or a template and its arguments. */
const says = (
  type: "template" | "tensorzero::template",
  ...messages: ["user" | "assistant", string, object?][]
) =>
  messages.map(([role, name, args]) => ({
    role,
    content: args === undefined ? name : [{ type, name, arguments: args }],
  }));
const seen = (observation: string | null, defaulted_to: string | null = null) => ({
  observation,
  defaulted_to,
});
type Said = Parameters<typeof says>[1];
const INSTRUCTION: Said = ["user", "instruction", { ...SYSTEM, demonstrations: false }];
const CONVERSATION: Said[] = [
  INSTRUCTION,
  ["assistant", "turn left"],
  ["user", "observation", seen(null)],
  ["user", "observation", seen("a wall 1 step right")],
  ["assistant", "plan", { plan: "I look around.\nACTION: turn left" }],
  ["user", "cot", seen(USER.observation)],
];
const CHAT = { function_name: "act_in_chat", variant_name: "rule_based_balrog_like_cot" };
const OPENAI_CHAT = {
  model: "tensorzero::function_name::act_in_chat",
  "tensorzero::variant_name": CHAT.variant_name,
};
const OLD = "01900000-0000-7000-8000-000000000000";

/** Good and bad requests for this project's config/tensorzero.toml with its local models. */
export const SHIPPED: readonly Probe[] = [
  infer("good", ACT),
  infer("good: rule_based", {
    ...ACT,
    variant_name: "rule_based",
    tags: { source: "gateway:diff" },
  }),
  infer("good: parameters", {
    ...ACT,
    params: { chat_completion: { temperature: 0.5, seed: 3, max_tokens: 50 } },
  }),
  infer("good: same episode", { ...ACT, episode_id: "$episode{good}" }),
  infer("good: dryrun", { ...ACT, dryrun: true }),
  infer("good: raw response", { ...ACT, include_raw_response: true }),
  infer("good: stream", { ...ACT, stream: true }),
  infer("good: model", {
    model_name: "random",
    input: { system: "s", messages: [{ role: "user", content: "x" }] },
  }),
  chat("good: chat", OPENAI),
  chat("good: chat with parameters", {
    ...OPENAI,
    max_tokens: 40,
    max_completion_tokens: 30,
    temperature: 0,
    n: 1,
    stop: ["x"],
    unknown_key: 1,
  }),
  chat("good: chat stream", { ...OPENAI, stream: true, stream_options: { include_usage: true } }),
  chat("good: chat with deprecated arguments", {
    ...OPENAI,
    messages: [
      { role: "system", content: [{ type: "text", "tensorzero::arguments": SYSTEM }] },
      { role: "user", content: [USER] },
    ],
  }),
  infer("good: conversation", { ...CHAT, input: { messages: says("template", ...CONVERSATION) } }),
  chat("good: chat, a conversation", {
    ...OPENAI_CHAT,
    messages: says("tensorzero::template", ...CONVERSATION),
  }),
  chat("good: chat, a conversation after examples", {
    ...OPENAI_CHAT,
    "tensorzero::variant_name": "rule_based_balrog_like_few_shot",
    messages: says(
      "tensorzero::template",
      ["user", "instruction", { ...SYSTEM, demonstrations: true }],
      ["user", "demonstration", { edge: "start", number: 1 }],
      ["user", "observation", seen("a red ball 1 step forward")],
      ["user", "demonstration", { edge: "end", number: 1 }],
      ["user", "your_turn", {}],
      ["user", "few_shot", seen("a red ball 1 step forward", "go forward")],
    ),
  }),
  chat("bad: chat, a template of another variant", {
    ...OPENAI_CHAT,
    messages: says("tensorzero::template", INSTRUCTION, ["user", "naive", seen("x")]),
  }),
  chat("bad: chat, a template of none", {
    ...OPENAI_CHAT,
    messages: says("tensorzero::template", INSTRUCTION, ["user", "react", seen("x")]),
  }),
  infer("bad JSON", "{"),
  infer("bad: no input", { function_name: "act" }),
  infer("bad: unknown key", { ...ACT, color: 1 }),
  infer("bad: unknown parameter", { ...ACT, params: { chat_completion: { foo: 1 } } }),
  infer("bad: reserved tag", { ...ACT, tags: { "tensorzero::x": "y" } }),
  infer("bad: UUIDv4", { ...ACT, episode_id: "11111111-1111-4111-8111-111111111111" }),
  infer("bad: UUIDv1", { ...ACT, episode_id: "a0b2f0e0-9a3b-11f0-8000-000000000000" }),
  infer("bad: too early", { ...ACT, episode_id: "016fd000-0000-7000-8000-000000000000" }),
  infer("bad: future", { ...ACT, episode_id: "04000000-0000-7000-8000-000000000000" }),
  infer("bad: function and model", { ...ACT, variant_name: undefined, model_name: "random" }),
  infer("bad: no target", { input: INPUT }),
  infer("bad: variant of a model", { model_name: "random", variant_name: "x", input: INPUT }),
  infer("bad: unknown function", { ...ACT, function_name: "nope" }),
  infer("bad: unknown variant", { ...ACT, variant_name: "nope" }),
  infer("bad: arguments", { ...ACT, input: { system: {}, messages: [] } }),
  infer("bad: no system", { ...ACT, input: { messages: [] } }),
  infer("bad: tools", { ...ACT, tool_choice: "auto" }),
  chat("bad: model", { ...OPENAI, model: "gpt-4o" }),
  chat("bad: n", { ...OPENAI, n: 2 }),
  chat("bad: stop", { ...OPENAI, stop: "x" }),
  chat("bad: denied keys", { ...OPENAI, "tensorzero::deny_unknown_fields": true, unknown_key: 1 }),
  chat("bad: block", { ...OPENAI, messages: [{ role: "user", content: [{ type: "nope" }] }] }),
  feedback("good: success", {
    metric_name: "success",
    episode_id: "$episode{good}",
    value: true,
    tags: { source: "gateway:diff" },
  }),
  feedback("good: return", {
    metric_name: "episode_return",
    episode_id: "$episode{good}",
    value: 0.5,
  }),
  feedback("good: comment", {
    metric_name: "comment",
    inference_id: "$inference{good}",
    value: "fine",
  }),
  feedback("good: demonstration", {
    metric_name: "demonstration",
    inference_id: "$inference{good}",
    value: { action: "drop" },
  }),
  feedback("bad: metric", { metric_name: "nope", episode_id: "$episode{good}", value: 1 }),
  feedback("bad: both ids", {
    metric_name: "success",
    episode_id: "$episode{good}",
    inference_id: "$inference{good}",
    value: true,
  }),
  feedback("bad: no id", { metric_name: "comment", value: "x" }),
  feedback("bad: level", { metric_name: "success", inference_id: "$inference{good}", value: true }),
  feedback("bad: target", { metric_name: "success", episode_id: OLD, value: true }),
  feedback("bad: type", { metric_name: "success", episode_id: "$episode{good}", value: 1 }),
  feedback("bad: demonstration", {
    metric_name: "demonstration",
    inference_id: "$inference{good}",
    value: { act: "drop" },
  }),
  list("list: episode", { function_name: "act", episode_id: "$episode{good}" }),
  list("list: metric", {
    function_name: "act",
    episode_id: "$episode{good}",
    filters: { type: "boolean_metric", metric_name: "success", value: true },
  }),
  list("list: demonstration", {
    function_name: "act",
    episode_id: "$episode{good}",
    output_source: "demonstration",
  }),
  list("bad list: function", { function_name: "nope" }),
  list("bad list: metric", {
    function_name: "act",
    filters: { type: "float_metric", metric_name: "nope", value: 1, comparison_operator: ">" },
  }),
  { name: "status", method: "GET", path: "/status" },
  { name: "health", method: "GET", path: "/health" },
  { name: "unknown route", method: "GET", path: "/openai/v1/models" },
];
