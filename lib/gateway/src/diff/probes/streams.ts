import { ask, askOpenAI, chat, infer, type Probe } from "./probe";
import type { Order } from "./provider";

const delta = (d: object, finish_reason: string | null = null) => ({
  id: "x",
  object: "chat.completion.chunk",
  created: 0,
  model: "m",
  choices: [{ index: 0, delta: d, finish_reason }],
});
const USAGE = {
  id: "x",
  object: "chat.completion.chunk",
  created: 0,
  model: "m",
  choices: [],
  usage: {
    prompt_tokens: 5,
    completion_tokens: 2,
    total_tokens: 7,
    prompt_tokens_details: { cached_tokens: 3 },
  },
};
const piece = (index: number, fn: object, id?: string) =>
  delta({
    tool_calls: [{ index, ...(id === undefined ? {} : { id, type: "function" }), function: fn }],
  });

const STREAMS: Record<string, Order> = {
  "two pieces": {},
  "one piece": { events: [delta({ role: "assistant", content: "drop" }, "stop"), USAGE, "[DONE]"] },
  "empty first piece": {
    events: [
      delta({ role: "assistant", content: "" }),
      delta({ content: "drop" }),
      delta({}, "stop"),
      USAGE,
      "[DONE]",
    ],
  },
  "null content": {
    events: [
      delta({ role: "assistant", content: null }),
      delta({ content: "drop" }),
      delta({}, "stop"),
      USAGE,
      "[DONE]",
    ],
  },
  "nothing at all": { events: [delta({}, "stop"), USAGE, "[DONE]"] },
  "no usage": { usage: null },
  "usage in every piece": {
    events: [
      { ...delta({ content: "a" }), usage: USAGE.usage },
      { ...delta({ content: "b" }, "stop"), usage: USAGE.usage },
      "[DONE]",
    ],
  },
  "no finish reason": { finish_reason: null },
  length: { finish_reason: "length" },
  "unknown finish reason": { finish_reason: "tired" },
  "no end": { events: [delta({ content: "drop" }), delta({}, "stop")] },
  thought: {
    events: [
      delta({ reasoning_content: "H" }),
      delta({ reasoning_content: "m." }),
      delta({ content: "drop" }),
      delta({}, "stop"),
      USAGE,
      "[DONE]",
    ],
  },
  "thought behind text": {
    events: [
      delta({ content: "dr" }),
      delta({ reasoning_content: "Hm." }),
      delta({ content: "op" }),
      delta({}, "stop"),
      "[DONE]",
    ],
  },
  "thought and text in one": {
    events: [delta({ reasoning_content: "Hm.", content: "drop" }), delta({}, "stop"), "[DONE]"],
  },
  "thought by its other name": {
    events: [delta({ reasoning: "Hm." }), delta({ content: "drop" }, "stop"), "[DONE]"],
  },
  "error in the middle": {
    events: [delta({ content: "dr" }), { error: { message: "It fell over." } }],
  },
  "error at once": { events: [{ error: { message: "It fell over." } }] },
  "no JSON": { events: [delta({ content: "dr" }), "{"] },
  empty: { body: "" },
  refused: { status: 400, body: '{"error":{"message":"No."}}' },
  failed: { status: 500, body: "oops" },
};

const TOOL_STREAMS: Record<string, Order> = {
  "a call in pieces": {
    events: [
      piece(0, { name: "look", arguments: "" }, "c1"),
      piece(0, { arguments: '{"where":' }),
      piece(0, { arguments: '"left"}' }),
      delta({}, "tool_calls"),
      USAGE,
      "[DONE]",
    ],
  },
  "two calls": {
    events: [
      piece(0, { name: "look", arguments: '{"where":"left"}' }, "c1"),
      piece(1, { name: "move", arguments: '{"steps":1}' }, "c2"),
      delta({}, "tool_calls"),
      "[DONE]",
    ],
  },
  "text and a call": {
    events: [
      delta({ content: "I look." }),
      piece(0, { name: "look", arguments: '{"where":"left"}' }, "c1"),
      delta({}, "tool_calls"),
      "[DONE]",
    ],
  },
  "a call without id": {
    events: [piece(0, { name: "look", arguments: "{}" }), delta({}, "tool_calls"), "[DONE]"],
  },
};

const RAW = { include_raw_response: true, include_raw_usage: true };
const OPENAI_RAW = {
  "tensorzero::include_raw_response": true,
  "tensorzero::include_raw_usage": true,
};
const stream = { stream: true };
const withUsage = { stream: true, stream_options: { include_usage: true } };

export const STREAM_PROBES: readonly Probe[] = [
  ...Object.entries(STREAMS).flatMap(([name, answer]) => [
    infer(`stream: ${name}`, { ...ask("probe_chat", "plain", answer), ...stream }),
    chat(`openai stream: ${name}`, { ...askOpenAI("probe_chat", "plain", answer), ...withUsage }),
  ]),
  ...Object.entries(TOOL_STREAMS).flatMap(([name, answer]) => [
    infer(`stream: ${name}`, { ...ask("probe_tools", "plain", answer), ...stream }),
    chat(`openai stream: ${name}`, { ...askOpenAI("probe_tools", "plain", answer), ...withUsage }),
  ]),
  ...["thought", "empty first piece", "no usage"].map((name) =>
    infer(`stream: json, ${name}`, { ...ask("probe_json", "on", STREAMS[name]), ...stream }),
  ),
  infer("stream: json", { ...ask("probe_json", "on"), ...stream }),
  infer("stream: json, tool", {
    ...ask("probe_json", "tool", {
      events: [
        piece(0, { name: "respond", arguments: '{"action":' }, "c1"),
        piece(0, { arguments: '"drop"}' }),
        delta({}, "tool_calls"),
        USAGE,
        "[DONE]",
      ],
    }),
    ...stream,
  }),
  chat("openai stream: json", { ...askOpenAI("probe_json", "on"), ...withUsage }),
  chat("openai stream: without usage", { ...askOpenAI("probe_chat", "plain"), ...stream }),
  chat("openai stream: usage refused", {
    ...askOpenAI("probe_chat", "plain"),
    stream: true,
    stream_options: { include_usage: false },
  }),
  infer("stream: raw", { ...ask("probe_chat", "plain"), ...stream, ...RAW }),
  infer("stream: raw, two providers", { ...ask("probe_chat", "two_providers"), ...stream, ...RAW }),
  chat("openai stream: raw", { ...askOpenAI("probe_chat", "plain"), ...withUsage, ...OPENAI_RAW }),
  infer("stream: retried", {
    ...ask("probe_chat", "retried", { status: 500, body: "oops" }),
    ...stream,
  }),
  infer("stream: best", { ...ask("probe_chat", "best"), ...stream }),
  infer("stream: mixture", { ...ask("probe_chat", "mixture"), ...stream }),
  infer("stream: in context", { ...ask("probe_json", "nearest"), ...stream }),
  infer("stream: priced", { ...ask("probe_chat", "priced"), ...stream }),
  infer("stream: extra body of the provider", { ...ask("probe_chat", "extra"), ...stream }),
  infer("stream: dryrun", { ...ask("probe_chat", "plain"), ...stream, dryrun: true }),
  infer("stream: model", { model_name: "ordered", input: ask("", "").input, ...stream }),
  infer("stream: unknown function", { ...ask("nope", "x"), ...stream }),
  infer("stream: all variants fail", {
    function_name: "probe_failing",
    input: ask("", "").input,
    ...stream,
    episode_id: "01900000-0000-7000-8000-000000000003",
  }),
];
