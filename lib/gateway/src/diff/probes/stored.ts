import { ask, feedback, get, infer, list, type Probe } from "./probe";

const OLD = "01900000-0000-7000-8000-000000000000";
const CHAT = "$inference{input: tags}";
const JSON_ = "$inference{json: on}";
const TOOL = "$inference{tools: one call}";
const bool = (value: unknown, more: object = {}) => ({
  metric_name: "probe_liked",
  inference_id: CHAT,
  value,
  ...more,
});
const float = (value: unknown, more: object = {}) => ({
  metric_name: "probe_score",
  inference_id: CHAT,
  value,
  ...more,
});
const demo = (inference_id: string, value: unknown) => ({
  metric_name: "demonstration",
  inference_id,
  value,
});

const FEEDBACK: readonly Probe[] = [
  feedback("feedback: boolean", bool(true)),
  feedback("feedback: float", float(0.1, { tags: { a: "1" } })),
  feedback("feedback: float that is whole", float(3, { inference_id: JSON_ })),
  feedback("feedback: large float", float(1e30, { inference_id: TOOL })),
  feedback("feedback: false", bool(false, { inference_id: JSON_ })),
  feedback("feedback: dryrun", float(7, { dryrun: true })),
  feedback("feedback: internal", bool(true, { internal: true, inference_id: TOOL })),
  feedback("feedback: boolean as text", bool("true")),
  feedback("feedback: float as text", float("1")),
  feedback("feedback: float as boolean", float(true)),
  feedback("feedback: null", float(null)),
  feedback("feedback: object", float({ a: 1 })),
  feedback("feedback: reserved tag", float(1, { tags: { "tensorzero::a": "1" } })),
  feedback(
    "feedback: level",
    float(1, { inference_id: undefined, episode_id: "$episode{input: tags}" }),
  ),
  feedback("feedback: unknown inference", bool(true, { inference_id: OLD })),
  feedback("feedback: unknown metric", bool(true, { metric_name: "nope" })),
  feedback("feedback: no id", bool(true, { inference_id: undefined })),
  feedback("feedback: comment on an episode", {
    metric_name: "comment",
    episode_id: "$episode{input: tags}",
    value: "fine ä",
  }),
  feedback("feedback: comment on an inference", {
    metric_name: "comment",
    inference_id: CHAT,
    value: "",
  }),
  feedback("feedback: comment as a number", {
    metric_name: "comment",
    inference_id: CHAT,
    value: 3,
  }),
  feedback("feedback: comment on nothing", {
    metric_name: "comment",
    inference_id: OLD,
    value: "x",
  }),
  feedback("feedback: demonstration of a chat", demo(CHAT, "drop")),
  feedback(
    "feedback: demonstration as blocks",
    demo("$inference{input: internal}", [{ type: "text", text: "drop" }]),
  ),
  feedback(
    "feedback: demonstration of a tool call",
    demo(TOOL, [{ type: "tool_call", name: "look", arguments: { where: "right" } }]),
  ),
  feedback(
    "feedback: demonstration of a bad tool call",
    demo(TOOL, [{ type: "tool_call", name: "look", arguments: { where: "up" } }]),
  ),
  feedback(
    "feedback: demonstration of an unknown tool",
    demo(TOOL, [{ type: "tool_call", name: "fly", arguments: {} }]),
  ),
  feedback("feedback: demonstration of a number", demo(CHAT, 3)),
  feedback("feedback: demonstration in JSON", demo(JSON_, { action: "drop", sure: 1 })),
  feedback("feedback: demonstration in bad JSON", demo(JSON_, { action: 1 })),
  feedback(
    "feedback: demonstration by the request's schema",
    demo("$inference{json: schema of the request}", { act: 2 }),
  ),
  feedback("feedback: demonstration of a model's call", demo("$inference{input: model}", "x")),
  feedback("feedback: demonstration of an episode", {
    metric_name: "demonstration",
    episode_id: "$episode{input: tags}",
    value: "x",
  }),
  feedback("feedback: demonstration of nothing", demo(OLD, "x")),
];

const chats = (filters: unknown, more: object = {}) => ({
  function_name: "probe_chat",
  filters,
  ...more,
});
const LIKED = { type: "boolean_metric", metric_name: "probe_liked", value: true };
const SCORED = {
  type: "float_metric",
  metric_name: "probe_score",
  value: 0,
  comparison_operator: ">",
};
const TAGGED = { type: "tag", key: "a", value: "1", comparison_operator: "=" };
const NOW = "2100-01-01T00:00:00Z";

