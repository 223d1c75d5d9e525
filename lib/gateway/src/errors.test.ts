import { uuidv7 } from "./ids";
import { ACT_INPUT, TEST_CONFIG } from "./testing/config";
import { events, type Harness, openHarness } from "./testing/harness";
import { completion, streamedCompletion } from "./testing/stand-in";
import { holdTimeLimits } from "./testing/time-limits";

let h: Harness;
/** The limits of `slow` and its like. */
const limits = holdTimeLimits(60);
let inferenceId: string;
let episodeId: string;

beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "sk-planted" });
  h.provider.reply = answerOrFail;
  const { body } = await h.post("/inference", {
    function_name: "act",
    variant_name: "first",
    input: ACT_INPUT,
  });
  inferenceId = body.inference_id;
  episodeId = body.episode_id;
});
afterAll(async () => {
  limits.restore();
  await h.close();
});

/** Fails for the one case above that needs it. */
const answerOrFail = ({ stop }: Record<string, unknown>) =>
  Array.isArray(stop)
    ? new Response("stopped", { status: 500 })
    : completion('{"action":"pick up"}');

const ACT = { function_name: "act", variant_name: "first", input: ACT_INPUT };
const SYSTEM_SCHEMA = TEST_CONFIG["act/system_schema.json"];
const OLD = "01900000-0000-7000-8000-000000000000";

