import { gzipSync } from "node:zlib";
import { uuidv7 } from "./ids";
import { inProcess } from "./serve/in-process";
import { listen } from "./serve/listen";
import { insertComment } from "./store/comments";
import { ACT, ACT_INPUT, TEST_CONFIG } from "./testing/config";
import { events, type Harness, openHarness } from "./testing/harness";
import { completion, streamedCompletion } from "./testing/stand-in";

// Texts and numbers that no row can hold: a client's are refused, a provider's are made fit.

let h: Harness;
let http: { url: string; close: () => Promise<void> };
beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "k" });
  http = await listen("gateway", h.gateway.app, { port: 0 });
});
beforeEach(() => {
  h.provider.reply = () => completion("fine");
});
/** After anything whatever, an inference is stored, and nothing was put away. */
const after: string[] = [];
afterEach(async () => {
  h.provider.reply = () => completion("fine");
  after.push((await h.post("/inference", TALK)).body.inference_id);
});
afterAll(async () => {
  const stored = await h.rows<{ id: string }>("SELECT id FROM ChatInference");
  expect(stored.map(({ id }) => id)).toEqual(expect.arrayContaining(after));
  expect((await h.get("/health")).body).not.toHaveProperty("refused_rows");
  await http.close();
  await h.close();
});

const TALK = {
  function_name: "talk",
  variant_name: "plain",
  input: { messages: [{ role: "user", content: "hi" }] },
};
const OPENAI = {
  model: "tensorzero::function_name::talk",
  messages: [{ role: "user", content: "hi" }],
};
const LIST = { function_name: "talk" };
const COMMENT = {
  metric_name: "comment",
  episode_id: "01900000-0000-7000-8000-000000000000",
  value: "good",
};

/** `HALF` becomes half an emoji, `HUGE` a number beyond any, `DEEP` many arrays. */
const written = (body: object) =>
  JSON.stringify(body)
    .replaceAll("HALF", "\\ud83d")
    .replaceAll('"HUGE"', "1e999")
    .replaceAll('"DEEP"', "[".repeat(200) + "]".repeat(200));

const LONE = "lone leading surrogate in hex escape";
const RANGE = "number out of range";
const tool = { name: "t", description: "", parameters: {} };
const filter = { type: "tag", key: "HALF", value: "", comparison_operator: "=" };

const REFUSED: [string, string, object, string][] = [
  ["a comment", "/feedback", { ...COMMENT, value: "good HALF" }, `value: ${LONE}`],
  ["a metric's name", "/feedback", { ...COMMENT, metric_name: "HALF" }, `metric_name: ${LONE}`],
  ["a tag of feedback", "/feedback", { ...COMMENT, tags: { a: "HALF" } }, `tags.a: ${LONE}`],
  ["a value", "/feedback", { ...COMMENT, metric_name: "score", value: "HUGE" }, `value: ${RANGE}`],
  ["a tag's value", "/inference", { ...TALK, tags: { a: "xHALFy" } }, `tags.a: ${LONE}`],
  ["a tag's key", "/inference", { ...TALK, tags: { HALF: "" } }, `tags: ${LONE}`],
  [
    "system",
    "/inference",
    { ...TALK, input: { system: "HALF", messages: [] } },
    `input.system: ${LONE}`,
  ],
  [
    "content",
    "/inference",
    { ...TALK, input: { messages: [{ role: "user", content: "HALF" }] } },
    `input.messages.0.content: ${LONE}`,
  ],
  [
    "an argument",
    "/inference",
    { ...ACT, input: { ...ACT_INPUT, system: { mission: "HALF" } } },
    `input.system.mission: ${LONE}`,
  ],
  [
    "a tool",
    "/inference",
    { ...TALK, additional_tools: [{ ...tool, description: "HALF" }] },
    `additional_tools.0.description: ${LONE}`,
  ],
  [
    "a key",
    "/inference",
    { ...TALK, credentials: { their_key: "HALF" } },
    `credentials.their_key: ${LONE}`,
  ],
  [
    "extra_body",
    "/inference",
    { ...TALK, extra_body: [{ pointer: "/a", value: { b: "HUGE" } }] },
    `extra_body.0.value.b: ${RANGE}`,
  ],
  [
    "a temperature",
    "/inference",
    { ...TALK, params: { chat_completion: { temperature: "HUGE" } } },
    `params.chat_completion.temperature: ${RANGE}`,
  ],
  [
    "what nobody reads",
    "/v1/inferences/list_inferences",
    { ...LIST, unknown: "HALF" },
    `unknown: ${LONE}`,
  ],
  [
    "a filter",
    "/v1/inferences/list_inferences",
    { ...LIST, filters: filter },
    `filters.key: ${LONE}`,
  ],
  ["an id", "/v1/inferences/get_inferences", { ids: ["HALF"] }, `ids.0: ${LONE}`],
  [
    "OpenAI's content",
    "/openai/v1/chat/completions",
    { ...OPENAI, messages: [{ role: "user", content: "HALF" }] },
    `messages.0.content: ${LONE}`,
  ],
  [
    "OpenAI's tag",
    "/openai/v1/chat/completions",
    { ...OPENAI, "tensorzero::tags": { a: "HALF" } },
    `tensorzero::tags.a: ${LONE}`,
  ],
  [
    "deep nesting",
    "/inference",
    { ...TALK, extra_body: [{ pointer: "/a", value: "DEEP" }] },
    "recursion limit exceeded",
  ],
];

