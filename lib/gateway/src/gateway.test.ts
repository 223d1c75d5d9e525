import { ACT, ACT_INPUT, TEST_CONFIG } from "./testing/config";
import { type Harness, openHarness } from "./testing/harness";
import { completion } from "./testing/stand-in";

let h: Harness;
beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "sk-planted" });
});
afterAll(() => h.close());
beforeEach(() => {
  h.provider.reply = () => completion('{"action":"pick up"}');
});

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const say = (text: string) => ({ messages: [{ role: "user", content: text }] });
const lastRequest = () => h.provider.requests.at(-1);

test("a JSON function: answer, provider's request and rows", async () => {
  const { status, body } = await h.post("/inference", { ...ACT, tags: { run: "r1" } });
  expect(status).toBe(200);
  expect(body).toEqual({
    inference_id: expect.stringMatching(UUID7),
    episode_id: expect.stringMatching(UUID7),
    variant_name: "first",
    output: { raw: '{"action":"pick up"}', parsed: { action: "pick up" } },
    usage: { input_tokens: 11, output_tokens: 7, cost: null },
    finish_reason: "stop",
  });
  // Neither message names JSON, so the system message must; floats go out in single precision.
  expect(JSON.stringify(lastRequest())).toBe(
    '{"messages":[{"role":"system","content":"Respond using JSON.\\n\\nMission: go to the red ball"},' +
      '{"role":"user","content":"You see a wall."}],"model":"local-model","temperature":0.699999988079071,' +
      '"max_completion_tokens":64,"stream":false,"response_format":{"type":"json_object"}}',
  );
  expect(h.provider.headers.at(-1)?.authorization).toBe("Bearer sk-planted");
  const [row] = await h.rows(
    `SELECT *, toString(timestamp) != '' AS timed FROM JsonInference WHERE id = '${body.inference_id}'`,
  );
  expect(row).toEqual({
    id: body.inference_id,
    function_name: "act",
    variant_name: "first",
    episode_id: body.episode_id,
    input:
      '{"system":{"mission":"go to the red ball"},"messages":[{"role":"user","content":[{"type":"template","name":"user",' +
      '"arguments":{"observation":"a wall"}}]}]}',
    output: '{"raw":"{\\"action\\":\\"pick up\\"}","parsed":{"action":"pick up"}}',
    output_schema: TEST_CONFIG["act/output_schema.json"],
    inference_params: '{"chat_completion":{"temperature":0.7,"max_tokens":64}}',
    processing_time_ms: expect.any(Number),
    ttft_ms: null,
    tags: { run: "r1", "tensorzero::variant_pinned": "first" },
    extra_body: "[]",
    auxiliary_content: "[]",
    snapshot_hash: h.gateway.config.hash,
    timed: 1,
  });
  const [call] = await h.rows(
    `SELECT * FROM ModelInference WHERE inference_id = '${body.inference_id}'`,
  );
  expect(call).toMatchObject({
    raw_request: JSON.stringify(lastRequest()),
    model_name: "local",
    model_provider_name: "main",
    input_tokens: 11,
    output_tokens: 7,
    system: "Mission: go to the red ball",
    input_messages: '[{"role":"user","content":[{"type":"text","text":"You see a wall."}]}]',
    output: '[{"type":"text","text":"{\\"action\\":\\"pick up\\"}"}]',
    cached: false,
    finish_reason: "stop",
    cost: null,
    function_name: "act",
    variant_name: "first",
  });
  const leaked = await h.rows(
    "SELECT count() AS n FROM ModelInference WHERE raw_request LIKE '%planted%' OR raw_response LIKE '%planted%'",
  );
  expect(leaked).toEqual([{ n: "0" }]);
});