/** [what, body, status, text] */
const inferenceErrors: [string, () => unknown, number, string | RegExp][] = [
  [
    "no JSON",
    () => "{nope",
    400,
    /^Failed to parse the request body as JSON: .* \(400 Bad Request\)$/,
  ],
  ["no object", () => "[]", 400, "invalid type: sequence, expected struct Params"],
  ["no input", () => ({ function_name: "act" }), 400, "missing field `input`"],
  ["an unknown field", () => ({ ...ACT, color: 1 }), 400, "unknown field `color`"],
  [
    "an unknown parameter",
    () => ({ ...ACT, params: { chat_completion: { foo: 1 } } }),
    400,
    /^params\.chat_completion\.foo: unknown field `foo`, expected one of `temperature`/,
  ],
  [
    "a role",
    () => ({ ...ACT, input: { messages: [{ role: "boss", content: "" }] } }),
    400,
    "input.messages[0].role: unknown variant `boss`, expected `user` or `assistant`",
  ],
  [
    "an id that is no UUID",
    () => ({ ...ACT, episode_id: "nope" }),
    400,
    'episode_id: UUID parsing failed: invalid UUID "nope"',
  ],
  [
    "a reserved tag",
    () => ({ ...ACT, tags: { "tensorzero::x": "y" } }),
    400,
    "Tag name cannot start with 'tensorzero::': tensorzero::x",
  ],
  [
    "a UUIDv4",
    () => ({ ...ACT, episode_id: "11111111-1111-4111-8111-111111111111" }),
    400,
    "Failed to parse UUID as v7: 11111111-1111-4111-8111-111111111111",
  ],
  [
    "a UUIDv1",
    () => ({ ...ACT, episode_id: "11111111-1111-1111-8111-111111111111" }),
    400,
    "Invalid Episode ID: Version must be 7, got 1",
  ],
  [
    "an episode to come",
    () => ({ ...ACT, episode_id: uuidv7At(Date.now() + 10_000) }),
    400,
    "Invalid Episode ID: Timestamp is in the future",
  ],
  [
    "an episode before TensorZero",
    () => ({ ...ACT, episode_id: uuidv7At(1_579_751_959_000) }),
    400,
    "Invalid Episode ID: Timestamp is too early",
  ],
  [
    "a workflow evaluation's episode",
    () => ({ ...ACT, episode_id: uuidv7At(10_000_000_000_000) }),
    400,
    /^Workflow evaluation run not found for episode id: 09184e72-a000-7/,
  ],
  [
    "function and model",
    () => ({ ...ACT, variant_name: undefined, model_name: "local" }),
    400,
    "Invalid inference target: Only one of `function_name` or `model_name` can be provided",
  ],
  [
    "neither function nor model",
    () => ({ input: ACT_INPUT }),
    400,
    "Invalid inference target: Either `function_name` or `model_name` must be provided",
  ],
  [
    "a variant of a model",
    () => ({ model_name: "local", variant_name: "x", input: ACT_INPUT }),
    400,
    "Invalid inference target: `variant_name` cannot be provided when using `model_name`",
  ],
  ["an unknown function", () => ({ ...ACT, function_name: "nope" }), 404, "Unknown function: nope"],
  ["an unknown variant", () => ({ ...ACT, variant_name: "nope" }), 404, "Unknown variant: nope"],
  [
    "bad input and an unknown variant: the input comes first",
    () => ({ ...ACT, variant_name: "nope", input: { system: {}, messages: [] } }),
    400,
    `JSON Schema validation failed:\n"mission" is a required property\n\nSchema:\n${SYSTEM_SCHEMA}`,
  ],
  [
    "a wrong type",
    () => ({ ...ACT, input: { system: { mission: 3 }, messages: [] } }),
    400,
    `JSON Schema validation failed:\n3 is not of type "string"\n\nSchema:\n${SYSTEM_SCHEMA}`,
  ],
  [
    "a system message that is missing",
    () => ({ ...ACT, input: { messages: [] } }),
    400,
    "`input.system` is empty but a system template is present.",
  ],
  [
    "arguments without a template",
    () => ({ function_name: "talk", input: { messages: [{ role: "user", content: { a: 1 } }] } }),
    400,
    "Message at index 0 has non-string content but there is no template `user` in any variant",
  ],
  [
    "system arguments without a template",
    () => ({ function_name: "talk", input: { system: { a: 1 }, messages: [] } }),
    400,
    "System message has non-string content but there is no template `system` in any variant",
  ],
  [
    "a template's undefined variable, pinned",
    () => ({ ...ACT, variant_name: "second" }),
    500,
    "Error rendering template act/broken/user.minijinja: Could not render template: undefined value (in act/broken/user.minijinja:1)",
  ],
  [
    "a key that is not set, pinned",
    () => ({ ...ACT, variant_name: "keyless" }),
    400,
    "API key missing for provider OpenAI: Environment variable `OPENAI_API_KEY` is missing",
  ],
  [
    "a template's undefined variable and a key that is not set, unpinned",
    () => ({
      function_name: "act",
      input: ACT_INPUT,
      dryrun: false,
      params: { chat_completion: { stop_sequences: ["fail"] } },
    }),
    502,
    new RegExp(
      "^All variants failed with errors: (?=.*second: Error rendering template act/broken/user.minijinja: .*undefined value)" +
        "(?=.*keyless: API key missing for provider OpenAI: Environment variable `OPENAI_API_KEY` is missing)" +
        "(?=.*first: All model providers failed to infer with errors: main: Error from openai server: stopped)",
      "s",
    ),
  ],
  [
    "a provider that cannot be reached, pinned",
    () => ({ function_name: "impatient", variant_name: "cut_off", input: { messages: [] } }),
    500,
    /^All model providers failed to infer with errors: main: Error from openai client: Error sending request: /,
  ],
  [
    "a provider that cannot be reached",
    () => ({ model_name: "unreachable", input: { messages: [] } }),
    502,
    /^All variants failed with errors: unreachable: All model providers failed to infer with errors: main: Error from openai client: Error sending request: /,
  ],
  [
    "an unknown model",
    () => ({ model_name: "nope", input: { messages: [] } }),
    400,
    "Invalid inference target: Invalid model name: Model name 'nope' not found in model table",
  ],
  [
    "a credential that is missing",
    () => ({ model_name: "dynamic", input: { messages: [] } }),
    502,
    "All variants failed with errors: dynamic: All model providers failed to infer with errors: main: API key missing for provider OpenAI: Dynamic api key `their_key` is missing",
  ],
  [
    "tools for a JSON function",
    () => ({ ...ACT, allowed_tools: [] }),
    400,
    "Cannot pass `allowed_tools` to a JSON function.",
  ],
  [
    "an unknown tool",
    () => ({ function_name: "talk", allowed_tools: ["dance"], input: { messages: [] } }),
    400,
    "Tool not found: dance",
  ],
  [
    "a schema that is none",
    () => ({ ...ACT, output_schema: { type: "nonsense" } }),
    400,
    /^Error in compiling client-provided JSON schema: /,
  ],
  [
    "a block that only another provider knows",
    () => ({ ...ACT, input: { messages: [{ role: "user", content: [{ type: "unknown" }] }] } }),
    501,
    "The embedded gateway lacks content blocks of type `unknown`. Use the TensorZero Gateway itself.",
  ],
  [
    "OpenAI's Responses API",
    () => ({ model_name: "openai::responses::gpt-5", input: { messages: [] } }),
    501,
    "The embedded gateway lacks OpenAI's Responses API, for which the model `openai::responses::gpt-5` asks. Use the TensorZero Gateway itself.",
  ],
  [
    "a namespace",
    () => ({ ...ACT, namespace: "n" }),
    501,
    "The embedded gateway lacks `namespace`. Use the TensorZero Gateway itself.",
  ],
  [
    "the deprecated original response",
    () => ({ ...ACT, include_original_response: true }),
    501,
    "The embedded gateway lacks `include_original_response`. Use the TensorZero Gateway itself.",
  ],
];