test.each(REFUSED)("%s: 400 over HTTP, packed and in process", async (_, path, body, problem) => {
  const text = written(body);
  const answers = [
    await fetch(http.url + path, { method: "POST", body: text }),
    await fetch(http.url + path, {
      method: "POST",
      body: gzipSync(text),
      headers: { "content-encoding": "gzip" },
    }),
    await inProcess(h.gateway.app)(`http://embedded${path}`, { method: "POST", body: text }),
  ];
  for (const answer of answers) {
    const { error } = (await answer.json()) as { error: string | { message: string } };
    expect(answer.status).toBe(400);
    expect(typeof error === "string" ? error : error.message).toContain(problem);
  }
});

test.each([
  ["half a character in bytes", Buffer.from([0xed, 0xa0, 0xbd]), "invalid unicode code point"],
  ["other bytes than UTF-8", Buffer.from([0xff]), "invalid unicode code point"],
])("%s: 400", async (_, bytes, problem) => {
  const [head, tail] = JSON.stringify({ ...COMMENT, value: "|" }).split("|");
  const body = Buffer.concat([Buffer.from(head!), bytes, Buffer.from(tail!)]);
  const answer = await fetch(`${http.url}/feedback`, { method: "POST", body });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(problem)]);
});

test.each(["1e39", "-1e39", "3.5e38"])(
  "%s is more than a metric's column holds: 400",
  async (value) => {
    const { body: one } = await h.post("/inference", TALK);
    const feedback = JSON.stringify({
      metric_name: "score",
      inference_id: one.inference_id,
      value: 0,
    });
    const { status, body } = await h.post(
      "/feedback",
      feedback.replace('"value":0', `"value":${value}`),
    );
    expect([status, body.error]).toEqual([400, expect.stringContaining("out of range")]);
  },
);

test.each([
  ["temperature", 1e39],
  ["seed", -1],
  ["seed", 2 ** 32],
  ["max_tokens", 1.5],
])("%s %p: 400", async (key, value) => {
  const params = { chat_completion: { [key]: value } };
  expect((await h.post("/inference", { ...TALK, params })).status).toBe(400);
});

test("whole characters and the largest numbers are taken as they are", async () => {
  const text = 'a 🙂 \\ud83d \u0000 \ufffd 1e999 "';
  const { status, body } = await h.post("/inference", {
    ...TALK,
    tags: { [text]: text },
    params: { chat_completion: { seed: 2 ** 32 - 1, temperature: 3.4e38 } },
  });
  expect(status).toBe(200);
  const [row] = await h.rows<{ tags: object }>(
    `SELECT tags FROM ChatInference WHERE id = '${body.inference_id}'`,
  );
  expect(row?.tags).toMatchObject({ [text]: text });
  const escaped = JSON.stringify({ ...TALK, tags: { a: "X" } }).replace("X", "\\uD83D\\uDE42");
  expect((await h.post("/inference", escaped)).status).toBe(200);
});

test("the longest age of a cached answer is no short one", async () => {
  const cached = { ...TALK, cache_options: { enabled: "on", max_age_s: 2 ** 32 - 1 } };
  await h.post("/inference", cached);
  const asked = h.provider.requests.length;
  await (await h.restarted()).app.request("/inference", {
    method: "POST",
    body: JSON.stringify(cached),
  });
  expect(h.provider.requests).toHaveLength(asked);
});

