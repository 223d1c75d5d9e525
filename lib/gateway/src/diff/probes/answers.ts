import { ask, askOpenAI, chat, embeddings, infer, ordering, type Probe } from "./probe";
import { type Order, order } from "./provider";

/** What a provider may answer, and what becomes of it. */
const ANSWERS: Record<string, Order> = {
  "no usage": { usage: null },
  "empty usage": { usage: {} },
  "half a usage": { usage: { prompt_tokens: 5 } },
  "no tokens": { usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } },
  "cached tokens": {
    usage: {
      prompt_tokens: 5,
      completion_tokens: 2,
      total_tokens: 7,
      prompt_tokens_details: { cached_tokens: 4 },
    },
  },
  "no finish reason": { finish_reason: null },
  length: { finish_reason: "length" },
  "content filter": { finish_reason: "content_filter" },
  "function call": { finish_reason: "function_call" },
  "unknown finish reason": { finish_reason: "tired" },
  "no content": { message: { content: null } },
  "empty content": { message: { content: "" } },
  thought: { message: { content: "drop", reasoning_content: "Hm." } },
  "thought by its other name": { message: { content: "drop", reasoning: "Hm." } },
  "thought alone": { message: { content: null, reasoning_content: "Hm." } },
  refusal: { message: { content: null, refusal: "I will not." } },
  parts: {
    message: {
      content: [
        { type: "text", text: "dr" },
        { type: "text", text: "op" },
      ],
    },
  },
  characters: { message: { content: 'ä 中 😀 " \\ \n' } },
  "bad request": { status: 400, body: '{"error":{"message":"No."}}' },
  unauthorized: { status: 401, body: '{"error":{"message":"No."}}' },
  forbidden: { status: 403, body: "no" },
  "not found": { status: 404, body: '{"error":{"message":"No."}}' },
  "too many": { status: 429, body: '{"error":{"message":"Later."}}' },
  unprocessable: { status: 422, body: "{}" },
  "server error": { status: 500, body: "oops" },
  unavailable: { status: 503, body: "" },
  "no JSON": { body: "oops" },
  "empty body": { body: "" },
  array: { body: "[]" },
  "no choices": { body: '{"usage":{}}' },
  "zero choices": {
    body: '{"id":"x","object":"o","created":0,"model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}',
  },
  "error with status 200": { body: '{"error":{"message":"No."}}' },
};

const MARK = { pointer: "/mark", value: 1 };
const EXTRA_BODIES: Record<string, object[]> = {
  set: [MARK],
  deep: [{ pointer: "/a/b/c", value: { d: [1, null] } }],
  replace: [{ pointer: "/model", value: "other" }],
  delete: [{ pointer: "/model", delete: true }],
  "delete what is not there": [{ pointer: "/nope/deeper", delete: true }],
  append: [{ pointer: "/messages/-", value: { role: "system", content: "Last." } }],
  index: [{ pointer: "/messages/0/name", value: "me" }],
  "index one past the end": [{ pointer: "/messages/1", value: { role: "system", content: "x" } }],
  "index out of range": [{ pointer: "/messages/7/name", value: "me" }],
  "index that is none": [{ pointer: "/messages/first", value: 1 }],
  "delete an index": [{ pointer: "/messages/0", delete: true }],
  "delete an index out of range": [{ pointer: "/messages/7", delete: true }],
  "into text": [{ pointer: "/model/x", value: 1 }],
  escapes: [{ pointer: "/a~1b/c~0d", value: 1 }],
  "no slash": [{ pointer: "mark", value: 1 }],
  "empty pointer": [{ pointer: "", value: {} }],
  "slash alone": [{ pointer: "/", value: 1 }],
  null: [{ pointer: "/mark", value: null }],
  "own variant": [{ ...MARK, variant_name: "plain" }],
  "another variant": [{ ...MARK, variant_name: "all_parameters" }],
  "unknown variant": [{ ...MARK, variant_name: "nope" }],
  "own model": [{ ...MARK, model_name: "ordered" }],
  "own provider": [{ ...MARK, model_name: "ordered", provider_name: "mock" }],
  "another model": [{ ...MARK, model_name: "judge" }],
  "unknown model": [{ ...MARK, model_name: "nope" }],
  "unknown provider": [{ ...MARK, model_name: "ordered", provider_name: "nope" }],
  "provider alone": [{ ...MARK, provider_name: "mock" }],
  model_provider_name: [{ ...MARK, model_provider_name: "mock" }],
  twice: [MARK, { pointer: "/mark", value: 2 }],
  neither: [{ pointer: "/mark" }],
  "delete is false": [{ pointer: "/mark", delete: false }],
};