test("the same call in OpenAI's words stores the same input", async () => {
  const { status, body } = await h.post("/openai/v1/chat/completions", {
    model: "tensorzero::function_name::act",
    messages: [
      {
        role: "system",
        content: [{ type: "tensorzero::template", name: "system", arguments: ACT_INPUT.system }],
      },
      {
        role: "user",
        content: [
          { type: "tensorzero::template", name: "user", arguments: { observation: "a wall" } },
        ],
      },
    ],
    max_tokens: 9,
    max_completion_tokens: 8,
    "tensorzero::variant_name": "first",
    "tensorzero::params": { chat_completion: { temperature: 0 } },
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    id: expect.stringMatching(UUID7),
    episode_id: expect.stringMatching(UUID7),
    choices: [
      {
        index: 0,
        finish_reason: "stop",
        message: { role: "assistant", content: '{"action":"pick up"}' },
      },
    ],
    created: expect.any(Number),
    model: "tensorzero::function_name::act::variant_name::first",
    system_fingerprint: "",
    service_tier: null,
    object: "chat.completion",
    usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, tensorzero_cost: null },
  });
  expect(
    await h.rows(`SELECT input, inference_params FROM JsonInference WHERE id = '${body.id}'`),
  ).toEqual([
    {
      input: JSON.stringify(ACT_INPUT),
      inference_params: '{"chat_completion":{"temperature":0,"max_tokens":8}}',
    },
  ]);
});

test("a model without a function, and a chat with tools", async () => {
  h.provider.reply = () => completion("hello");
  const plain = await h.post("/openai/v1/chat/completions", {
    model: "tensorzero::model_name::judge",
    messages: [
      { role: "system", content: "be brief" },
      { role: "developer", content: "be kind" },
      { role: "user", content: "hi" },
    ],
  });
  expect(plain.body).toMatchObject({
    model: "tensorzero::model_name::judge",
    choices: [{ message: { content: "hello" } }],
  });
  expect(lastRequest()?.messages).toEqual([
    { role: "system", content: "be brief\nbe kind" },
    { role: "user", content: "hi" },
  ]);
  h.provider.reply = () =>
    Response.json({
      choices: [
        {
          index: 0,
          finish_reason: "tool_calls",
          message: {
            role: "assistant",
            content: null,
            tool_calls: [
              {
                id: "c1",
                type: "function",
                function: { name: "look", arguments: '{"where":"left"}' },
              },
              { id: "c2", type: "function", function: { name: "look", arguments: "{}" } },
              { id: "c3", type: "function", function: { name: "fly", arguments: "{}" } },
            ],
          },
        },
      ],
      usage: { prompt_tokens: 0, completion_tokens: 7 },
    });
  const tools = await h.post("/inference", {
    function_name: "talk",
    variant_name: "plain",
    input: say("look left"),
    tool_choice: "required",
  });
  expect(lastRequest()).toMatchObject({
    tools: [
      {
        type: "function",
        function: {
          name: "look",
          description: "Looks in a direction.",
          parameters: JSON.parse(TEST_CONFIG["talk/look.json"] ?? ""),
        },
        strict: false,
      },
    ],
    tool_choice: "required",
  });
  expect(tools.body.finish_reason).toBe("tool_call");
  expect(tools.body.content).toEqual([
    {
      type: "tool_call",
      id: "c1",
      raw_name: "look",
      raw_arguments: '{"where":"left"}',
      name: "look",
      arguments: { where: "left" },
    },
    {
      type: "tool_call",
      id: "c2",
      raw_name: "look",
      raw_arguments: "{}",
      name: "look",
      arguments: null,
    },
    {
      type: "tool_call",
      id: "c3",
      raw_name: "fly",
      raw_arguments: "{}",
      name: null,
      arguments: null,
    },
  ]);
  const rows = await h.rows(
    "SELECT function_name, variant_name, tool_choice, output FROM ChatInference ORDER BY toUInt128(id)",
  );
  expect(rows).toEqual([
    {
      function_name: "tensorzero::default",
      variant_name: "judge",
      tool_choice: null,
      output: '[{"type":"text","text":"hello"}]',
    },
    {
      function_name: "talk",
      variant_name: "plain",
      tool_choice: "required",
      output: JSON.stringify(tools.body.content),
    },
  ]);
  // A count of 0 is a provider's mistake and is stored as NULL.
  expect(
    await h.rows(
      `SELECT input_tokens FROM ModelInference WHERE inference_id = '${tools.body.inference_id}'`,
    ),
  ).toEqual([{ input_tokens: null }]);
});