describe("of a provider", () => {
  const COUNTS: [string, number | null][] = [
    ["1e21", null],
    ["1e999", null],
    ["4294967296", null],
    ["4294967301", null],
    ["4294967295", 4294967295],
    ["1.5", null],
    ["-1", null],
    ['"5"', null],
  ];
  test.each(COUNTS)("a count of %s tokens is %p, here and in the row", async (count, expected) => {
    const usage = `{"prompt_tokens":${count},"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":${count}}}`;
    h.provider.reply = async () =>
      new Response((await completion("x").text()).replace(/"usage":\{.*?\}/, `"usage":${usage}`));
    const { body } = await h.post("/inference", {
      ...TALK,
      cache_options: { enabled: "write_only" },
    });
    expect(body.usage.input_tokens).toBe(expected);
    const [row] = await h.rows(
      `SELECT input_tokens, output_tokens, provider_cache_read_input_tokens AS cached FROM ModelInference
        WHERE inference_id = '${body.inference_id}'`,
    );
    expect(row).toEqual({ input_tokens: expected, output_tokens: 2, cached: expected });
  });

  test.each([
    [4e9, 40_000],
    [1e18, null],
  ])("%p tokens of each kind cost %p dollars", async (tokens, cost) => {
    const answer = `{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":${tokens},"completion_tokens":${tokens}}}`;
    h.provider.reply = ({ model }) =>
      new Response(answer, { status: model === "up-model" ? 200 : 500 });
    const { body } = await h.post("/inference", {
      ...TALK,
      function_name: "answer",
      variant_name: "b",
    });
    expect(body.usage.cost).toBe(cost);
    const where = `inference_id = '${body.inference_id}'`;
    expect(
      await h.rows(`SELECT toFloat64(cost) AS cost FROM ModelInference WHERE ${where}`),
    ).toEqual([{ cost }]);
  });

  test("half a character is U+FFFD, in whatever stands there", async () => {
    const half = "x\ud83d";
    const message = {
      content: half,
      reasoning: half,
      tool_calls: [{ id: half, type: "function", function: { name: half, arguments: half } }],
    };
    h.provider.reply = () =>
      completion(null, { choices: [{ index: 0, message, finish_reason: half }], model: half });
    const { status, body } = await h.post("/inference", {
      ...TALK,
      cache_options: { enabled: "write_only" },
    });
    expect(status).toBe(200);
    const columns = await h.rows(
      `SELECT c.output AS answer, m.output AS said FROM ChatInference AS c JOIN ModelInference AS m ON m.inference_id = c.id
        WHERE c.id = '${body.inference_id}'`,
    );
    expect(JSON.stringify([body.content, columns])).not.toMatch(/\\ud83d/);
    expect(body.content.find(({ type }: { type: string }) => type === "text").text).toBe("x\ufffd");
  });

  test("a character that comes in two pieces is whole", async () => {
    h.provider.reply = () => streamedCompletion(["a\ud83d", "\ude42b\ud83d", "c", "\ude42d\ud83d"]);
    const { body } = await h.post("/inference", { ...TALK, stream: true });
    const pieces = events(body)
      .filter((event) => event !== "[DONE]")
      .flatMap((event) => event.content);
    expect(pieces.map(({ text }: { text: string }) => text)).toEqual([
      "a",
      "🙂b",
      "\ufffdc",
      "\ufffdd",
    ]);
    const id = events(body)[0].inference_id;
    const [row] = await h.rows<{ output: string }>(
      `SELECT output FROM ChatInference WHERE id = '${id}'`,
    );
    expect(JSON.parse(row!.output)).toEqual([{ type: "text", text: "a🙂b\ufffdc\ufffdd" }]);
  });

  test("the words of an error page that is cut in a character can be stored", async () => {
    const page = Buffer.from("down 🙂").subarray(0, -2);
    h.provider.reply = () => new Response(page, { status: 503 });
    const { status, body } = await h.post("/inference", TALK);
    expect([status, body.error]).toEqual([500, expect.stringContaining("down \ufffd")]);
    const value = body.error.slice(0, -1).concat("\ud83d");
    const episodeId = uuidv7();
    await insertComment(h.clickhouse, {
      id: uuidv7(),
      episodeId,
      value,
      tags: { "k\ud83d": "v\ud83d" },
    });
    const stored = await h.rows(
      `SELECT value, tags FROM CommentFeedback WHERE target_id = '${episodeId}'`,
    );
    expect(stored).toEqual([{ value: value.toWellFormed(), tags: { "k\ufffd": "v\ufffd" } }]);
  });
});
