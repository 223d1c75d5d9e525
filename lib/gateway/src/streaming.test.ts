import { ACT, TEST_CONFIG } from "./testing/config";
import { events, type Harness, openHarness } from "./testing/harness";
import { completion, streamedCompletion } from "./testing/stand-in";
import { holdTimeLimits } from "./testing/time-limits";

let h: Harness;
/** The limits of `slow` and its like. */
const limits = holdTimeLimits(60);
beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "sk-planted" });
});
afterAll(async () => {
  limits.restore();
  await h.close();
});
beforeEach(() => {
  h.provider.reply = () => completion('{"action":"pick up"}');
});

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const say = (text: string) => ({ messages: [{ role: "user", content: text }] });
const lastRequest = () => h.provider.requests.at(-1);

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
      `SELECT output, ttft_ms <= processing_time_ms AS timed FROM JsonInference WHERE id = '${sent[0].inference_id}'`,
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
    expect(body.error).toContain("Invalid status code: 500 Internal Server Error: no");
  });

  test("a client that goes away does not stop the inference from being stored", async () => {
    const before = await h.stored();
    const response = await h.gateway.app.request("/inference", {
      method: "POST",
      body: JSON.stringify({ ...ACT, stream: true }),
    });
    await response.body?.cancel();
    while ((await h.stored()) === before) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await h.stored()).toBe(before + 2);
  });

  test("the first piece has a time limit", async () => {
    h.provider.reply = () => {
      limits.expire();
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