test("templates by name, plain text beside them", async () => {
  h.provider.reply = () => completion("hi");
  await h.post("/inference", {
    function_name: "talk",
    variant_name: "templated",
    input: {
      messages: [
        {
          role: "user",
          content: [
            { type: "template", name: "greeting", arguments: { name: "Ada" } },
            { type: "text", text: "well?" },
          ],
        },
      ],
    },
  });
  expect(lastRequest()?.messages).toEqual([
    {
      role: "user",
      content: [
        { type: "text", text: "Hello Ada!" },
        { type: "text", text: "well?" },
      ],
    },
  ]);
});

test("JSON modes: strict by default, tool, and 3.5's fallback", async () => {
  const call = async (params: object) => {
    await h.post("/inference", {
      function_name: "retried",
      variant_name: "only",
      input: say("x"),
      params: { chat_completion: params },
      output_schema: { type: "object" },
    });
    return lastRequest();
  };
  expect((await call({ json_mode: "strict" }))?.response_format).toEqual({
    type: "json_schema",
    json_schema: { name: "response", strict: true, schema: { type: "object" } },
  });
  expect(await call({ json_mode: "tool" })).toMatchObject({
    tools: [{ function: { name: "respond", parameters: { type: "object" } } }],
    tool_choice: { type: "function", function: { name: "respond" } },
  });
  expect((await call({}))?.response_format).toBeUndefined();
});

test("JSON mode tool makes a chat function answer in a schema, as text", async () => {
  h.provider.reply = () =>
    Response.json({
      choices: [
        {
          index: 0,
          finish_reason: "tool_calls",
          message: {
            role: "assistant",
            tool_calls: [
              { id: "c", type: "function", function: { name: "respond", arguments: '{"a":1}' } },
            ],
          },
        },
      ],
    });
  const { body } = await h.post("/inference", {
    function_name: "drawn",
    variant_name: "x",
    input: say("x"),
    params: { chat_completion: { json_mode: "tool" } },
    output_schema: { type: "object" },
  });
  expect(body.content).toEqual([{ type: "text", text: '{"a":1}' }]);
  expect(body.usage).toEqual({ input_tokens: null, output_tokens: null, cost: null });
});

test("routing: the next provider after the first failed, and its cost", async () => {
  h.provider.reply = (body) =>
    body.model === "down-model" ? new Response("down", { status: 503 }) : completion("ok");
  const { body } = await h.post("/inference", { model_name: "other", input: say("x") });
  expect(body.usage).toEqual({ input_tokens: 11, output_tokens: 7, cost: 0.000078 });
  expect(
    await h.rows(
      `SELECT model_provider_name AS p, toString(cost) AS cost FROM ModelInference WHERE inference_id = '${body.inference_id}'`,
    ),
  ).toEqual([{ p: "up", cost: "0.000078" }]);
});

test("extra bodies and headers, of the request and filtered by variant", async () => {
  await h.post("/inference", {
    ...ACT,
    extra_body: [
      { pointer: "/a/b", value: 1 },
      { pointer: "/temperature", delete: true },
      { pointer: "/not_here", value: 1, variant_name: "second" },
    ],
    extra_headers: [{ name: "X-Test", value: "yes" }],
  });
  expect(lastRequest()).toMatchObject({ a: { b: 1 } });
  expect(lastRequest()).not.toHaveProperty("temperature");
  expect(lastRequest()).not.toHaveProperty("not_here");
  expect(h.provider.headers.at(-1)?.["x-test"]).toBe("yes");
});

