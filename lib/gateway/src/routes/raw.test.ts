import { TEST_CONFIG } from "../testing/config";
import { events, type Harness, openHarness } from "../testing/harness";
import { completion, streamedCompletion } from "../testing/stand-in";

let h: Harness;
beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "k" });
});
afterAll(() => h.close());

const input = { messages: [{ role: "user", content: "x" }] };
const API = { provider_type: "openai", api_type: "chat_completions" };
const failed = (data: string) => ({ ...API, data });
const answered = (data: string) => ({
  ...API,
  model_inference_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  data: expect.stringContaining(data),
});
const broken = (text: string) => new Response(text, { status: 500 });
const ask = (body: object) => h.post("/inference", { input, include_raw_response: true, ...body });

/** Answers by the model that is asked; what is not named fails by its name. */
function replyBy(byModel: Record<string, () => Response>): void {
  h.provider.reply = ({ model }) => byModel[String(model)]?.() ?? broken(`no ${model}`);
}

describe("raw_response", () => {
  test("a retry, then the answer; the failed one is not stored", async () => {
    const first = h.provider.requests.length;
    h.provider.reply = (_, index) => (index === first ? broken("first try") : completion("{}"));
    const { body } = await ask({ function_name: "retried" });
    expect(body.raw_response).toEqual([failed("first try"), answered('"content":"{}"')]);
    const rows = await h.rows(
      `SELECT raw_response FROM ModelInference WHERE inference_id = '${body.inference_id}'`,
    );
    expect(rows).toEqual([{ raw_response: expect.stringContaining('"content":"{}"') }]);
  });

  test("the next provider, also behind OpenAI's words", async () => {
    replyBy({ "up-model": () => completion("up") });
    const entries = [failed("no down-model"), answered("up")];
    expect((await ask({ model_name: "other" })).body.raw_response).toEqual(entries);
    const openai = await h.post("/openai/v1/chat/completions", {
      model: "tensorzero::model_name::other",
      messages: input.messages,
      "tensorzero::include_raw_response": true,
    });
    expect(openai.body.tensorzero_raw_response).toEqual(entries);
  });

  test("a stream tells of failed tries first", async () => {
    replyBy({ "up-model": () => streamedCompletion(["a"]) });
    const { body } = await ask({ model_name: "other", stream: true });
    const [first, second] = events(body);
    expect([first.content, first.raw_response]).toEqual([[], [failed("no down-model")]]);
    expect([second.content, second.raw_response]).toEqual([[expect.anything()], undefined]);
  });

  test("variants that were drawn before", async () => {
    replyBy({ "judge-model": () => completion("z") });
    const { body } = await ask({ function_name: "drawn" });
    expect(body.variant_name).toBe("z");
    expect(body.raw_response.at(-1)).toEqual(answered("z"));
    const before = body.raw_response.slice(0, -1);
    expect(new Set(before)).toEqual(
      new Set(["no local-model", "no down-model", "no up-model"].map(failed)),
    );
  });

  test("candidates, the evaluator and the fuser", async () => {
    replyBy({
      "up-model": () => completion('{"action":"b"}'),
      "judge-model": () => completion('{"action":"j"}'),
    });
    const one = await ask({ function_name: "answer", variant_name: "best" });
    expect(one.body.raw_response).toEqual([
      failed("no local-model"),
      failed("no down-model"),
      answered("b"),
    ]);
    for (const variant_name of ["best", "mixture"]) {
      replyBy({
        "local-model": () => completion('{"action":"a"}'),
        "up-model": () => completion('{"action":"b"}'),
      });
      const { body } = await ask({ function_name: "answer", variant_name });
      const told = body.raw_response.map((entry: { data: string }) => entry.data);
      expect(told).toContain("no judge-model");
      expect(told).toContain("no down-model");
      expect(told).toHaveLength(4);
    }
  });

  test("an inference that failed, on both routes", async () => {
    h.provider.reply = () => new Response("down", { status: 503 });
    const native = await ask({ function_name: "retried", variant_name: "only" });
    expect(native.body).toEqual({
      error: expect.stringContaining("All retries failed"),
      raw_response: [failed("down"), failed("down")],
    });
    const openai = await h.post("/openai/v1/chat/completions", {
      model: "tensorzero::model_name::local",
      messages: input.messages,
      "tensorzero::include_raw_response": true,
    });
    expect(openai.body).toEqual({
      error: { message: expect.stringContaining("All variants failed") },
      tensorzero_raw_response: [failed("down")],
    });
    const plain = await ask({ model_name: "local", include_raw_response: false });
    expect(Object.keys(plain.body)).toEqual(["error"]);
  });

  test("a stream that breaks off: the event that did it", async () => {
    h.provider.reply = () => streamedCompletion(["half"], { broken: true });
    const sent = events((await ask({ model_name: "local", stream: true })).body);
    expect(sent[1]).toEqual({
      error: expect.stringContaining("the model fell over"),
      raw_chunk: '{"error":{"message":"the model fell over"}}',
    });
  });
});

