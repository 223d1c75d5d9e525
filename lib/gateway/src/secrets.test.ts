import { listen } from "./serve/listen";
import { TEST_CONFIG } from "./testing/config";
import { events, type Harness, openHarness } from "./testing/harness";
import { completion, streamedCompletion } from "./testing/stand-in";

/** Two keys as nobody else has them: one of the environment, one that comes with a request. */
const KEY = "sk-Qx7Zr2Vw9Kt4Lm8Np3Js6Hd5Gf1Bc0Ya";
const THEIRS = "wU5eT8rI2oP9aS4dF7gH1jK6lZ3xC0vB";

let h: Harness;
let served: Awaited<ReturnType<typeof listen>>;
const printed: string[] = [];
const printers = [process.stdout, process.stderr].map((stream) =>
  jest.spyOn(stream, "write").mockImplementation((text) => {
    printed.push(String(text));
    return true;
  }),
);

beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: KEY });
  served = await listen("gateway", h.gateway.app, { port: 0 });
});
afterAll(async () => {
  for (const printer of printers) printer.mockRestore();
  await served.close();
  await h.close();
});

/** The key that came with the last request, as it stands in the header. */
const sent = () => String(h.provider.headers.at(-1)?.authorization).replace("Bearer ", "");
const masked = () => `${sent().slice(0, 11)}${"*".repeat(20)}${sent().slice(-4)}`;
const refused = (status: number, message: string, headers: Record<string, string> = {}) =>
  Response.json({ error: { message, code: "invalid_api_key" } }, { status, headers });

const json = (body: string, status = 200) =>
  new Response(body, { status, headers: { "content-type": "application/json" } });
const completionText = (escapedContent: string) =>
  `{"choices":[{"index":0,"message":{"role":"assistant","content":"${escapedContent}"},"finish_reason":"stop"}]}`;
const write = (text: string, as: (hex: string) => string) =>
  [...text].map((letter) => as(letter.charCodeAt(0).toString(16))).join("");
const escaped = (text: string) => write(text, (hex) => `\\u00${hex}`);
const percent = (text: string) => write(text, (hex) => `%${hex}`);
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** What a provider says of the key that it was sent. */
const echoes: [string, () => Response][] = [
  ["401 with the whole key", () => refused(401, `Incorrect API key provided: ${sent()}.`)],
  ["401 as OpenAI masks it", () => refused(401, `Incorrect API key provided: ${masked()}.`)],
  ["403 with its beginning", () => refused(403, `The key starting with ${sent().slice(0, 14)}`)],
  [
    "429 with its end",
    () => refused(429, `Key …${sent().slice(-6)} (${sent().slice(-8)}) is over`),
  ],
  ["500 with the header", () => new Response(`authorization: Bearer ${sent()}`, { status: 500 })],
  ["a request id", () => refused(400, "no", { "x-request-id": sent() })],
  ["200 that is no JSON", () => new Response(`<b>${sent()}</b>`)],
  ["200 with an error inside", () => Response.json({ error: `bad key ${masked()}` })],
  ["an answer with the key", () => completion(`{"action":"${sent()}"}`)],
  ["an answer with the key in JSON's escapes", () => json(completionText(escaped(sent())))],
  ["an answer with the key percent-encoded", () => completion(percent(sent()))],
  ["an answer with the header in base64", () => completion(base64(`Bearer ${sent()}`))],
  ["an answer in capital letters", () => completion(`KEY=${sent().toUpperCase()}`)],
  ["a 401 in JSON's escapes", () => json(`{"error":"${escaped(sent())}"}`, 401)],
  ["a 400 with the header percent-encoded", () => refused(400, percent(`Bearer ${sent()}`))],
  ["a 500 with a masked key behind a prefix", () => refused(500, `key=${masked()}`)],
  [
    "a request id with the key percent-encoded",
    () => refused(400, "no", { "x-request-id": percent(sent()) }),
  ],
  ["a content type", () => new Response(`{}`, { headers: { "content-type": `text/${sent()}` } })],
  [
    "a streamed answer with the key in pieces",
    () => streamedCompletion(["key: ", ...(sent().match(/.{1,3}/g) ?? []), " it is"]),
  ],
  [
    "a streamed answer with the key in pieces of base64",
    () => streamedCompletion(base64(`Bearer ${sent()}`).match(/.{1,5}/g) ?? []),
  ],
  [
    "a streamed answer with the key in two pieces, of which one alone would be cut",
    () => streamedCompletion([`key: ${sent().slice(0, 15)}`, sent().slice(15)]),
  ],
  ["a streamed answer with the key", () => streamedCompletion([`{"action":"${sent()}"}`])],
  [
    "a stream that breaks off over the key",
    () =>
      new Response(
        `data: {"choices":[{"delta":{"content":"half"}}]}\n\ndata: {"error":{"message":"key ${masked()} ${sent()} revoked"}}\n\n`,
        { headers: { "content-type": "text/event-stream" } },
      ),
  ],
];