const LISTS: readonly Probe[] = [
  list("list: chat, liked", chats(LIKED)),
  list("list: chat, not liked", chats({ ...LIKED, value: false })),
  list("list: chat, scored", chats(SCORED)),
  ...["<", "<=", "=", "!=", ">="].map((comparison_operator) =>
    list(
      `list: chat, score ${comparison_operator}`,
      chats({ ...SCORED, value: 0.5, comparison_operator }),
    ),
  ),
  list("list: json, scored", { function_name: "probe_json", filters: SCORED }),
  list("list: tools", { function_name: "probe_tools", filters: { ...SCORED, value: 1 } }),
  list("list: tag", chats(TAGGED)),
  list("list: other tag", chats({ ...TAGGED, comparison_operator: "!=" })),
  list(
    "list: time",
    chats({
      type: "and",
      children: [TAGGED, { type: "time", time: NOW, comparison_operator: "<" }],
    }),
  ),
  list("list: demonstrated", chats({ type: "demonstration_feedback", has_demonstration: true })),
  list("list: demonstrated tools", {
    function_name: "probe_tools",
    filters: { type: "demonstration_feedback", has_demonstration: true },
    output_source: "demonstration",
  }),
  list("list: demonstrations", {
    function_name: "probe_json",
    output_source: "demonstration",
    limit: 1,
  }),
  list("list: no output", chats(TAGGED, { output_source: "none" })),
  list("list: and", chats({ type: "and", children: [LIKED, SCORED] })),
  list("list: or", chats({ type: "or", children: [LIKED, SCORED, TAGGED] })),
  list(
    "list: and nothing",
    chats({ type: "and", children: [] }, { variant_name: "priced", limit: 1 }),
  ),
  list("list: not", chats({ type: "and", children: [TAGGED, { type: "not", child: LIKED }] })),
  list("list: variant", { function_name: "probe_chat", variant_name: "keyed" }),
  list("list: episode without function", { episode_id: "$episode{input: tags}" }),
  list(
    "list: by metric",
    chats(
      { type: "or", children: [LIKED, SCORED] },
      { order_by: [{ by: "metric", name: "probe_score", direction: "descending" }] },
    ),
  ),
  list("list: by time", {
    function_name: "probe_weights",
    order_by: [{ by: "timestamp", direction: "ascending" }],
    variant_name: "never",
  }),
  list("list: limit 0", chats(TAGGED, { limit: 0 })),
  list("list: offset", chats(TAGGED, { offset: 1000 })),
  list("list: before", chats(TAGGED, { before: CHAT })),
  list("list: before and after", chats(TAGGED, { before: CHAT, after: CHAT })),
  list("list: before and offset", chats(TAGGED, { before: CHAT, offset: 1 })),
  list("list: float filter on a boolean", chats({ ...SCORED, metric_name: "probe_liked" })),
  list(
    "list: float filter on a boolean, or another",
    chats({ type: "or", children: [TAGGED, { ...SCORED, metric_name: "probe_liked" }] }),
  ),
  list(
    "list: not a float filter on a boolean",
    chats({ type: "not", child: { ...SCORED, metric_name: "probe_liked" } }),
  ),
  list("list: boolean filter on a float", chats({ ...LIKED, metric_name: "probe_score" })),
  list("list: unknown metric", chats({ ...LIKED, metric_name: "nope" })),
  list("list: order without function", {
    order_by: [{ by: "metric", name: "probe_score", direction: "descending" }],
  }),
  list("list: unknown variant", { function_name: "probe_chat", variant_name: "nope" }),
  get("get: one", { ids: [CHAT] }),
  get("get: one of a function", { ids: [TOOL], function_name: "probe_tools" }),
  get("get: one of another function", { ids: [TOOL], function_name: "probe_chat" }),
  get("get: unknown function", { ids: [TOOL], function_name: "nope" }),
  get("get: none", { ids: [] }),
  get("get: unknown", { ids: [OLD] }),
  get("get: demonstration", { ids: [JSON_], output_source: "demonstration" }),
  get("get: model", { ids: ["$inference{input: model}"] }),
];

const ROUTES: readonly Probe[] = [
  ["GET", "/"],
  ["GET", "/inference"],
  ["POST", "/nope"],
  ["POST", "/openai/v1/nope"],
  ["GET", "/openai/v1/chat/completions"],
  ["POST", "/status"],
].map(
  ([method, path]): Probe => ({
    name: `route: ${method} ${path}`,
    method: method as "GET",
    path: path ?? "",
  }),
);

export const STORED: readonly Probe[] = [
  ...FEEDBACK,
  ...LISTS,
  ...ROUTES,
  infer("same episode", { ...ask("probe_chat", "plain"), episode_id: "$episode{input: tags}" }),
];