test("extra bodies and headers: the provider's come after the variant's, the request's after both", async () => {
  h.provider.reply = (body) =>
    body.model === "down-model" ? new Response("down", { status: 503 }) : completion("ok");
  const ask = async (more: object = {}) => {
    await h.post("/inference", {
      function_name: "answer",
      variant_name: "b",
      input: say("x"),
      ...more,
    });
    return [lastRequest()?.by, lastRequest()?.variant, h.provider.headers.at(-1)?.["x-by"]];
  };
  expect(await ask()).toEqual(["provider", true, "provider"]);
  const change = (filter: object) => ({
    extra_body: [{ pointer: "/by", value: "request", ...filter }],
    extra_headers: [{ name: "X-By", value: "request", ...filter }],
  });
  const changed = ["request", true, "request"];
  expect(await ask(change({}))).toEqual(changed);
  expect(await ask(change({ model_name: "other", provider_name: "up" }))).toEqual(changed);
  expect(await ask(change({ model_name: "other", provider_name: "down" }))).toEqual([
    "provider",
    true,
    "provider",
  ]);
  expect(h.provider.requests.at(-2)).toMatchObject({ model: "down-model", by: "request" });
});

test("dryrun stores nothing", async () => {
  const before = await h.stored();
  const { status, body } = await h.post("/inference", { ...ACT, dryrun: true });
  expect([status, body.inference_id]).toEqual([200, expect.stringMatching(UUID7)]);
  expect(await h.stored()).toBe(before);
});

test("one episode stays with one variant, and weights are kept", async () => {
  h.provider.reply = () => completion("x");
  const drawn = new Map<string, number>();
  for (let i = 0; i < 60; i++) {
    const { body } = await h.post("/inference", {
      function_name: "drawn",
      input: say("x"),
      dryrun: true,
    });
    drawn.set(body.variant_name, (drawn.get(body.variant_name) ?? 0) + 1);
    const again = await h.post("/inference", {
      function_name: "drawn",
      input: say("x"),
      dryrun: true,
      episode_id: body.episode_id,
    });
    expect(again.body.variant_name).toBe(body.variant_name);
  }
  expect([...drawn.keys()].sort()).toEqual(["x", "y"]);
});

test("status and health", async () => {
  expect((await h.get("/status")).body).toEqual({
    status: "ok",
    version: "2026.6.0",
    config_hash: expect.stringMatching(/^\d{70,78}$/),
  });
  const health = await h.get("/health");
  expect([health.status, health.body]).toEqual([
    200,
    { gateway: "ok", clickhouse: "ok", postgres: "ok", valkey: "ok", valkey_cache: "ok" },
  ]);
});

test("health tells of a store that takes no rows, and of rows that it refused", async () => {
  const told = jest.spyOn(console, "error").mockImplementation(() => {});
  const feedback = async (value: string) => {
    const { body } = await h.post("/inference", ACT);
    await h.post("/feedback", { metric_name: "comment", inference_id: body.inference_id, value });
  };
  const alter = (query: string) =>
    h.clickhouse.command({ query: `ALTER TABLE CommentFeedback ${query}` });
  await alter("ADD CONSTRAINT kind CHECK value != 'bad'");
  await feedback("bad");
  await feedback("good");
  expect(await h.rows("SELECT value FROM CommentFeedback WHERE value IN ('good', 'bad')")).toEqual([
    { value: "good" },
  ]);
  await alter("DROP CONSTRAINT kind");
  expect(await h.get("/health")).toMatchObject({
    status: 200,
    body: { clickhouse: "ok", refused_rows: 1 },
  });
  expect(told.mock.calls.flat().join()).toContain("refuses 1 row(s)");

  await h.clickhouse.command({ query: "RENAME TABLE CommentFeedback TO Away" });
  await feedback("late");
  await expect(h.gateway.flush()).rejects.toThrow("CommentFeedback");
  expect(await h.get("/health")).toMatchObject({
    status: 503,
    body: { gateway: "ok", clickhouse: "error" },
  });
  await h.clickhouse.command({ query: "RENAME TABLE Away TO CommentFeedback" });
  expect(await h.rows("SELECT value FROM CommentFeedback WHERE value = 'late'")).toHaveLength(1);
  expect((await h.get("/health")).status).toBe(200);
  told.mockRestore();
});