function uuidv7At(ms: number): string {
  return `${ms
    .toString(16)
    .padStart(12, "0")
    .replace(/^(.{8})/, "$1-")}-7000-8000-000000000000`;
}

test.each(inferenceErrors)("POST /inference with %s", async (_, body, status, text) => {
  const before = await h.stored();
  const reply = await h.post("/inference", body());
  expect(reply.status).toBe(status);
  expect(Object.keys(reply.body)).toEqual(["error"]);
  if (typeof text === "string") expect(reply.body.error).toBe(text);
  else expect(reply.body.error).toMatch(text);
  expect(await h.stored()).toBe(before);
});

describe("what a provider does wrong", () => {
  afterEach(() => {
    h.provider.reply = answerOrFail;
  });

  const failures: [string, () => Response, string][] = [
    [
      "400",
      () => new Response("bad", { status: 400 }),
      "Error 400 Bad Request from openai client: bad",
    ],
    [
      "401",
      () => new Response("who", { status: 401, headers: { "x-request-id": "r1" } }),
      "Error 401 Unauthorized from openai client: who [request_id: r1]",
    ],
    [
      "403",
      () => new Response("not you", { status: 403 }),
      "Error 403 Forbidden from openai client: not you",
    ],
    [
      "429",
      () => new Response("slow down", { status: 429 }),
      "Error 429 Too Many Requests from openai client: slow down",
    ],
    ["404", () => new Response("where", { status: 404 }), "Error from openai server: where"],
    ["500", () => new Response("broken", { status: 500 }), "Error from openai server: broken"],
    [
      "no JSON",
      () => new Response("<html>"),
      "Error from openai server: Error parsing JSON response: ",
    ],
    [
      "no choices",
      () => Response.json({ choices: [] }),
      "Error from openai server: Response has invalid number of choices: 0. Expected 1.",
    ],
  ];
  test.each(failures)("%s: 500 when pinned, nothing stored", async (_, reply, text) => {
    h.provider.reply = reply;
    const before = await h.stored();
    const { status, body } = await h.post("/inference", ACT);
    expect(status).toBe(500);
    expect(Object.keys(body)).toEqual(["error"]);
    expect(body.error).toContain(`All model providers failed to infer with errors: main: ${text}`);
    expect(JSON.stringify(body)).not.toContain("sk-planted");
    expect(await h.stored()).toBe(before);
  });

  test("retries: all errors, the last one's status", async () => {
    // Retried whatever it is, even where the key is wrong.
    h.provider.reply = (_, index) => new Response(`try ${index}`, { status: 401 });
    const calls = h.provider.requests.length;
    const before = await h.stored();
    const { status, body } = await h.post("/inference", {
      function_name: "retried",
      variant_name: "only",
      input: { messages: [] },
    });
    const failed = (n: number) =>
      `All model providers failed to infer with errors: main: Error 401 Unauthorized from openai client: try ${n}`;
    expect(status).toBe(500);
    expect(body.error).toBe(
      `All retries failed with errors: ${failed(calls)}, ${failed(calls + 1)}`,
    );
    expect(await h.stored()).toBe(before);
  });

  test("unpinned: 502 with every variant's error in the order tried", async () => {
    h.provider.reply = () => new Response("no", { status: 429 });
    const before = await h.stored();
    const { status, body } = await h.post("/inference", {
      function_name: "drawn",
      episode_id: OLD,
      input: { messages: [] },
    });
    expect(status).toBe(502);
    expect(body.error).toMatch(
      /^All variants failed with errors: [xy]: .*\n[xy]: .*\nz: All model providers/,
    );
    expect(await h.stored()).toBe(before);
  });

  test.each([
    ["best of n", "best"],
    ["mixture of n", "mixture"],
  ])("%s without a candidate left: 502", async (_, variant_name) => {
    h.provider.reply = () => new Response("no", { status: 500 });
    const before = await h.stored();
    const { status, body } = await h.post("/inference", {
      function_name: "answer",
      variant_name,
      input: { messages: [] },
    });
    expect(status).toBe(502);
    expect(body.error).toMatch(
      /^All candidates failed with errors: candidates\[0\] \(a\): All model providers .*\ncandidates\[1\] \(b\): All model providers /,
    );
    expect(await h.stored()).toBe(before);
  });

  test.each([
    ["pinned", { "tensorzero::variant_name": "first" }, 500, /^All model providers failed/],
    ["not pinned", {}, 502, /^All variants failed/],
  ])("in OpenAI's words, %s", async (_, more, status, text) => {
    h.provider.reply = () => new Response("no", { status: 401 });
    const before = await h.stored();
    const reply = await h.post("/openai/v1/chat/completions", {
      model: "tensorzero::function_name::act",
      messages: [
        { role: "system", content: [{ type: "text", "tensorzero::arguments": ACT_INPUT.system }] },
        { role: "user", content: [{ observation: "a wall" }] },
      ],
      ...more,
    });
    expect(reply.status).toBe(status);
    expect(reply.body).toEqual({ error: { message: expect.stringMatching(text) } });
    expect(await h.stored()).toBe(before);
  });

  test("in the middle of a stream: an event in the route's own words", async () => {
    h.provider.reply = () => streamedCompletion(["half"], { broken: true });
    const reply = await h.post("/openai/v1/chat/completions", {
      model: "tensorzero::function_name::talk",
      "tensorzero::variant_name": "plain",
      messages: [{ role: "user", content: "hi" }],
      stream: true,
    });
    expect(events(reply.body)[1]).toEqual({
      error: { message: expect.stringContaining("the model fell over") },
    });
  });

  test.each([
    [
      "variant",
      { function_name: "talk", variant_name: "slow" },
      408,
      "Variant `slow` timed out due to configured `non_streaming.total_ms` timeout (60ms)",
    ],
    [
      "model",
      { function_name: "impatient", variant_name: "model_limit" },
      408,
      "Model slow_model timed out due to configured `non_streaming.total_ms` timeout (60ms)",
    ],
    [
      "provider",
      { function_name: "impatient", variant_name: "provider_limit" },
      500,
      "All model providers failed to infer with errors: main: Model provider main timed out due to configured `non_streaming.total_ms` timeout (60ms)",
    ],
  ])("time-out of the %s", async (_, target, status, text) => {
    h.provider.reply = () => {
      limits.expire();
      return completion("late");
    };
    const before = await h.stored();
    const reply = await h.post("/inference", { ...target, input: { messages: [] } });
    expect([reply.status, reply.body.error]).toEqual([status, text]);
    expect(await h.stored()).toBe(before);
  });

  test.each([
    ["no JSON", "pick up"],
    ["off the schema", '{"act":"pick up"}'],
    ["nothing", null],
  ])("an output that is %s: 200, parsed is null", async (_, content) => {
    h.provider.reply = () => completion(content);
    const { status, body } = await h.post("/inference", ACT);
    expect([status, body.output]).toEqual([200, { raw: content, parsed: null }]);
    expect(
      await h.rows(`SELECT output FROM JsonInference WHERE id = '${body.inference_id}'`),
    ).toEqual([{ output: JSON.stringify({ raw: content, parsed: null }) }]);
  });
});

