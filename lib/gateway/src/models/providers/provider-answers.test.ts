import { ACT, TEST_CONFIG } from "../../testing/config";
import { events, type Harness, openHarness } from "../../testing/harness";
import { completion, streamedCompletion } from "../../testing/stand-in";

// What providers answer beside OpenAI's own form: each is read, or is an error of the provider that says why.

let h: Harness;
beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "sk-planted" });
});
afterAll(() => h.close());

const message = (fields: object) =>
  completion("", {
    choices: [{ index: 0, message: { role: "assistant", ...fields }, finish_reason: "stop" }],
  });
const text = (value: unknown) => ({ type: "text", text: value });
const call = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };

describe("an answer", () => {
  test.each<[string, object, string | null]>([
    ["text", { content: "hi" }, "hi"],
    ["a part", { content: [text('{"action":"drop"}')] }, '{"action":"drop"}'],
    [
      "two parts, as one text",
      { content: [text('{"action":'), text('"drop"}')] },
      '{"action":"drop"}',
    ],
    ["parts of the responses API", { content: [{ type: "output_text", text: "hi" }] }, "hi"],
    ["plain strings as parts", { content: ["h", "i"] }, "hi"],
    [
      "a thought before the text",
      { content: [{ type: "thinking", thinking: [text("hm")] }, text("hi")] },
      "hi",
    ],
    ["no parts", { content: [] }, null],
    ["null", { content: null }, null],
    ["no content", {}, null],
    ["a refusal", { content: null, refusal: "I can't." }, null],
    ["a refusal as a part", { content: [{ type: "refusal", refusal: "I can't." }] }, null],
  ])("with %s", async (_, fields, raw) => {
    h.provider.reply = () => message(fields);
    const { status, body } = await h.post("/inference", ACT);
    expect([status, body.output?.raw]).toEqual([200, raw]);
  });

  test("with null beside a tool call, of which a JSON function takes the arguments", async () => {
    h.provider.reply = () => message({ content: null, tool_calls: [call] });
    expect((await h.post("/inference", ACT)).body.output.raw).toBe("{}");
  });

  const json = (body: unknown) => () => Response.json(body);
  test.each<[string, () => Response, string]>([
    [
      "a number",
      () => message({ content: 5 }),
      "invalid type: number `5`, expected a string in `content`",
    ],
    [
      "false",
      () => message({ content: false }),
      "invalid type: boolean `false`, expected a string",
    ],
    [
      "an object",
      () => message({ content: { text: "hi" } }),
      "invalid type: map, expected a string",
    ],
    [
      "a part of another type",
      () => message({ content: [{ type: "image_url" }] }),
      'invalid part of type "image_url" in `content`',
    ],
    ["a part without text", () => message({ content: [text(5)] }), 'invalid part of type "text"'],
    ["null as a part", () => message({ content: [null] }), 'invalid part of type "text"'],
    [
      "tool calls that are no list",
      () => message({ content: null, tool_calls: { 0: call } }),
      "invalid type: map, expected a sequence",
    ],
    [
      "a tool call without a name",
      () => message({ content: null, tool_calls: [{ id: "1", function: {} }] }),
      "invalid tool call",
    ],
    ["choices missing", json({ id: "1" }), "missing field `choices`"],
    ["choices that are no list", json({ choices: { 0: {} } }), "missing field `choices`"],
    [
      "two choices",
      json({ choices: [{}, {}] }),
      "Response has invalid number of choices: 2. Expected 1.",
    ],
    ["no message", json({ choices: [{ index: 0 }] }), "missing field `message`"],
    ["null for a choice", json({ choices: [null] }), "missing field `message`"],
    ["a list", json([]), "invalid type: sequence, expected a map"],
    ["null", json(null), "invalid type: null, expected a map"],
    ["HTML", () => new Response("<html>busy"), "<html>busy"],
    ["nothing", () => new Response(""), "Unexpected end of JSON input"],
    [
      "an error",
      json({ error: { message: "the quota is used up", code: 402 } }),
      'Error in response: {"message":"the quota is used up","code":402}',
    ],
    [
      "an error in words",
      json({ error: "the model is loading" }),
      "Error in response: the model is loading",
    ],
    [
      "an error beside an answer",
      () => completion("half", { error: { message: "cut" } }),
      'Error in response: {"message":"cut"}',
    ],
    [
      "an error of its choice",
      json({ choices: [{ message: { content: "" }, error: { message: "overloaded" } }] }),
      'Error in response: {"message":"overloaded"}',
    ],
    [
      "an error with the key",
      json({ error: "wrong key sk-planted" }),
      "Error in response: wrong key ",
    ],
  ])("with %s is an error of the provider", async (_, reply, problem) => {
    h.provider.reply = reply;
    const before = await h.stored();
    const { status, body } = await h.post("/inference", ACT);
    expect(status).toBe(500);
    expect(body.error).toContain("main: Error from openai server: ");
    expect(body.error).toContain(problem);
    expect(body.error).not.toContain("sk-planted");
    expect(await h.stored()).toBe(before);
  });

  test.each([[null], [""], [false]])("with %j for an error is an answer", async (error) => {
    h.provider.reply = () => completion("hi", { error });
    expect((await h.post("/inference", ACT)).body.output.raw).toBe("hi");
  });
});

