import { TEST_CONFIG } from "../testing/config";
import { events, type Harness, openHarness } from "../testing/harness";
import { completion } from "../testing/stand-in";

let h: Harness;
beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "sk-planted" });
});
afterAll(() => h.close());
beforeEach(() => {
  h.provider.reply = () => completion('{"action":"pick up"}');
});

const say = (text: string) => ({ messages: [{ role: "user", content: text }] });
const lastRequest = () => h.provider.requests.at(-1);

test("the route for embeddings: what the provider answers, text by text; nothing is stored", async () => {
  h.provider.reply = () =>
    Response.json({
      data: [{ embedding: [1, 0] }, { embedding: [0.5, 2] }],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
  const model = "tensorzero::embedding_model_name::embedder";
  const request = { model, input: ["a", "b"], user: "me" };
  const before = await h.stored();
  expect(await h.post("/openai/v1/embeddings", request)).toMatchObject({
    status: 200,
    body: {
      object: "list",
      data: [
        { object: "embedding", embedding: [1, 0], index: 0 },
        { object: "embedding", embedding: [0.5, 2], index: 1 },
      ],
      model,
      usage: { prompt_tokens: 3, total_tokens: 3 },
    },
  });
  expect(await h.stored()).toBe(before);
  expect(lastRequest()).toMatchObject({ model: "embedding-model", input: ["a", "b"] });
  const refused = async (more: object) => {
    const { status, body } = await h.post("/openai/v1/embeddings", { ...request, ...more });
    return [status, body.error.message];
  };
  expect(await refused({ model: "nope" })).toEqual([404, "Model not found: nope"]);
  expect(await refused({ input: [] })).toEqual([400, "Input cannot be empty"]);
  expect(await refused({ input: [1, 2] })).toEqual([
    501,
    "The embedded gateway lacks embeddings of tokens. Use the TensorZero Gateway itself.",
  ]);
  h.provider.reply = () => Response.json({ data: [{ embedding: "no" }, {}] });
  expect(await refused({})).toEqual([500, expect.stringContaining("missing field `embedding`")]);
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
    expect(JSON.stringify(lastRequest())).toContain('0:\\n{\\"action\\":\\"a\\"}');
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
