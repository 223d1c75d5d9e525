import { ACT_INPUT, TEST_CONFIG } from "./testing/config";
import { events, type Harness, openHarness } from "./testing/harness";
import { completion, streamedCompletion } from "./testing/stand-in";

let h: Harness;
beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "sk-planted" });
});
afterAll(() => h.close());
beforeEach(() => {
  h.provider.reply = () => completion('{"action":"pick up"}');
});

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ACT = { function_name: "act", variant_name: "first", input: ACT_INPUT };
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
      { pointer: "/not_here", value: 1, variant_name: "other" },
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
  expect((await h.get("/internal/functions/drawn/variant_sampling_probabilities")).body).toEqual({
    probabilities: { x: 0.25, y: 0.75 },
  });
  expect((await h.get("/internal/functions/nope/variant_sampling_probabilities")).status).toBe(404);
});

describe("cache", () => {
  const ask = (cache_options: object, more: object = {}) =>
    h.post("/inference", { ...ACT, cache_options, ...more });
  const calls = async (work: () => Promise<unknown>) => {
    const before = h.provider.requests.length;
    await work();
    return h.provider.requests.length - before;
  };

  test("on, off, read_only, write_only, max_age_s, dryrun", async () => {
    expect(await calls(() => ask({ enabled: "read_only" }))).toBe(1);
    expect(await calls(() => ask({ enabled: "on" }, { dryrun: true }))).toBe(1);
    expect(await calls(() => ask({ enabled: "write_only" }))).toBe(1);
    expect(await calls(() => ask({ enabled: "off" }))).toBe(1);
    const hit = await ask({ enabled: "on" });
    expect(hit.body.usage).toEqual({ input_tokens: 0, output_tokens: 0, cost: 0 });
    expect(
      await h.rows(
        `SELECT cached, input_tokens, response_time_ms, toFloat64(cost) AS cost FROM ModelInference WHERE inference_id = '${hit.body.inference_id}'`,
      ),
    ).toEqual([{ cached: true, input_tokens: 11, response_time_ms: 0, cost: 0 }]);
    expect(await calls(() => ask({ enabled: "on", max_age_s: 60 }))).toBe(0);
    expect(await calls(() => ask({ enabled: "on", max_age_s: 0 }))).toBe(1);
    const [entry] = await h.rows(
      "SELECT length(long_cache_key) AS n, input_tokens, finish_reason, is_deleted FROM ModelInferenceCache LIMIT 1",
    );
    expect(entry).toEqual({ n: "64", input_tokens: 11, finish_reason: "stop", is_deleted: false });
  });

  test("from the table, by another gateway on the same store", async () => {
    await ask({ enabled: "on" }, { params: { chat_completion: { seed: 5 } } });
    const other = await h.restarted();
    expect(
      await calls(async () =>
        other.app.request("/inference", {
          method: "POST",
          body: JSON.stringify({
            ...ACT,
            cache_options: { enabled: "on" },
            params: { chat_completion: { seed: 5 } },
          }),
        }),
      ),
    ).toBe(0);
  });
});

