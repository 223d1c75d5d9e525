import OpenAI from "openai";
import { localModels } from "./app";

const app = localModels();
const post = (body: unknown) =>
  app.fetch(
    new Request("http://localhost:3030/v1/chat/completions", {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
  );
const openai = new OpenAI({
  baseURL: "http://localhost:3030/v1/",
  apiKey: "none",
  maxRetries: 0,
  fetch: async (input, init) => app.fetch(new Request(input as string, init)),
});

const system = { role: "system" as const, content: "Your mission: go to the red ball." };
const user = {
  role: "user" as const,
  content: "Current observation:\na red ball 2 steps forward\n\nYour action, as JSON:",
};
const messages = [system, user];

test("answers OpenAI's client with the action and real token counts", async () => {
  const completion = await openai.chat.completions.create({ model: "rule_based", messages });
  expect(completion).toMatchObject({
    id: expect.stringMatching(/^chatcmpl-/),
    object: "chat.completion",
    model: "rule_based",
    choices: [
      {
        index: 0,
        finish_reason: "stop",
        message: { role: "assistant", content: '{"action":"go forward"}' },
      },
    ],
    usage: { completion_tokens: 6 },
  });
  const { prompt_tokens, completion_tokens, total_tokens } = completion.usage!;
  expect(prompt_tokens).toBeGreaterThan(30);
  expect(total_tokens).toBe(prompt_tokens + completion_tokens);
});

test.each(["rule_based", "random"])(
  "line ends of Windows are read as others are by %s",
  async (model) => {
    const history = "Turn 1. You saw:\na wall 2 steps forward\nYou did: turn left\n\n";
    const content = `${history}Current observation:\na red ball 2 steps left\n\nYour action, as JSON:\n`;
    const answerTo = async (text: string) => {
      const asked = [system, { role: "user", content: text }];
      return (await post({ model, messages: asked, seed: 7 })).json();
    };
    const { choices, usage } = (await answerTo(content)) as { choices: unknown; usage: unknown };
    expect(await answerTo(content.replaceAll("\n", "\r\n"))).toMatchObject({ choices, usage });
  },
);

test("the student that ships answers from its weights, the same prompt always alike", async () => {
  const ask = async () => {
    const completion = await openai.chat.completions.create({ model: "student", messages });
    return completion.choices[0]!.message.content!;
  };
  const answer = await ask();
  expect(JSON.parse(answer)).toEqual({ action: "go forward" });
  expect(await ask()).toBe(answer);
});

test("thinks aloud when the prompt asks for it; content may come in parts", async () => {
  const completion = await openai.chat.completions.create({
    model: "rule_based",
    messages: [
      system,
      {
        role: "user",
        content: [
          { type: "text", text: user.content },
          { type: "text", text: 'Fill "thinking".' },
        ],
      },
    ],
  });
  expect(JSON.parse(completion.choices[0]!.message.content!)).toEqual({
    thinking: "I want to go to the red ball, seen 2 ahead. To get there I go forward.",
    action: "go forward",
  });
});

test("streams the whole answer in one chunk", async () => {
  const stream = await openai.chat.completions.create({
    model: "rule_based",
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? null)).toEqual([
    '{"action":"go forward"}',
    null,
    null,
  ]);
  expect(chunks.map(({ choices }) => choices[0]?.finish_reason ?? null)).toEqual([
    null,
    "stop",
    null,
  ]);
  expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: 6 });
});

test("lists its models and its health", async () => {
  const { data } = await openai.models.list();
  const chat = ["random", "rule_based", "student", "nearest_example"];
  expect(data.map(({ id }) => id)).toEqual([...chat, "hashed_words"]);
  expect((await app.fetch(new Request("http://localhost:3030/health"))).status).toBe(200);
});

test("repeats the answer of the first example, and needs one", async () => {
  const example = { role: "assistant" as const, content: '{"action":"toggle"}' };
  const ask = (...messages: OpenAI.ChatCompletionMessageParam[]) =>
    openai.chat.completions.create({ model: "nearest_example", messages });
  const other = { role: "assistant" as const, content: "no" };
  const shown = await ask(system, user, example, user, other, user);
  expect(shown.choices[0]?.message.content).toBe(example.content);
  await expect(ask(system, user)).rejects.toThrow("No example found");
});

test("embeds texts for OpenAI's client: near are those that share lines and words", async () => {
  const embed = (input: string | string[], more: object = {}) =>
    openai.embeddings.create({ model: "hashed_words", input, ...more });
  const { data, usage } = await embed(["a red ball\na box", "a red ball\\na box", "two keys", ""]);
  const [a = [], same = [], other = []] = data.map(({ embedding }) => embedding);
  expect(a).toHaveLength(256);
  expect(a.reduce((sum, value) => sum + value)).toBe(7); // two lines, five words
  expect(same).toEqual(a);
  expect(a.some((value, i) => value * (other[i] ?? 0) > 0)).toBe(false);
  expect(usage.prompt_tokens).toBeGreaterThan(8);
  const floats = await embed("a red ball\na box", { encoding_format: "float" });
  expect(floats.data[0]?.embedding).toEqual(a);
  for (const [more, message] of [
    [{ model: "nope" }, "does not exist. There are: hashed_words."],
    [{ dimensions: 3 }, "must be 256"],
    [{ input: [] }, "must be a string or a non-empty array of strings"],
    [{ encoding_format: "int8" }, 'must be "float" or "base64"'],
  ] as const)
    await expect(embed("a", more)).rejects.toThrow(message);
});

test.each([
  ["no JSON", "{", 400, { message: "The request body is not valid JSON." }],
  ["no object", "[]", 400, { message: "The request body must be a JSON object." }],
  ["no model", { messages }, 400, { param: "model" }],
  ["unknown model", { model: "gpt-5", messages }, 404, { param: "model", code: "model_not_found" }],
  [
    "a model named like a method",
    { model: "toString", messages },
    404,
    { param: "model", code: "model_not_found" },
  ],
  ["no messages", { model: "random" }, 400, { param: "messages" }],
  ["empty messages", { model: "random", messages: [] }, 400, { param: "messages" }],
  [
    "no role",
    { model: "random", messages: [{ content: "x" }] },
    400,
    { param: "messages[0].role" },
  ],
  [
    "no content",
    { model: "random", messages: [{ role: "user" }] },
    400,
    { param: "messages[0].content" },
  ],
  [
    "an image",
    { model: "random", messages: [{ role: "user", content: [{ type: "image_url" }] }] },
    400,
    { param: "messages[0].content" },
  ],
  ["a seed in words", { model: "random", messages, seed: "one" }, 400, { param: "seed" }],
  ["stream in words", { model: "random", messages, stream: "yes" }, 400, { param: "stream" }],
  [
    "an unreadable prompt",
    { model: "rule_based", messages: [user] },
    400,
    {
      param: "messages",
      code: "unreadable_prompt",
      message: expect.stringContaining("No mission found"),
    },
  ],
])("refuses %s in OpenAI's words", async (_, body, status, error) => {
  const response = await post(body);
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({
    error: expect.objectContaining({
      message: expect.any(String),
      type: "invalid_request_error",
      param: null,
      code: null,
      ...error,
    }),
  });
});

test("an unknown URL is a 404", async () => {
  const response = await app.fetch(
    new Request("http://localhost:3030/v1/completions", { method: "POST" }),
  );
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { code: "unknown_url" } });
});