/** [what, body, status, text] */
const feedbackErrors: [string, () => object, number, string][] = [
  [
    "an unknown metric",
    () => ({ metric_name: "nope", value: 1, episode_id: episodeId }),
    404,
    "Unknown metric: nope",
  ],
  [
    "both ids",
    () => ({ metric_name: "won", value: true, episode_id: episodeId, inference_id: inferenceId }),
    400,
    "Both episode_id and inference_id cannot be provided",
  ],
  [
    "a comment on nothing",
    () => ({ metric_name: "comment", value: "x" }),
    400,
    "Exactly one of inference_id or episode_id must be provided",
  ],
  [
    "the wrong level",
    () => ({ metric_name: "won", value: true, inference_id: inferenceId }),
    400,
    'Correct ID was not provided for feedback level "episode".',
  ],
  [
    "no id",
    () => ({ metric_name: "score", value: 1 }),
    400,
    'Correct ID was not provided for feedback level "inference".',
  ],
  [
    "an unknown episode",
    () => ({ metric_name: "won", value: true, episode_id: OLD }),
    400,
    `Episode ID: ${OLD} does not exist`,
  ],
  [
    "an unknown inference",
    () => ({ metric_name: "score", value: 1, inference_id: OLD }),
    400,
    `Inference ID: ${OLD} does not exist`,
  ],
  [
    "an unknown target and a wrong type: the target comes first",
    () => ({ metric_name: "score", value: "x", inference_id: OLD }),
    400,
    `Inference ID: ${OLD} does not exist`,
  ],
  [
    "an unknown target under dryrun",
    () => ({ metric_name: "score", value: 1, inference_id: OLD, dryrun: true }),
    400,
    `Inference ID: ${OLD} does not exist`,
  ],
  [
    "no number",
    () => ({ metric_name: "score", value: true, inference_id: inferenceId }),
    400,
    "Feedback value for metric `score` must be a number",
  ],
  [
    "no boolean",
    () => ({ metric_name: "won", value: 1, episode_id: episodeId }),
    400,
    "Feedback value for metric `won` must be a boolean",
  ],
  [
    "a comment that is no text",
    () => ({ metric_name: "comment", value: 1, episode_id: episodeId }),
    400,
    "Feedback value for a comment must be a string",
  ],
  [
    "a demonstration off the schema",
    () => ({ metric_name: "demonstration", value: { act: 1 }, inference_id: inferenceId }),
    400,
    `Demonstration does not fit function output schema: JSON Schema validation failed:\n"action" is a required property\n\nSchema:\n${TEST_CONFIG["act/output_schema.json"]}`,
  ],
  [
    "a UUIDv4",
    () => ({ metric_name: "won", value: true, episode_id: "11111111-1111-4111-8111-111111111111" }),
    400,
    "Failed to parse UUID as v7: 11111111-1111-4111-8111-111111111111",
  ],
  [
    "an unknown field",
    () => ({ metric_name: "won", value: true, episode_id: episodeId, x: 1 }),
    400,
    "x: unknown field `x`, expected one of `episode_id`, `inference_id`, `metric_name`, `value`, `internal`, `tags`, `dryrun`",
  ],
  [
    "a reserved tag",
    () => ({
      metric_name: "won",
      value: true,
      episode_id: episodeId,
      tags: { "tensorzero::a": "" },
    }),
    400,
    "Tag name cannot start with 'tensorzero::': tensorzero::a",
  ],
  ["no value", () => ({ metric_name: "won", episode_id: episodeId }), 400, "missing field `value`"],
];