describe("streaming", () => {
  beforeEach(() => {
    h.provider.reply = (body) =>
      body.stream ? streamedCompletion(['{"act', 'ion":"', 'drop"}']) : completion("whole");
  });

  test("a JSON function, natively", async () => {
    const { status, body, headers } = await h.post("/inference", { ...ACT, stream: true });
    expect([status, headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    const sent = events(body);
    const base = {
      inference_id: expect.stringMatching(UUID7),
      episode_id: expect.stringMatching(UUID7),
      variant_name: "first",
    };
    expect(sent).toEqual([
      ...['{"act', 'ion":"', 'drop"}'].map((raw) => ({ ...base, raw })),
      {
        ...base,
        raw: "",
        usage: { input_tokens: 11, output_tokens: 7, cost: null },
        finish_reason: "stop",
      },
      "[DONE]",
    ]);
    expect(lastRequest()).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    const [row] = await h.rows(
      `SELECT output, ttft_ms IS NOT NULL AS timed FROM JsonInference WHERE id = '${sent[0].inference_id}'`,
    );
    expect(row).toEqual({
      output: '{"raw":"{\\"action\\":\\"drop\\"}","parsed":{"action":"drop"}}',
      timed: 1,
    });
    const [call] = await h.rows(
      `SELECT input_tokens, finish_reason, ttft_ms IS NOT NULL AS timed FROM ModelInference WHERE inference_id = '${sent[0].inference_id}'`,
    );
    expect(call).toEqual({ input_tokens: 11, finish_reason: "stop", timed: 1 });
  });

  test.each([[true], [false]])(
    "a chat in OpenAI's words, include_usage %s",
    async (include_usage) => {
      const { body } = await h.post("/openai/v1/chat/completions", {
        model: "tensorzero::function_name::talk",
        messages: [{ role: "user", content: "x" }],
        "tensorzero::variant_name": "plain",
        stream: true,
        stream_options: { include_usage },
      });
      const sent = events(body);
      expect(sent.at(-1)).toBe("[DONE]");
      const chunks = sent.slice(0, -1);
      expect(chunks.map((chunk) => chunk.choices[0].delta)).toEqual([
        { role: "assistant", content: '{"act' },
        { content: 'ion":"' },
        { content: 'drop"}' },
        {},
      ]);
      expect(chunks.map((chunk) => chunk.choices[0].finish_reason)).toEqual([
        null,
        null,
        null,
        "stop",
      ]);
      const usage = {
        prompt_tokens: 11,
        completion_tokens: 7,
        total_tokens: 18,
        tensorzero_cost: null,
      };
      expect(chunks.map((chunk) => chunk.usage)).toEqual([
        null,
        null,
        null,
        include_usage ? usage : null,
      ]);
      expect(chunks[0]).toMatchObject({
        object: "chat.completion.chunk",
        model: "tensorzero::function_name::talk::variant_name::plain",
      });
    },
  );

  test("a cached stream comes in the pieces in which it came", async () => {
    const ask = async () =>
      events(
        (
          await h.post("/inference", {
            ...ACT,
            stream: true,
            cache_options: { enabled: "on" },
            params: { chat_completion: { seed: 9 } },
          })
        ).body,
      );
    const first = await ask();
    const calls = h.provider.requests.length;
    const second = await ask();
    expect(h.provider.requests.length).toBe(calls);
    expect(second.map(({ raw }) => raw)).toEqual(first.map(({ raw }) => raw));
    expect(second.at(-2).usage).toEqual({ input_tokens: 0, output_tokens: 0, cost: 0 });
    const [row] = await h.rows(
      `SELECT cached, input_tokens, output FROM ModelInference WHERE inference_id = '${second[0].inference_id}'`,
    );
    expect(row).toEqual({
      cached: true,
      input_tokens: 11,
      output: '[{"type":"text","text":"{\\"action\\":\\"drop\\"}"}]',
    });
  });

  test("an error in the middle is an event", async () => {
    h.provider.reply = () => streamedCompletion(["half"], { broken: true });
    const sent = events((await h.post("/inference", { ...ACT, stream: true })).body);
    expect(sent[0].raw).toBe("half");
    expect(sent[1].error).toContain("the model fell over");
    expect(sent.at(-1)).toBe("[DONE]");
  });

  test("an error before the first piece is a plain error", async () => {
    h.provider.reply = () => new Response("no", { status: 500 });
    const { status, body } = await h.post("/inference", { ...ACT, stream: true });
    expect(status).toBe(500);
    expect(body.error).toContain("InvalidStatusCode(500 Internal Server Error): no");
  });

  test("a client that goes away does not stop the inference from being stored", async () => {
    const before = await h.stored();
    const response = await h.gateway.app.request("/inference", {
      method: "POST",
      body: JSON.stringify({ ...ACT, stream: true }),
    });
    await response.body?.cancel();
    for (let i = 0; i < 100 && (await h.stored()) === before; i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await h.stored()).toBe(before + 2);
  });

  test("the first piece has a time limit", async () => {
    h.provider.reply = async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return streamedCompletion(["late"]);
    };
    const { status, body } = await h.post("/inference", {
      function_name: "talk",
      variant_name: "slow",
      input: say("x"),
      stream: true,
    });
    expect([status, body.error]).toEqual([
      408,
      "Variant `slow` timed out due to configured `streaming.ttft_ms` timeout (60ms)",
    ]);
  });
});

describe("variant types", () => {
  const ask = (variant_name: string, more: object = {}) =>
    h.post("/inference", { function_name: "answer", variant_name, input: say("x"), ...more });
  const replyByModel = (byModel: Record<string, () => Response>) => {
    h.provider.reply = (body) =>
      byModel[String(body.model)]?.() ?? new Response(`no ${body.model}`, { status: 500 });
  };
  const models = async (id: string) =>
    (
      await h.rows<{ m: string }>(
        `SELECT model_name AS m FROM ModelInference WHERE inference_id = '${id}' ORDER BY m`,
      )
    ).map(({ m }) => m);

  test("best of n: the evaluator's choice; all calls are stored", async () => {
    replyByModel({
      "local-model": () => completion('{"action":"a"}'),
      "up-model": () => completion('{"action":"b"}'),
      "judge-model": () => completion('{"thinking":"b is better","answer_choice":1}'),
    });
    const { body } = await ask("best");
    expect(body.output).toEqual({ raw: '{"action":"b"}', parsed: { action: "b" } });
    expect(await models(body.inference_id)).toEqual(["judge", "local", "other"]);
    expect(body.usage.input_tokens).toBe(33);
    const streamed = events((await ask("best", { stream: true })).body);
    expect(streamed[0].raw).toBe('{"action":"b"}');
  });

  test("best of n: one candidate left, a failing evaluator, no candidate", async () => {
    replyByModel({ "up-model": () => completion('{"action":"b"}') });
    const one = await ask("best");
    expect([one.body.output.parsed, await models(one.body.inference_id)]).toEqual([
      { action: "b" },
      ["other"],
    ]);
    replyByModel({
      "local-model": () => completion('{"action":"a"}'),
      "up-model": () => completion('{"action":"b"}'),
      "judge-model": () => completion("no idea"),
    });
    expect(["a", "b"]).toContain((await ask("best")).body.output.parsed.action);
    replyByModel({});
    const none = await ask("best");
    expect(none.status).toBe(502);
    expect(none.body.error).toMatch(
      /^All candidates failed with errors: candidates\[0\] \(a\): .*\ncandidates\[1\] \(b\): /,
    );
  });

  test("mixture of n: the fuser's answer", async () => {
    replyByModel({
      "local-model": () => completion('{"action":"a"}'),
      "up-model": () => completion('{"action":"b"}'),
      "judge-model": () => completion('{"action":"both"}'),
    });
    const { body } = await ask("mixture");
    expect(body.output.parsed).toEqual({ action: "both" });
    expect(await models(body.inference_id)).toEqual(["judge", "local", "other"]);
    expect(JSON.stringify(lastRequest())).toContain('0: {\\"action\\":\\"a\\"}');
  });

  test("chain of thought: the thinking is kept beside the output", async () => {
    replyByModel({
      "local-model": () => completion('{"thinking":"hm","response":{"action":"a"}}'),
    });
    const { body } = await ask("thinker");
    expect(body.output).toEqual({ raw: '{"action":"a"}', parsed: { action: "a" } });
    expect(
      await h.rows(`SELECT auxiliary_content FROM JsonInference WHERE id = '${body.inference_id}'`),
    ).toEqual([{ auxiliary_content: '[{"type":"thought","text":"hm"}]' }]);
    expect((await ask("thinker", { stream: true })).status).toBe(500);
  });

  test("in-context learning: the nearest examples within the distance", async () => {
    const example = (input: string, embedding: number[]) => ({
      id: "019a0000-0000-7000-8000-000000000000",
      function_name: "answer",
      variant_name: "shown",
      namespace: "",
      input,
      output: JSON.stringify({ raw: `{"action":"${input}"}`, parsed: { action: input } }),
      embedding,
    });
    await h.clickhouse.insert({
      table: "DynamicInContextLearningExample",
      values: [example("near", [1, 0.1]), example("nearest", [1, 0]), example("far", [-1, 0])],
      format: "JSONEachRow",
    });
    h.provider.reply = (body) =>
      "input" in body
        ? Response.json({
            data: [{ index: 0, embedding: [1, 0] }],
            usage: { prompt_tokens: 3, total_tokens: 3 },
          })
        : completion('{"action":"c"}');
    const { body } = await ask("shown");
    expect(body.output.parsed).toEqual({ action: "c" });
    const input = JSON.stringify({
      messages: [{ role: "user", content: [{ type: "text", text: "x" }] }],
    });
    expect(lastRequest()?.messages).toEqual([
      { role: "system", content: expect.any(String) },
      { role: "user", content: "nearest" },
      { role: "assistant", content: '{"action":"nearest"}' },
      { role: "user", content: "near" },
      { role: "assistant", content: '{"action":"near"}' },
      { role: "user", content: input },
    ]);
    expect(await models(body.inference_id)).toEqual(["embedder", "local"]);
    expect(h.provider.requests.at(-2)).toEqual({
      input,
      model: "embedding-model",
      encoding_format: "float",
      dimensions: 2,
    });
  });
});

describe("feedback and lists", () => {
  let ids: { inference_id: string; episode_id: string }[];

  beforeAll(async () => {
    h.provider.reply = () => completion('{"action":"pick up"}');
    ids = [];
    for (const run of ["one", "two", "three"])
      ids.push((await h.post("/inference", { ...ACT, tags: { list: run } })).body);
    const give = async (body: object) =>
      expect((await h.post("/feedback", body)).body).toEqual({
        feedback_id: expect.stringMatching(UUID7),
      });
    await give({
      metric_name: "won",
      value: true,
      episode_id: ids[0]?.episode_id,
      tags: { by: "test" },
    });
    await give({ metric_name: "won", value: false, episode_id: ids[1]?.episode_id });
    for (const [index, score] of [0.5, 0.25, 0.75].entries())
      await give({ metric_name: "score", value: score, inference_id: ids[index]?.inference_id });
    await give({ metric_name: "comment", value: "well done", episode_id: ids[0]?.episode_id });
    await give({
      metric_name: "demonstration",
      value: { action: "drop" },
      inference_id: ids[0]?.inference_id,
    });
  });

  test("each kind has its row", async () => {
    const episode = ids[0]?.episode_id;
    expect(
      await h.rows(`SELECT value, tags FROM BooleanMetricFeedback WHERE target_id = '${episode}'`),
    ).toEqual([{ value: true, tags: { by: "test" } }]);
    expect(
      await h.rows(
        `SELECT variant_name, value FROM BooleanMetricFeedbackByVariant WHERE uint_to_uuid(target_id_uint) = '${episode}'`,
      ),
    ).toEqual([{ variant_name: "first", value: true }]);
    expect(
      await h.rows(`SELECT target_type, value FROM CommentFeedback WHERE target_id = '${episode}'`),
    ).toEqual([{ target_type: "episode", value: "well done" }]);
    expect(
      await h.rows(
        `SELECT value FROM DemonstrationFeedback WHERE inference_id = '${ids[0]?.inference_id}'`,
      ),
    ).toEqual([{ value: '{"raw":"{\\"action\\":\\"drop\\"}","parsed":{"action":"drop"}}' }]);
  });

  test("feedback with dryrun is checked and not stored", async () => {
    const before = await h.stored();
    const { status } = await h.post("/feedback", {
      metric_name: "won",
      value: true,
      episode_id: ids[0]?.episode_id,
      dryrun: true,
    });
    expect([status, await h.stored()]).toEqual([200, before]);
  });

  const list = async (body: object): Promise<string[]> => {
    const reply = await h.post("/v1/inferences/list_inferences", { function_name: "act", ...body });
    expect(reply.status).toBe(200);
    const order = ids.map(({ inference_id }) => inference_id);
    return reply.body.inferences.map(
      ({ inference_id }: { inference_id: string }) =>
        ["one", "two", "three"][order.indexOf(inference_id)],
    );
  };
  const tag = { type: "tag", key: "list", value: "none", comparison_operator: "!=" };

  test("newest first, limits, cursors", async () => {
    expect(await list({ filters: tag })).toEqual(["three", "two", "one"]);
    expect(await list({ filters: tag, limit: 1, offset: 1 })).toEqual(["two"]);
    expect(await list({ filters: tag, before: ids[2]?.inference_id, limit: 1 })).toEqual(["two"]);
    expect(await list({ filters: tag, after: ids[0]?.inference_id, limit: 1 })).toEqual(["two"]);
    expect(await list({ variant_name: "first", episode_id: ids[1]?.episode_id })).toEqual(["two"]);
    expect(await list({ function_name: undefined, filters: tag })).toEqual(["three", "two", "one"]);
  });

  test("filters and order by metric", async () => {
    const score = (comparison_operator: string, value: number) => ({
      type: "float_metric",
      metric_name: "score",
      value,
      comparison_operator,
    });
    expect(await list({ filters: score(">", 0.3) })).toEqual(["three", "one"]);
    expect(
      await list({ filters: { type: "boolean_metric", metric_name: "won", value: true } }),
    ).toEqual(["one"]);
    expect(
      await list({
        filters: { type: "and", children: [score(">", 0.3), { ...tag, value: "one" }] },
      }),
    ).toEqual(["three"]);
    expect(
      await list({
        filters: {
          type: "or",
          children: [score("<", 0.3), { type: "demonstration_feedback", has_demonstration: true }],
        },
      }),
    ).toEqual(["two", "one"]);
    expect(await list({ filters: { type: "not", child: score("<", 0.3) }, limit: 2 })).toEqual([
      "three",
      "one",
    ]);
    expect(
      await list({
        filters: tag,
        order_by: [{ by: "metric", name: "score", direction: "ascending" }],
      }),
    ).toEqual(["two", "one", "three"]);
    expect(
      await list({
        filters: { type: "time", time: "2001-01-01T00:00:00Z", comparison_operator: "<" },
      }),
    ).toEqual([]);
  });

  test("what a listed inference looks like, also with its demonstration", async () => {
    const body = { ids: [ids[0]?.inference_id], output_source: "demonstration" };
    const { inferences } = (await h.post("/v1/inferences/get_inferences", body)).body;
    expect(inferences).toEqual([
      {
        type: "json",
        function_name: "act",
        variant_name: "first",
        input: ACT_INPUT,
        output: { raw: '{"action":"drop"}', parsed: { action: "drop" } },
        dispreferred_outputs: [{ raw: '{"action":"pick up"}', parsed: { action: "pick up" } }],
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        episode_id: ids[0]?.episode_id,
        inference_id: ids[0]?.inference_id,
        output_schema: JSON.parse(TEST_CONFIG["act/output_schema.json"] ?? ""),
        tags: { list: "one", "tensorzero::variant_pinned": "first" },
        extra_body: [],
        inference_params: { chat_completion: { temperature: expect.any(Number), max_tokens: 64 } },
        processing_time_ms: expect.any(Number),
        ttft_ms: null,
        snapshot_hash: h.gateway.config.hash,
      },
    ]);
  });

  test.each([
    [{ function_name: "nope" }, 404, "Unknown function: nope"],
    [
      { filters: { type: "boolean_metric", metric_name: "nope", value: true } },
      400,
      "Invalid metric name: nope",
    ],
    [
      { before: "01900000-0000-7000-8000-000000000000", offset: 1 },
      400,
      "Cannot use 'offset' with cursor pagination ('before' or 'after')",
    ],
  ])("refuses %j", async (body, status, text) => {
    const reply = await h.post("/v1/inferences/list_inferences", { function_name: "act", ...body });
    expect([reply.status, reply.body.error]).toEqual([status, text]);
  });
});

test("status and health", async () => {
  expect((await h.get("/status")).body).toEqual({
    status: "ok",
    version: "2026.4.1",
    config_hash: expect.stringMatching(/^\d{70,78}$/),
  });
  const health = await h.get("/health");
  expect([health.status, health.body]).toEqual([
    200,
    { gateway: "ok", clickhouse: "ok", postgres: "ok", valkey: "ok", valkey_cache: "ok" },
  ]);
});
