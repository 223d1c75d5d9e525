import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen, loadConfig } from "embedded-gateway";
import { Hono } from "hono";
import { addModel } from "../models/add-model";
import { configFiles } from "../project/config-files";
import { modelCommands } from "./model";

/** A project of its own, with the shipped configuration. */
const root = mkdtempSync(join(tmpdir(), "models-"));
const models = join(root, "config", "models");
const KEY = "sk-right";
const env = { OPENAI_API_KEY: KEY };

/** What the stand-ins were asked for: path, and the body of a chat completion. */
const asked: { path: string; body?: Record<string, unknown> }[] = [];
type Answer = { content: string | null; finish_reason?: string };
let answer: Answer | Promise<Answer>;

/** As Ollama 0.32 and OpenAI answer; `/old` is an Ollama that has its own list alone, `/odd` no such server at all. */
const app = new Hono();
app.use(async (c, next) => {
  asked.push({ path: c.req.path });
  await next();
});
const list = (...ids: string[]) => ({
  object: "list",
  data: ids.map((id) => ({ id, object: "model", created: 1, owned_by: "library" })),
});
app.get("/v1/models", (c) => c.json(list("qwen3:8b", "qwen3:latest", "hf.co/a/B-GGUF:Q4")));
app.post("/v1/chat/completions", async (c) => {
  asked.at(-1)!.body = await c.req.json();
  const { content, finish_reason = "stop" } = await answer;
  const message = { role: "assistant", content };
  const usage = { prompt_tokens: 310, completion_tokens: 12, total_tokens: 322 };
  return c.json({ id: "1", choices: [{ index: 0, message, finish_reason }], usage });
});
app.get("/openai/v1/models", (c) => {
  if (c.req.header("authorization") !== `Bearer ${KEY}`) {
    const message = `Incorrect API key provided: ${c.req.header("authorization")?.slice(7)}.`;
    return c.json({ error: { message, code: "invalid_api_key" } }, 401);
  }
  const ending = { id: "gpt-5.1", object: "model", shutdown_date: "2027-04-01" };
  return c.json({ object: "list", data: [...list("gpt-6-luna", "gpt-6-sol").data, ending] });
});
app.get("/openai/v1/models/short-name", (c) => c.json({ id: "long-name", object: "model" }));
app.get("/api/tags", (c) => c.json({ models: [{ name: "llama3.2:1b", model: "llama3.2:1b" }] }));
app.get("/odd/v1/models", (c) => c.html("<h1>Hello</h1>"));
app.get("/moved/v1/models", (c) => c.redirect("http://other.invalid/v1/models"));
app.get("/empty/v1/models", (c) => c.json(list()));

const warn = jest.spyOn(console, "warn").mockReturnValue();

let url: string;
let close: () => Promise<void>;

beforeAll(async () => {
  cpSync(join(__dirname, "../../../../config"), join(root, "config"), { recursive: true });
  for (const name of readdirSync(models)) {
    if (!["gpt-4o-mini.toml", "gpt-6-luna.toml"].includes(name)) rmSync(join(models, name));
  }
  ({ url, close } = await listen("models", app, { port: 0 }));
});
afterAll(async () => {
  await close();
  rmSync(root, { recursive: true });
});
beforeEach(() => {
  asked.length = 0;
});

const add = (server: string, model: string, path = "", options = {}) =>
  modelCommands.add(root, env, [server, model], { url: `${url}${path}`, ...options });
const removed = (name: string) => modelCommands.remove(root, env, [name]);

const VARIANTS = ["baseline", "compact", "history", "in_context", "best_of_n", "mixture_of_n"].map(
  (prompt) => `qwen3-8b_${prompt}`,
);

