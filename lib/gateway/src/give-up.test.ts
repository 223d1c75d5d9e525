import { inProcess } from "./serve/in-process";
import { listen } from "./serve/listen";
import { TEST_CONFIG } from "./testing/config";
import { type Harness, openHarness } from "./testing/harness";
import { completion, streamedCompletion } from "./testing/stand-in";

let h: Harness;
let server: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "sk-planted" });
  server = await listen("gateway", h.gateway.app, { port: 0 });
});
afterAll(async () => {
  await server.close();
  await h.close();
});

/** Answers all but the model named, which it keeps waiting, with `begun` after a first piece. Tells when it does, and when it need not any more. */
function hold(model: string, begun: boolean) {
  let tellHeld = () => {};
  let tellFree = () => {};
  const held = new Promise<void>((resolve) => (tellHeld = resolve));
  const free = new Promise<void>((resolve) => (tellFree = resolve));
  h.provider.reply = (body, _, signal) => {
    if (body.model === model) {
      signal.addEventListener("abort", tellFree);
      tellHeld();
      return begun ? unfinished() : new Promise(() => {});
    }
    if (body.input !== undefined) return Response.json({ data: [{ embedding: [1, 0] }] });
    return body.stream ? streamedCompletion(["{}"]) : completion('{"action":"drop"}');
  };
  return { held, free };
}

async function unfinished(): Promise<Response> {
  const piece = (await streamedCompletion(["half"]).text()).split("\n\n")[0];
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`${piece}\n\n`)),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

const HELD = [
  ["chat completion", "a", "local-model"],
  ["best of n, at a candidate", "best", "local-model"],
  ["best of n, at the evaluator", "best", "judge-model"],
  ["mixture of n, at a candidate", "mixture", "local-model"],
  ["mixture of n, at the fuser", "mixture", "judge-model"],
  ["dicl, at the embedding", "shown", "embedding-model"],
  ["dicl, at the answer", "shown", "local-model"],
] as const;
const WAYS = ["in process", "over HTTP"] as const;
const CASES = HELD.flatMap(([what, variant, model]) =>
  WAYS.flatMap((way) => [
    { what, variant, model, way, stream: false, begun: false },
    { what, variant, model, way, stream: true, begun: false },
  ]),
);
const BEGUN = CASES.filter(
  ({ stream, variant, model }) =>
    stream && variant !== "best" && (variant !== "mixture" || model === "judge-model"),
).filter(({ model }) => model !== "embedding-model");

function ask(
  way: (typeof WAYS)[number],
  variant: string | undefined,
  stream: boolean,
  signal: AbortSignal,
) {
  const [send, url] =
    way === "in process" ? [inProcess(h.gateway.app), "http://embedded"] : [fetch, server.url];
  const request = {
    function_name: "answer",
    variant_name: variant,
    stream,
    input: { messages: [{ role: "user", content: "x" }] },
  };
  return send(`${url}/inference`, { method: "POST", body: JSON.stringify(request), signal });
}

test.each([...CASES, ...BEGUN.map((item) => ({ ...item, begun: true }))])(
  "$what, $way, stream $stream, begun $begun: who gives up ends the provider's request",
  async ({ variant, model, way, stream, begun }) => {
    const before = await h.stored();
    const { held, free } = hold(model, begun);
    const client = new AbortController();
    const answer = ask(way, variant, stream, client.signal);
    await held;
    const asked = h.provider.requests.length;
    if (begun) await (await answer).body?.getReader().read();
    client.abort();
    if (!begun) await expect(answer).rejects.toThrow();
    await free;
    // The other candidate may be on its way yet; nobody is asked in the place of who was given up.
    const later = h.provider.requests.slice(asked).map((request) => request.model);
    expect(later.filter((name) => name !== "down-model" && name !== "up-model")).toEqual([]);
    if (!begun) expect(await h.stored()).toBe(before);
  },
);

test("no other variant is drawn for a client that has gone", async () => {
  const { held, free } = hold("any", false);
  const { reply } = h.provider;
  h.provider.reply = (body, ...more) => reply({ ...body, model: "any" }, ...more);
  const client = new AbortController();
  const answer = inProcess(h.gateway.app)("http://embedded/inference", {
    method: "POST",
    body: JSON.stringify({ function_name: "drawn", input: { messages: [] } }),
    signal: client.signal,
  });
  await held;
  const asked = h.provider.requests.length;
  client.abort();
  await expect(answer).rejects.toThrow();
  await free;
  await h.stored();
  expect(h.provider.requests).toHaveLength(asked);
});

test("who stops reading a stream ends it at the provider; what had come is stored", async () => {
  const before = await h.stored();
  const { free } = hold("local-model", true);
  const response = await ask("in process", "a", true, new AbortController().signal);
  await response.body?.cancel();
  await free;
  while ((await h.stored()) === before) await new Promise(setImmediate);
  expect(await h.stored()).toBe(before + 2);
});