test("feedback on an episode of dryruns: there is none", async () => {
  const { body } = await h.post("/inference", { ...ACT, dryrun: true });
  const before = await h.stored();
  const reply = await h.post("/feedback", {
    metric_name: "won",
    value: true,
    episode_id: body.episode_id,
  });
  expect([reply.status, reply.body.error]).toEqual([
    400,
    `Episode ID: ${body.episode_id} does not exist`,
  ]);
  expect(await h.stored()).toBe(before);
});

test.each(feedbackErrors)("POST /feedback with %s", async (_, body, status, text) => {
  const before = await h.stored();
  const reply = await h.post("/feedback", body());
  expect([reply.status, reply.body]).toEqual([status, { error: text }]);
  expect(await h.stored()).toBe(before);
});

const MESSAGES = [{ role: "user", content: "hi" }];
const content = (block: unknown) => ({
  model: "tensorzero::function_name::talk",
  messages: [{ role: "user", content: [block] }],
});
const openAIErrors: [string, unknown, number, string | RegExp][] = [
  [
    "an image in the system message",
    {
      model: "tensorzero::function_name::talk",
      messages: [
        { role: "system", content: [{ type: "image_url", image_url: { url: "http://x" } }] },
      ],
    },
    400,
    "Invalid request to OpenAI-compatible endpoint: System message must contain only text or template content blocks",
  ],
  ["no JSON", "{", 400, /^Failed to parse the request body as JSON/],
  ["no messages", { model: "tensorzero::function_name::talk" }, 400, "missing field `messages`"],
  [
    "a plain model",
    { model: "gpt-4o", messages: MESSAGES },
    400,
    /^Invalid request to OpenAI-compatible endpoint: `model` field must start with `tensorzero::function_name::`/,
  ],
  [
    "no function's name",
    { model: "tensorzero::function_name::", messages: MESSAGES },
    400,
    /cannot be empty$/,
  ],
  [
    "n = 2",
    { model: "tensorzero::function_name::talk", messages: MESSAGES, n: 2 },
    400,
    "Invalid request to OpenAI-compatible endpoint: TensorZero does not support `n` other than 1. Please omit this parameter or set it to 1.",
  ],
  [
    "stop as a number",
    { model: "tensorzero::function_name::talk", messages: MESSAGES, stop: 3 },
    400,
    "stop: data did not match any variant of untagged enum StopSequences",
  ],
  [
    "unknown fields that are denied",
    {
      model: "tensorzero::function_name::talk",
      messages: MESSAGES,
      "tensorzero::deny_unknown_fields": true,
      b: 1,
      a: 2,
    },
    400,
    "Invalid request to OpenAI-compatible endpoint: `tensorzero::deny_unknown_fields` is set to true, but found unknown fields in the request: [a, b]",
  ],
  [
    "a bad TensorZero block",
    content({ type: "tensorzero::template", "tensorzero::x": 1 }),
    400,
    "Invalid request to OpenAI-compatible endpoint: Invalid TensorZero content block: missing field `name`",
  ],
  [
    "a TensorZero block without type",
    content({ "tensorzero::arguments": {} }),
    400,
    "Invalid request to OpenAI-compatible endpoint: Invalid TensorZero content block: missing field `type`",
  ],
  [
    "text and arguments at once",
    content({ type: "text", text: "x", "tensorzero::arguments": {} }),
    400,
    'Invalid request to OpenAI-compatible endpoint: Invalid TensorZero content block: Only one of `text` or `tensorzero::arguments` can be set when using `"type": "text"`',
  ],
  [
    "text without text",
    content({ type: "text" }),
    400,
    'Invalid request to OpenAI-compatible endpoint: Invalid content block: Either `text` or `tensorzero::arguments` must be set when using `"type": "text"`',
  ],
  [
    "text that is a number",
    content({ type: "text", text: 1 }),
    400,
    'Invalid request to OpenAI-compatible endpoint: Invalid content block: `text` must be a string when using `"type": "text"`',
  ],
  [
    "a tool_choice that is none",
    { ...content({ type: "text", text: "x" }), tool_choice: "perhaps" },
    400,
    "tool_choice: Invalid tool choice string: perhaps",
  ],
  [
    "a bad block",
    content({ type: "video" }),
    400,
    /^Invalid request to OpenAI-compatible endpoint: Invalid content block: unknown variant `video`/,
  ],
  [
    "a tool's result without its call",
    {
      model: "tensorzero::function_name::talk",
      messages: [{ role: "tool", tool_call_id: "1", content: "x" }],
    },
    400,
    "Invalid request to OpenAI-compatible endpoint: tool call id not found",
  ],
  [
    "an unknown function",
    { model: "tensorzero::function_name::nope", messages: MESSAGES },
    404,
    "Unknown function: nope",
  ],
];

