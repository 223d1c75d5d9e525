import { ACT, TEST_CONFIG } from "../testing/config";
import { type Harness, openHarness } from "../testing/harness";
import { completion } from "../testing/stand-in";

let h: Harness;
beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "k" });
  h.provider.reply = () => completion('{"action":"drop"}');
});
afterAll(() => h.close());

const TALK = {
  function_name: "talk",
  variant_name: "plain",
  input: { messages: [{ role: "user", content: "x" }] },
  additional_tools: [
    { name: "fly", description: "Flies.", parameters: { type: "object", required: ["height"] } },
  ],
};
const call = (name: string, args: object) => [
  { type: "tool_call", id: "1", name, arguments: args },
];
const text = (word: string) => JSON.stringify([{ type: "text", text: word }]);

/** [what, inference, value, what is stored of it, or why not] */
const cases: [string, object, unknown, string | RegExp][] = [
  [
    "an output",
    ACT,
    { action: "up" },
    '{"raw":"{\\"action\\":\\"up\\"}","parsed":{"action":"up"}}',
  ],
  [
    "an output off the schema",
    ACT,
    { act: 1 },
    /^Demonstration does not fit.*"action" is a required/s,
  ],
  [
    "an output by the request's schema",
    { ...ACT, output_schema: { type: "object", required: ["n"] } },
    { n: 1 },
    '{"raw":"{\\"n\\":1}","parsed":{"n":1}}',
  ],
  [
    "an output off the request's schema",
    { ...ACT, output_schema: { type: "object", required: ["n"] } },
    { action: "up" },
    /^Demonstration does not fit.*"n" is a required property/s,
  ],
  ["a text", TALK, "hi", text("hi")],
  ["blocks", TALK, [{ type: "text", text: "hi" }], text("hi")],
  ["a configured tool's call", TALK, call("look", { where: "up" }), /"name":"look"/],
  ["a dynamic tool's call", TALK, call("fly", { height: 1 }), /"arguments":\{"height":1\}/],
  [
    "a call off the tool's schema",
    TALK,
    call("fly", {}),
    /^Demonstration contains invalid tool call/,
  ],
  ["an unknown tool's call", TALK, call("dance", {}), /^Demonstration contains invalid tool name$/],
  ["an odd block", TALK, [{ type: "image" }], /^Invalid demonstration content block/],
  ["no blocks at all", TALK, 7, /^Demonstration must be a string or an array/],
];

describe.each([
  ["right after the inference", false],
  ["after a restart", true],
])("%s", (_, restart) => {
  test.each(cases)("%s", async (_, inference, value, expected) => {
    const { inference_id } = (await h.post("/inference", inference)).body;
    const gateway = restart ? await h.restarted() : h.gateway;
    const query = jest.spyOn(h.clickhouse, "query");
    const response = await gateway.app.request("/feedback", {
      method: "POST",
      body: JSON.stringify({ metric_name: "demonstration", inference_id, value }),
    });
    // What was answered a moment ago is remembered: the store need not be asked.
    expect(query.mock.calls.length > 0).toBe(restart);
    query.mockRestore();
    const { error } = (await response.json()) as { error?: string };
    await gateway.flush();
    const rows = await h.rows<{ value: string }>(
      `SELECT value FROM DemonstrationFeedback WHERE inference_id = '${inference_id}'`,
    );
    const outcome = error ?? rows[0]?.value;
    if (typeof expected === "string") expect(outcome).toBe(expected);
    else expect(outcome).toMatch(expected);
    expect([response.status, rows.length]).toEqual(error === undefined ? [200, 1] : [400, 0]);
  });
});