describe("a stream", () => {
  /** Sends these chunks one after the other. */
  const sent = (chunks: (string | Uint8Array)[], type = "text/event-stream") =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          const chunk = chunks.shift();
          if (chunk !== undefined)
            controller.enqueue(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
          else controller.close();
        },
      }),
      { headers: { "content-type": type } },
    );
  const delta = (fields: object) => `data: ${JSON.stringify({ choices: [{ delta: fields }] })}\n\n`;
  const DONE = "data: [DONE]\n\n";
  const ask = async (reply: () => Response, request: object = ACT) => {
    h.provider.reply = reply;
    const { status, body } = await h.post("/inference", { ...request, stream: true });
    if (status !== 200) return { status, error: body.error as string };
    const pieces = events(body);
    const error = pieces.find((piece) => piece.error !== undefined)?.error as string | undefined;
    return { status, pieces, raw: pieces.map((piece) => piece.raw ?? "").join(""), error };
  };
  const talk = {
    function_name: "talk",
    variant_name: "plain",
    input: { messages: [{ role: "user", content: "x" }] },
  };

  test.each<[string, () => Response]>([
    ["empty data", () => sent(["data:\n\n", delta({ content: "hi" }), "data: \n\n", DONE])],
    ["CR alone", () => sent([(delta({ content: "hi" }) + DONE).replaceAll("\n", "\r")])],
    [
      "CRLF in two chunks",
      () => sent(["data: ", delta({ content: "hi" }).slice(6, -2), "\r", "\n\r", `\n${DONE}`]),
    ],
    [
      "an event over several lines",
      () => sent(['data: {"choices":\ndata: [{"delta":{"content":"hi"}}]}\n\n', DONE]),
    ],
    [
      "a type in capitals with parameters",
      () => sent([delta({ content: "hi" })], "Text/Event-Stream; charset=UTF-8"),
    ],
    ["no [DONE]", () => sent([delta({ content: "hi" })])],
    ["no line end", () => sent([delta({ content: "hi" }).trimEnd()])],
    ["comments", () => sent([": wait\n\n", delta({ content: "hi" }), ":\n\n", DONE])],
    ["parts", () => sent([delta({ content: [text("h"), text("i")] }), DONE])],
    [
      "nothing after [DONE]",
      () => sent([delta({ content: "hi" }), DONE, delta({ content: "more" })]),
    ],
  ])("with %s is read", async (_, reply) => {
    expect(await ask(reply)).toMatchObject({ status: 200, raw: "hi", error: undefined });
  });

  test("whose characters are split between chunks is read", async () => {
    const bytes = Buffer.from(delta({ content: "ö→🙂" }));
    const chunks = Array.from(bytes, (byte) => new Uint8Array([byte]));
    expect(await ask(() => sent([...chunks]))).toMatchObject({ raw: "ö→🙂", error: undefined });
  });

  test.each<[string, () => Response, string]>([
    ["nothing", () => sent([]), "Error from main server: Stream ended before first chunk"],
    ["[DONE] alone", () => sent([DONE]), "Error from main server: Stream ended before first chunk"],
    ["comments alone", () => sent([": a\n\n"]), "Stream ended before first chunk"],
    [
      "an error",
      () => sent(['data: {"error":{"message":"the model fell over"}}\n\n']),
      'Error in stream: {"message":"the model fell over"}',
    ],
    [
      "an error in words",
      () => sent(['event: error\ndata: {"error":"the model fell over"}\n\n']),
      "Error in stream: the model fell over",
    ],
    [
      "no JSON",
      () => sent(["data: overloaded\n\n"]),
      "Error parsing chunk. Error: Unexpected token",
    ],
    [
      "JSON without choices",
      () => sent(['data: {"detail":"no"}\n\n']),
      "Error parsing chunk. Error: missing field `choices`",
    ],
    [
      "a number for content",
      () => sent([delta({ content: 5 })]),
      "invalid type: number `5`, expected a string",
    ],
    [
      "JSON as its type",
      () => Response.json({ error: { message: "no stream here" } }),
      "InvalidContentType(application/json): ",
    ],
    [
      "another type that names it",
      () => sent([delta({ content: "hi" })], "application/json; note=text/event-stream"),
      "InvalidContentType",
    ],
  ])("that begins with %s is an error of the provider", async (_, reply, problem) => {
    const before = await h.stored();
    const { status, error } = await ask(reply);
    expect(status).toBe(500);
    expect(error).toContain("All model providers failed to infer with errors: main: ");
    expect(error).toContain(problem);
    expect(await h.stored()).toBe(before);
  });

  test("that ends before its first chunk is left for the next provider's", async () => {
    const asked: unknown[] = [];
    const answer = { ...talk, function_name: "answer", variant_name: "b" };
    h.provider.reply = ({ model }) => {
      asked.push(model);
      return model === "down-model" ? sent([]) : streamedCompletion(["hi"]);
    };
    const { body } = await h.post("/inference", { ...answer, stream: true });
    expect(asked).toEqual(["down-model", "up-model"]);
    expect(events(body)[0].raw).toBe("hi");
  });

  test.each<[string, () => Response, string]>([
    [
      "in the middle of JSON",
      () => sent([delta({ content: "half" }), 'data: {"choi']),
      "Error parsing chunk. Error: ",
    ],
    [
      "by an error",
      () => sent([delta({ content: "half" }), 'data: {"error":"fell over"}\n\n']),
      "Error in stream: fell over",
    ],
  ])("cut off %s tells so after what came", async (_, reply, problem) => {
    const { raw, error } = await ask(reply);
    expect(raw).toBe("half");
    expect(error).toContain(problem);
  });

  test("cut off by a broken connection tells so after what came", async () => {
    const muted = jest.spyOn(console, "error").mockImplementation(() => {}); // the stand-in's server
    let breakOff = () => {};
    const start = (controller: ReadableStreamDefaultController) => {
      controller.enqueue(Buffer.from(delta({ content: "half" })));
      breakOff = () => controller.error(new Error("cut"));
    };
    const headers = { "content-type": "text/event-stream" };
    h.provider.reply = () => new Response(new ReadableStream({ start }), { headers });
    const body = JSON.stringify({ ...ACT, stream: true });
    const response = await h.gateway.app.request("/inference", { method: "POST", body });
    breakOff(); // only now: the first piece has arrived
    const [first, second] = events(await response.text());
    muted.mockRestore();
    expect(first.raw).toBe("half");
    expect(second.error).toContain("Error from openai server: SSE error: ");
  });

  test("with an empty finish reason before and after the true one ends for the true one", async () => {
    const reasons = ["", "length", ""].map(
      (finish_reason) =>
        `data: ${JSON.stringify({ choices: [{ delta: { content: "h" }, finish_reason }] })}\n\n`,
    );
    const { pieces } = await ask(() => sent([...reasons, DONE]));
    expect(pieces?.at(-2).finish_reason).toBe("length");
  });

  const piece = (fields: object, args: string) => ({ ...fields, function: { arguments: args } });
  test.each<[string, object[]]>([
    ["an empty id", [piece({ index: 0, id: "" }, '{"where"'), piece({ index: 0, id: "" }, ":1}")]],
    ["no id", [piece({ index: 0 }, '{"where"'), piece({ index: 0, id: null }, ":1}")]],
    ["neither id nor index", [piece({}, '{"where"'), piece({ id: "" }, ":1}")]],
    [
      "the id again",
      [piece({ index: 0, id: "c1" }, '{"where"'), piece({ index: 0, id: "c1" }, ":1}")],
    ],
  ])("gives pieces of a tool call with %s to that call", async (_, pieces) => {
    const first = { index: 0, id: "c1", function: { name: "look", arguments: "" } };
    const body = [first, ...pieces].map((part) => delta({ tool_calls: [part] }));
    const answer = await ask(() => sent([...body, DONE]), talk);
    const calls = (answer.pieces ?? []).flatMap((event) => event.content ?? []);
    expect(answer.error).toBeUndefined();
    expect(calls.map(({ id }) => id)).toEqual(["c1", "c1", "c1"]);
    expect(calls.map(({ raw_arguments }) => raw_arguments).join("")).toBe('{"where":1}');
  });

  test("gives pieces of two tool calls to the one that their index names", async () => {
    const two = [0, 1].map((index) => ({ index, id: `c${index}`, function: { name: "look" } }));
    const rest = [1, 0, 1].map((index) => piece({ index, id: "" }, String(index)));
    const body = [...two, ...rest].map((part) => delta({ tool_calls: [part] }));
    const answer = await ask(() => sent([...body, DONE]), talk);
    const calls = (answer.pieces ?? []).flatMap((event) => event.content ?? []);
    expect(calls.map(({ id }) => id)).toEqual(["c0", "c1", "c1", "c0", "c1"]);
  });

  test("with a piece of a tool call that never began is an error", async () => {
    const { status, error } = await ask(
      () => sent([delta({ tool_calls: [piece({ index: 1 }, "")] })]),
      talk,
    );
    expect(status).toBe(500);
    expect(error).toContain("Tool call index out of bounds");
  });
});