test.each(openAIErrors)(
  "POST /openai/v1/chat/completions with %s",
  async (_, body, status, text) => {
    const before = await h.stored();
    const reply = await h.post("/openai/v1/chat/completions", body);
    expect(reply.status).toBe(status);
    expect(Object.keys(reply.body)).toEqual(["error"]);
    expect(Object.keys(reply.body.error)).toEqual(["message"]);
    if (typeof text === "string") expect(reply.body.error.message).toBe(text);
    else expect(reply.body.error.message).toMatch(text);
    expect(await h.stored()).toBe(before);
  },
);

test("unknown routes, wrong methods, and the version on every answer", async () => {
  const unknown = await h.get("/v1/models");
  expect([unknown.status, unknown.body]).toEqual([
    404,
    { error: "Route not found: GET /v1/models" },
  ]);
  const method = await h.get("/inference");
  expect([method.status, method.body]).toEqual([405, ""]);
  for (const { headers } of [unknown, method, await h.get("/status")]) {
    expect(headers.get("x-tensorzero-gateway-version")).toBe("2026.6.0");
  }
});

test.each([
  ["/batch_inference", "batch inference"],
  ["/v1/datasets/d/datapoints", "datasets"],
  ["/v1/optimization/gepa", "optimization"],
  ["/experimental_optimization_workflow", "optimization"],
  ["/workflow_evaluation_run", "workflow evaluations"],
  ["/metrics", "Prometheus metrics"],
  [
    "/internal/functions/f/variant_sampling_probabilities",
    "the routes of TensorZero's user interface",
  ],
  ["/internal/episodes", "the routes of TensorZero's user interface"],
])("POST %s: lacking, and it is said so", async (path, what) => {
  const { status, body } = await h.post(path, {});
  const text = `The embedded gateway lacks ${what} (POST ${path}). Use the TensorZero Gateway itself.`;
  expect([status, body]).toEqual([501, { error: text }]);
});

test("a body of more than 100 MB", async () => {
  const reply = await h.post("/inference", `"${"x".repeat(100 * 1024 * 1024)}"`);
  expect([reply.status, reply.body.error]).toEqual([
    400,
    "Failed to buffer the request body: length limit exceeded (413 Payload Too Large)",
  ]);
});

test("ids made here are accepted at once", async () => {
  const { status } = await h.post("/inference", { ...ACT, episode_id: uuidv7() });
  expect(status).toBe(200);
});