describe("raw_usage", () => {
  const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
  const entry = { ...API, model_inference_id: expect.any(String), data: usage };

  test("each provider's own count; none of what was cached", async () => {
    h.provider.reply = () => completion("x");
    const body = {
      model_name: "local",
      include_raw_response: false,
      include_raw_usage: true,
      cache_options: { enabled: "on" },
    };
    expect((await ask(body)).body.raw_usage).toEqual([entry]);
    expect((await ask(body)).body.raw_usage).toEqual([]);
    expect((await ask({ model_name: "local" })).body).not.toHaveProperty("raw_usage");
  });

  test("streamed: with the piece that has it", async () => {
    h.provider.reply = () => streamedCompletion(["a", "b"]);
    const asked = { model_name: "local", include_raw_usage: true, include_raw_response: false };
    const native = events((await ask({ ...asked, stream: true })).body);
    expect(native.filter((event) => event.raw_usage)).toEqual([
      expect.objectContaining({ content: [], raw_usage: [entry] }),
    ]);
    const openai = (more: object) =>
      h.post("/openai/v1/chat/completions", {
        model: "tensorzero::model_name::local",
        messages: input.messages,
        stream: true,
        "tensorzero::include_raw_usage": true,
        ...more,
      });
    const chunks = events((await openai({})).body);
    expect(chunks.filter((chunk) => chunk.tensorzero_raw_usage)).toEqual([
      expect.objectContaining({ tensorzero_raw_usage: [entry] }),
    ]);
    // It implies the sum in the last piece.
    expect(chunks.at(-2).usage).toMatchObject({ total_tokens: 18 });
    const refused = await openai({ stream_options: { include_usage: false } });
    expect([refused.status, refused.body.error.message]).toEqual([
      400,
      "Invalid request to OpenAI-compatible endpoint: `tensorzero::include_raw_usage` requires `stream_options.include_usage` to be true (or omitted) for streaming requests",
    ]);
  });
});

test("thoughts that are sent back stand where they stood", async () => {
  h.provider.reply = () => completion("x");
  const thought = (text: string, insert_index?: number) => ({
    type: "thought",
    text,
    insert_index,
  });
  const ask = (tensorzero_extra_content: object[]) =>
    h.post("/openai/v1/chat/completions", {
      model: "tensorzero::model_name::local",
      messages: [
        { role: "user", content: "hi" },
        { role: "assistant", content: "hello", tensorzero_extra_content },
        { role: "user", content: "go on" },
      ],
    });
  const { body } = await ask([thought("last", 9), thought("second", 1), thought("first")]);
  const [row] = await h.rows<{ input: string }>(
    `SELECT input FROM ChatInference WHERE id = '${body.id}'`,
  );
  expect(JSON.parse(row?.input ?? "").messages[1].content).toEqual([
    { type: "thought", text: "first" },
    { type: "text", text: "hello" },
    { type: "thought", text: "second" },
    { type: "thought", text: "last" },
  ]);
  expect(h.provider.requests.at(-1)?.messages).toContainEqual({
    role: "assistant",
    content: "hello",
    reasoning_content: "first\n\nsecond\n\nlast",
  });
  const unknown = await ask([{ type: "unknown", data: {} }]);
  expect([unknown.status, unknown.body.error.message]).toEqual([
    501,
    "The embedded gateway lacks `tensorzero_extra_content` of type `unknown`. Use the TensorZero Gateway itself.",
  ]);
});