const WAYS = [
  ["/inference", false],
  ["/inference", true],
  ["/openai/v1/chat/completions", false],
  ["/openai/v1/chat/completions", true],
] as const;

const TABLES = ["JsonInference", "ChatInference", "ModelInference", "ModelInferenceCache"];

describe.each([
  ["the environment's", KEY, { functionName: "retried", native: {}, openai: {} }],
  [
    "a request's",
    THEIRS,
    {
      modelName: "dynamic",
      native: { credentials: { their_key: THEIRS } },
      openai: { "tensorzero::credentials": { their_key: THEIRS } },
    },
  ],
])("%s key", (_, key, { functionName, modelName, native, openai }: Target) => {
  test.each(echoes)("%s: no part of it is answered", async (_, reply) => {
    h.provider.reply = reply;
    const answers: string[] = [];
    for (const [path, stream] of WAYS) {
      const messages = [{ role: "user", content: "x" }];
      const target =
        functionName === undefined ? `model_name::${modelName}` : `function_name::${functionName}`;
      const body =
        path === "/inference"
          ? {
              function_name: functionName,
              model_name: modelName,
              input: { messages },
              stream,
              include_raw_response: true,
              include_raw_usage: true,
              cache_options: { enabled: "write_only" },
              ...native,
            }
          : {
              model: `tensorzero::${target}`,
              messages,
              stream,
              "tensorzero::include_raw_response": true,
              ...openai,
            };
      const asked = h.provider.headers.length;
      const response = await fetch(served.url + path, {
        method: "POST",
        body: JSON.stringify(body),
      });
      const text = await response.text();
      answers.push(text);
      expect(h.provider.headers.length).toBeGreaterThan(asked);
      expect(sent()).toBe(key);
      expect(partOf(key, `${text} ${JSON.stringify([...response.headers])}`)).toBeUndefined();
      if (stream) expect(partOf(key, textOf(text))).toBeUndefined();
    }
    expect(answers.join("")).toContain("[key]");
  });

  test("nor is any stored", async () => {
    const tables = await Promise.all(TABLES.map((table) => h.rows(`SELECT * FROM ${table}`)));
    const stored = JSON.stringify(tables);
    expect(stored).toContain("[key]");
    expect(partOf(key, stored)).toBeUndefined();
  });

  test("nor is any printed", () => {
    expect(partOf(key, printed.join(""))).toBeUndefined();
  });
});

interface Target {
  functionName?: string;
  modelName?: string;
  native: object;
  openai: object;
}

test("a key that cannot be sent, and credentials of the wrong shape", async () => {
  const ask = async (credentials: unknown) =>
    JSON.stringify(
      await h.post("/inference", { model_name: "dynamic", input: { messages: [] }, credentials }),
    );
  expect(await ask({ their_key: `${THEIRS}\n${THEIRS}` })).toContain("Error sending request");
  for (const credentials of [
    { their_key: `${THEIRS}\n${THEIRS}` },
    THEIRS,
    { their_key: [THEIRS] },
  ])
    expect(partOf(THEIRS, await ask(credentials))).toBeUndefined();
});

/** What a key may be written as, and the same for six letters in a row of it. */
const FORMS = [(text: string) => text, percent, escaped];

/** The first six letters in a row that a text has of a key, in any case, escaped or in base64. */
function partOf(key: string, text: string): string | undefined {
  const lower = text.toLowerCase();
  const parts = Array.from({ length: key.length - 5 }, (_, at) => key.slice(at, at + 6));
  const packed = base64(`Bearer ${key}`).slice(10, -4);
  const pieces = Array.from({ length: packed.length - 7 }, (_, at) => packed.slice(at, at + 8));
  const written = [...FORMS.flatMap((form) => parts.map(form)), ...pieces];
  return written.find((part) => lower.includes(part.toLowerCase()));
}

/** The texts of a stream's events, one after the other, in the events' own order. */
function textOf(stream: string): string {
  const pieces = events(stream).flatMap((event) => [
    ...(event.content ?? []).map(({ text }: { text?: string }) => text),
    event.raw,
    ...(event.choices ?? []).map(({ delta }: { delta?: { content?: string } }) => delta?.content),
  ]);
  return pieces.join("");
}