const EXTRA_HEADERS: Record<string, object[]> = {
  set: [{ name: "X-Mark", value: "1" }],
  delete: [{ name: "X-By", delete: true }],
  "unknown variant": [{ name: "X-Mark", value: "1", variant_name: "nope" }],
  "unknown model": [{ name: "X-Mark", value: "1", model_name: "nope" }],
  "bad name": [{ name: "X Mark", value: "1" }],
  "bad value": [{ name: "X-Mark", value: "a\nb" }],
};

const EMBEDDER = "tensorzero::embedding_model_name::embedder";
const EMBEDDINGS: Record<string, object> = {
  "one text": { model: EMBEDDER, input: "a red ball" },
  "several texts": { model: EMBEDDER, input: ["a red ball", "", "a box"], dimensions: 4 },
  "without the prefix": { model: "embedder", input: "a" },
  "unknown fields": { model: EMBEDDER, input: "a", user: "me", "tensorzero::dryrun": true },
  "no texts": { model: EMBEDDER, input: [] },
  "no input": { model: EMBEDDER },
  "no model": { input: "a" },
  "an object": { model: EMBEDDER, input: { text: "a" } },
  "another encoding": { model: EMBEDDER, input: "a", encoding_format: "int8" },
  "unknown model": { model: "tensorzero::embedding_model_name::nope", input: "a" },
};

const VARIANTS = [
  "two_providers",
  "priced",
  "down",
  "keyed",
  "best",
  "mixture",
  "best_of_failures",
  "nearest",
  "extra",
];
const RAW = { include_raw_response: true, include_raw_usage: true };
const SLOW: Order = { delay: 1500 };