test("add ollama qwen3:8b: a file that the gateway takes, at price 0, with limits; list, check, remove", async () => {
  expect(await add("ollama", "qwen3:8b")).toBe(
    [
      `Wrote config/models/qwen3-8b.toml: qwen3:8b at ${url}/v1/, as ${VARIANTS.join(", ")}.`,
      "Its price per million tokens: nothing.",
      "Try it:   npm run model -- check qwen3-8b",
      "Play it:  npm start -- -p variants=qwen3-8b_history,rule_based_history",
    ].join("\n"),
  );
  expect(asked).toEqual([{ path: "/v1/models" }]);
  const text = readFileSync(join(models, "qwen3-8b.toml"), "utf8");
  expect(text).not.toContain("my-model");
  const config = await loadConfig(configFiles(root), {});
  expect(config.models.get("qwen3-8b")?.providers).toMatchObject([
    { modelName: "qwen3:8b", apiBase: `${url}/v1/`, apiKey: { kind: "none" } },
  ]);
  const variant = config.functions.get("act")?.variants.get("qwen3-8b_history");
  expect(variant).toMatchObject({ jsonMode: "strict", timeouts: { nonStreamingMs: 110_000 } });

  const rows = (await modelCommands.list(root, env, [])).split("\n");
  expect(rows.find((row) => row.startsWith("qwen3-8b"))).toMatch(
    new RegExp(`^qwen3-8b +qwen3:8b +\\S+:\\d+ +none +nothing +– +${VARIANTS.join(", ")}$`),
  );
  expect(rows.find((row) => row.startsWith("gpt-4o-mini"))).toMatch(
    /OPENAI_API_KEY +\$0\.15 in, \$0\.6 out +2027-01-14 +baseline, history, in_context, best_of_n, mixture_of_n, reasoning/,
  );
  expect(rows.at(-1)).toMatch(/server: random, rule_based, .*student/);

  answer = { content: '{"action": "turn left"}' };
  expect(await modelCommands.check(root, env, ["qwen3-8b"])).toMatch(
    /^qwen3-8b_baseline was asked to go to the blue ball, and shown:\n {2}a wall .*\n.*\nIt answered in \d+\.\d s, with 310 tokens in and 12 out:\n {2}\{"action": "turn left"\}\nThat is a valid answer\.$/,
  );
  const body = asked.find(({ path }) => path === "/v1/chat/completions")?.body;
  expect(body).toMatchObject({
    model: "qwen3:8b",
    max_tokens: 1000,
    reasoning_effort: "none",
    response_format: { type: "json_schema", json_schema: { strict: true } },
  });
  expect(await removed("qwen3-8b")).toBe("Removed config/models/qwen3-8b.toml and its variants.");
  expect(existsSync(join(models, "qwen3-8b.toml"))).toBe(false);
});

