import { listen } from "./serve/listen";
import { TEST_CONFIG } from "./testing/config";
import { type Harness, openHarness } from "./testing/harness";
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
  test.each(echoes)("%s: no part of it is answered, printed or stored", async (_, reply) => {
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
              include_original_response: true,
              cache_options: { enabled: "write_only" },
              ...native,
            }
          : {
              model: `tensorzero::${target}`,
              messages,
              stream,
              "tensorzero::include_raw_response": true,
              "tensorzero::include_original_response": true,
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
    }
    expect(answers.join("")).toContain("[key]");
    for (const table of TABLES) {
      const rows = await h.rows(`SELECT * FROM ${table}`);
      expect(partOf(key, JSON.stringify(rows))).toBeUndefined();
    }
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

/** The first six letters in a row that a text has of a key. */
function partOf(key: string, text: string): string | undefined {
  const parts = Array.from({ length: key.length - 5 }, (_, at) => key.slice(at, at + 6));
  return parts.find((part) => text.includes(part));
}