export const ANSWER_PROBES: readonly Probe[] = [
  ...Object.entries(ANSWERS).map(([name, answer]) =>
    infer(`answer: ${name}`, ask("probe_chat", "plain", answer)),
  ),
  ...[
    "no usage",
    "half a usage",
    "cached tokens",
    "no finish reason",
    "length",
    "unknown finish reason",
    "no content",
    "thought",
    "thought alone",
    "refusal",
    "bad request",
    "server error",
  ].map((name) => chat(`openai answer: ${name}`, askOpenAI("probe_chat", "plain", ANSWERS[name]))),
  ...Object.entries(EXTRA_BODIES).map(([name, extra_body]) =>
    infer(`extra_body: ${name}`, { ...ask("probe_chat", "plain"), extra_body }),
  ),
  ...["append", "index out of range", "unknown variant"].map((name) =>
    chat(`openai extra_body: ${name}`, {
      ...askOpenAI("probe_chat", "plain"),
      "tensorzero::extra_body": EXTRA_BODIES[name],
    }),
  ),
  ...Object.entries(EXTRA_HEADERS).map(([name, extra_headers]) =>
    infer(`extra_headers: ${name}`, {
      ...ask("probe_chat", "extra", { showHeaders: true }),
      extra_headers,
    }),
  ),
  ...Object.entries(EMBEDDINGS).map(([name, body]) => embeddings(`embeddings: ${name}`, body)),
  ...VARIANTS.map((name) => infer(`variant: ${name}`, ask("probe_chat", name))),
  ...VARIANTS.map((name) => infer(`variant: ${name}, raw`, { ...ask("probe_chat", name), ...RAW })),
  ...["best", "mixture", "nearest"].map((name) =>
    infer(`variant: json ${name}`, ask("probe_json", name)),
  ),
  chat("openai variant: best, raw", {
    ...askOpenAI("probe_chat", "best"),
    "tensorzero::include_raw_response": true,
    "tensorzero::include_raw_usage": true,
  }),
  chat("openai variant: priced", askOpenAI("probe_chat", "priced")),
  infer(
    "variant: json best, one off the schema",
    ask("probe_json", "best", { message: { content: '{"act":1}' } }),
  ),
  infer("variant: in context, extra body", { ...ask("probe_json", "nearest"), extra_body: [MARK] }),
  infer("variant: in context, system and template", {
    function_name: "probe_chat",
    variant_name: "nearest",
    input: {
      system: "Be brief.",
      messages: [
        {
          role: "user",
          content: [{ type: "template", name: "greeting", arguments: { name: "you", order: "x" } }],
        },
        { role: "user", content: [{ type: "raw_text", value: order({}) }] },
      ],
    },
  }),
  infer("variant: unreachable", ask("probe_chat", "unreachable")),
  infer("variant: unreachable, streamed", { ...ask("probe_chat", "unreachable"), stream: true }),
  chat("openai variant: down, raw", {
    ...askOpenAI("probe_chat", "down"),
    "tensorzero::include_raw_response": true,
  }),
  chat("openai variant: retried, raw", {
    ...askOpenAI("probe_chat", "retried", { status: 400, body: "no" }),
    "tensorzero::include_raw_response": true,
  }),
  chat("openai variant: down", askOpenAI("probe_chat", "down")),
  infer("variant: extra, headers", ask("probe_chat", "extra", { showHeaders: true })),
  infer("variant: keyed, with the key", {
    ...ask("probe_chat", "keyed", { showHeaders: true }),
    credentials: { their_key: "sk-1234567890" },
  }),
  infer("variant: retried", ask("probe_chat", "retried", { status: 500, body: "oops" })),
  infer("variant: retried, raw", {
    ...ask("probe_chat", "retried", { status: 400, body: "no" }),
    ...RAW,
  }),
  infer("variant: all fail", {
    function_name: "probe_failing",
    input: ordering({}),
    episode_id: "01900000-0000-7000-8000-000000000003",
  }),
  infer("variant: all fail, raw", {
    function_name: "probe_failing",
    input: ordering({}),
    episode_id: "01900000-0000-7000-8000-000000000003",
    ...RAW,
  }),
  ...["impatient", "impatient_model", "impatient_provider"].flatMap((name) => [
    infer(`timeout: ${name}`, ask("probe_chat", name, SLOW)),
    infer(`timeout: ${name}, streamed`, { ...ask("probe_chat", name, SLOW), stream: true }),
  ]),
  infer("cache: miss", {
    ...ask("probe_chat", "plain", { message: { content: "kept" } }),
    cache_options: { enabled: "on" },
  }),
  infer(
    "cache: hit",
    {
      ...ask("probe_chat", "plain", { message: { content: "kept" } }),
      cache_options: { enabled: "on" },
    },
    { late: true },
  ),
  infer(
    "cache: hit, raw",
    {
      ...ask("probe_chat", "plain", { message: { content: "kept" } }),
      cache_options: { enabled: "read_only" },
      ...RAW,
    },
    { late: true },
  ),
  infer(
    "cache: too old",
    {
      ...ask("probe_chat", "plain", { message: { content: "kept" } }),
      cache_options: { enabled: "read_only", max_age_s: 0 },
    },
    { late: true },
  ),
  infer(
    "cache: off",
    {
      ...ask("probe_chat", "plain", { message: { content: "kept" } }),
      cache_options: { enabled: "off" },
    },
    { late: true },
  ),
  infer("cache: unknown mode", {
    ...ask("probe_chat", "plain"),
    cache_options: { enabled: "maybe" },
  }),
  infer("cache: miss, streamed", {
    ...ask("probe_chat", "plain", { message: { content: "streamed" } }),
    cache_options: { enabled: "on" },
    stream: true,
  }),
  infer(
    "cache: hit, streamed",
    {
      ...ask("probe_chat", "plain", { message: { content: "streamed" } }),
      cache_options: { enabled: "on" },
      stream: true,
    },
    { late: true },
  ),
  chat(
    "openai cache: hit",
    {
      ...askOpenAI("probe_chat", "plain", { message: { content: "kept" } }),
      "tensorzero::cache_options": { enabled: "on" },
    },
    { late: true },
  ),
];