test.each(["ollama", "llama-server", "lm-studio", "vllm", "openai"])(
  "add %s --vision: two variants more, which are sent pictures; check sends one",
  async (server) => {
    expect(await add(server, "qwen3:8b", "", { vision: true })).toContain(
      "check qwen3-8b_vision\n",
    );
    const { functions } = await loadConfig(configFiles(root), env);
    const variants = functions.get("act")?.variants;
    for (const [name, like, captions] of [
      ["vision", "baseline", ["picture"]],
      ["vision_history", "history", ["picture", "past_picture"]],
    ] as const) {
      const [own, other] = [name, like].map((prompt) => variants?.get(`qwen3-8b_${prompt}`));
      if (own?.type !== "chat_completion" || other?.type !== "chat_completion")
        throw new Error(`${server} has no ${name}`);
      const { templates, name: _, ...settings } = own;
      const { templates: __, name: ___, ...expected } = other;
      expect(settings).toEqual(expected);
      expect([...templates.keys()]).toEqual(["system", "user", ...captions]);
    }
    answer = { content: '{"action": "turn left"}' };
    expect(await modelCommands.check(root, env, ["qwen3-8b_vision"])).toContain("valid answer.");
    const body = asked.find(({ path }) => path === "/v1/chat/completions")?.body;
    expect(JSON.stringify(body)).toMatch(
      /"Picture of the current observation:"\},\{"type":"image_url","image_url":\{"url":"data:image\/png;base64,/,
    );
    await removed("qwen3-8b");
  },
);

test.each([
  [{ content: "I turn left." }, "no valid answer: not JSON"],
  [{ content: '{"action": "jump"}' }, "no valid answer: unknown action"],
  [{ content: "", finish_reason: "length" }, "no valid answer: cut off by the token limit"],
])("check says why an answer is none: %j", async (given, words) => {
  await add("lm-studio", "qwen3:8b");
  answer = given;
  expect(await modelCommands.check(root, env, ["qwen3-8b_history"])).toContain(words);
  await removed("qwen3-8b");
});

test("check says at once that the server is away, and what to do", async () => {
  await add("ollama", "qwen3:8b");
  const { url: gone, close } = await listen("models", app, { port: 0 });
  await close();
  const file = join(models, "qwen3-8b.toml");
  writeFileSync(file, readFileSync(file, "utf8").replace(url, gone));
  await expect(modelCommands.check(root, env, ["qwen3-8b"])).rejects.toMatchObject({
    name: "GatewayError",
    // subtle: in Jest's realm undici's error is no Error, so that its cause, ECONNREFUSED, is not told.
    message: expect.stringMatching(
      /^no server answers at \S+\/v1\/, where qwen3-8b is served \(.+\)\. Start it, or correct its address in config\/\.$/,
    ),
  });
  await removed("qwen3-8b");
});

test("check says what to do about a server that does not answer in time", async () => {
  await add("ollama", "qwen3:8b");
  const file = join(models, "qwen3-8b.toml");
  writeFileSync(file, readFileSync(file, "utf8").replaceAll("110_000", "50"));
  answer = new Promise(() => {});
  await expect(modelCommands.check(root, env, ["qwen3-8b"])).rejects.toMatchObject({
    name: "ModelError",
    code: "timed_out",
    message: expect.stringMatching(
      /^The server at \S+ did not answer in time \(.*timed out.*\)\. A model that is loaded first .* raise `timeouts`/,
    ),
  });
  await removed("qwen3-8b");
});

test("check names what there is, and passes the server's error on", async () => {
  await expect(modelCommands.check(root, env, ["qwen"])).rejects.toMatchObject({
    code: "not_there",
    message: expect.stringContaining("config/models has: gpt-4o-mini, gpt-6-luna"),
  });
  await add("vllm", "qwen3:8b");
  const file = join(models, "qwen3-8b.toml");
  writeFileSync(file, readFileSync(file, "utf8").replace("/v1/", "/nowhere/"));
  await expect(modelCommands.check(root, env, ["qwen3-8b"])).rejects.toMatchObject({
    name: "GatewayError",
    message: expect.stringContaining("404"),
  });
  await removed("qwen3-8b");
});

test("a file that cannot be read is named, and can be removed", async () => {
  const path = join(models, "broken.toml");
  for (const [text, problem] of [
    ["[models", `The configuration is no valid TOML: ${path}`],
    ['[models.m.providers.p]\ntype = "openai"\napi_base = 5', `${path}: \`models.m.providers.p`],
  ] as const) {
    writeFileSync(path, text);
    await expect(modelCommands.list(root, env, [], {})).rejects.toThrow(problem);
    expect(await removed("broken")).toBe("Removed config/models/broken.toml and its variants.");
  }
});

test("a remote model: its key, an unknown price, and its end by the server's list", async () => {
  const printed = await add("openai", "gpt-5.1", "/openai/v1");
  expect(printed).toContain('Its price is not known: for estimates and budgets, add ["gpt-5.1"]');
  expect(printed).toContain('shuts it down on 2027-04-01: add shutdown_date = "2027-04-01"');
  await removed("gpt-5.1");
  await add("openai", "short-name", "/openai/v1"); // is listed by another name
  await removed("short-name");
});

test.each([
  ["qwen3", "", "qwen3"], // qwen3:latest
  ["hf.co/a/B-GGUF:Q4", "", "hf.co-a-B-GGUF-Q4"],
  ["llama3.2:1b", "/old/v1", "llama3.2-1b"], // only /api/tags
])("%s%s becomes %s", async (model, path, name) => {
  const added = await addModel(root, env, { server: "ollama", model, url: `${url}${path}` });
  expect(added).toMatchObject({
    name,
    variants: VARIANTS.map((variant) => variant.replace("qwen3-8b", name)),
    models: [{ model: name, servedAs: model }],
  });
  await loadConfig(configFiles(root), {});
  await removed(name);
});

test.each([
  [
    "unknown_server",
    "olama",
    "x",
    "",
    {},
    "config/examples has: anthropic, gemini, llama-server, lm-studio, ollama,",
  ],
  [
    "unknown_model",
    "ollama",
    "qwen3:9b",
    "",
    {},
    'has no model "qwen3:9b". It has "qwen3:8b", "qwen3:latest", "hf.co',
  ],
  ["unknown_model", "ollama", "x", "/empty/v1", {}, "It has none at all: pull or load one first."],
  ["refused", "ollama", "x", "/odd/v1", {}, "has no list of models (200): is it the address of an"],
  [
    "refused",
    "ollama",
    "x",
    "/moved/v1",
    {},
    "sends requests on to http://other.invalid/v1/models (status 302)",
  ],
  ["refused", "vllm", "luna", "/openai/v1", {}, "refuses a request without a key (401"],
  [
    "bad_name",
    "ollama",
    "qwen3:8b",
    "",
    { name: "../x" },
    '"../x" cannot name a file and variants',
  ],
  ["bad_name", "ollama", "通義", "", {}, "give one with --name"],
  ["bad_name", "ollama", "x", "", { url: "localhost:11434" }, "--url does not begin with http"],
  [
    "bad_name",
    "ollama",
    "x",
    "",
    { url: "http://me:word@localhost" },
    "--url has a user or a password",
  ],
  [
    "taken",
    "ollama",
    "qwen3:8b",
    "",
    { name: "GPT-4o-mini" },
    "config/models/gpt-4o-mini.toml is there already.",
  ],
  [
    "taken",
    "ollama",
    "qwen3:8b",
    "",
    { name: "random" },
    'has a model or variant "random" already',
  ],
] as const)(
  "add is refused, and writes nothing: %s",
  async (code, server, model, path, options, words) => {
    const before = readdirSync(models);
    await expect(add(server, model, path, options)).rejects.toMatchObject({
      name: "ModelError",
      code,
      message: expect.stringContaining(words),
    });
    expect(readdirSync(models)).toEqual(before);
  },
);

test("no server, no key, a wrong key, added twice, removed twice: each says what to do", async () => {
  const { url: gone, close } = await listen("models", app, { port: 0 });
  await close();
  const refusal = (code: string, words: string) => ({
    name: "ModelError",
    code,
    message: expect.stringContaining(words),
  });
  await expect(add("ollama", "x", "", { url: gone })).rejects.toMatchObject(
    refusal("unreachable", `No server answers at ${gone}/v1/ (ECONNREFUSED). Start it, or name`),
  );
  const openai = (keys: Record<string, string>) =>
    modelCommands.add(root, keys, ["openai", "gpt-6-luna"], {
      url: `${url}/openai/v1`,
      name: "luna",
    });
  await expect(openai({})).rejects.toMatchObject(
    refusal("key_missing", "OPENAI_API_KEY is not set: put it into .env"),
  );
  warn.mockClear();
  const wrong = openai({ OPENAI_API_KEY: "sk-wrong-0123456789" });
  await expect(wrong).rejects.toMatchObject(refusal("refused", "Incorrect API key provided"));
  await expect(wrong).rejects.not.toMatchObject(refusal("refused", "sk-wrong"));
  const { host } = new URL(url);
  expect(warn.mock.calls).toEqual([
    [
      expect.stringContaining(
        `The key OPENAI_API_KEY would be sent to ${host}, which is not openai`,
      ),
    ],
  ]);
  await add("ollama", "qwen3:8b");
  await expect(add("ollama", "qwen3:8b")).rejects.toMatchObject(
    refusal("taken", "npm run model -- remove qwen3-8b"),
  );
  await removed("qwen3-8b");
  await expect(removed("qwen3-8b")).rejects.toMatchObject(
    refusal("not_there", 'config/models has no "qwen3-8b". It has: gpt-4o-mini, gpt-6-luna.'),
  );
  await expect(removed("../tensorzero")).rejects.toMatchObject(refusal("not_there", "has no"));
});
