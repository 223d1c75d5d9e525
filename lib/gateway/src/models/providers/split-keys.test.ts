import fc from "fast-check";
import { Secrets } from "../../basics/redact";
import { SplitKeys } from "./split-keys";

const KEY = "sk-proj-Ab3dEf6hIj9lMn2pQr5t";
const event = (content: string, more: object = {}) =>
  JSON.stringify({ id: "chatcmpl-1", choices: [{ index: 0, delta: { content, ...more } }] });
const contentOf = (raw: string): string => JSON.parse(raw).choices[0].delta.content;

/** What is passed on of a stream: at each event, and at the end. */
function passedOn(events: string[], keys = [KEY]): string[][] {
  const split = new SplitKeys(new Secrets(keys));
  return [...events.map((raw) => split.add(raw)), split.end()];
}

test("a piece is passed on at once, unless it ends as a key begins", () => {
  const events = ["I see ", "a wall", " and a ball"].map((text) => event(text));
  expect(passedOn(events, ["0123456789abcdef"])).toEqual([...events.map((raw) => [raw]), []]);
  const [first, second, third] = ["is", "k-pro", "portion!"].map((text) => event(text));
  expect(passedOn([first!, second!, third!, event("!")])).toEqual([
    [],
    [],
    [first, second, third],
    [event("!")],
    [],
  ]);
});

test("a key over several events is one mask, and what is behind it waits", () => {
  const texts = ["the key is sk-", "proj-Ab3d", "Ef6hIj9lMn", "2pQr5t", ", they say", "."];
  const passed = passedOn(texts.map((text) => event(text)));
  expect(passed.map((raws) => raws.map(contentOf))).toEqual([
    [],
    [],
    [],
    [],
    ["the key is [key]", "", "", "", ", they say"],
    ["."],
    [],
  ]);
  expect(passed[5]).toEqual([event(".")]);
});

test("a key that a stream breaks off in is cut, as far as it came; [DONE] waits for nothing", () => {
  const events = [event("key: "), event(KEY.slice(0, 20))];
  expect(passedOn(events).flat().map(contentOf)).toEqual(["key: ", "[key]"]);
  expect(passedOn([...events, "[DONE]"]).at(-2)).toEqual([event("[key]"), "[DONE]"]);
});

test("each of several texts is read by itself: thoughts, tool calls by their index", () => {
  const call = (index: number, args: string) =>
    JSON.stringify({
      choices: [{ index: 0, delta: { tool_calls: [{ index, function: { arguments: args } }] } }],
    });
  const half = KEY.slice(0, 12);
  const events = [call(0, half), call(1, "{}"), call(0, KEY.slice(12)), call(1, half)];
  expect(passedOn(events).flat()).toEqual([
    call(0, "[key]"),
    call(1, "{}"),
    call(0, ""),
    call(1, half),
  ]);
  const thoughts = [event("", { reasoning: half }), event("", { reasoning: KEY.slice(12) })];
  expect(passedOn(thoughts).flat().join("")).not.toContain(KEY.slice(12));
});

test("a message's parts are pieces, too", () => {
  const answer = (...texts: string[]) =>
    JSON.stringify({
      choices: [{ message: { content: texts.map((text) => ({ type: "text", text })) } }],
    });
  const parts = answer("a", KEY.slice(0, 9), KEY.slice(9), "b");
  expect(passedOn([parts]).flat()).toEqual([answer("a", "[key]", "", "b")]);
});

test("what is deep, no JSON, or has no choices is passed on as it is", () => {
  const deep = `{"choices":[${"[".repeat(50_000)}${"]".repeat(50_000)}]}`;
  for (const raw of [
    deep,
    "[DONE]",
    "{",
    "null",
    "[]",
    '"sk-"',
    '{"error":"sk-"}',
    '{"choices":null}',
  ])
    expect(passedOn([raw]).flat()).toEqual([raw]);
});

test("wherever a key is split, and whatever it is encoded in, the whole text has a mask for it", () => {
  const around = fc.string({ unit: fc.constantFrom(..."xyz .,!"), maxLength: 10 });
  const encode = fc.constantFrom<(key: string) => string>(
    (key) => key,
    (key) => key.toUpperCase(),
    encodeURIComponent,
    (key) => [...key].map((c) => `%${c.charCodeAt(0).toString(16)}`).join(""),
    (key) => [...key].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join(""),
    (key) => Buffer.from(key).toString("hex"),
    (key) => Buffer.from(key.slice(0, 27)).toString("base64"),
  );
  const cuts = fc.array(fc.nat(200), { maxLength: 40 });
  fc.assert(
    fc.property(around, around, encode, cuts, (before, after, write, at) => {
      const text = before + write(KEY) + after;
      const bounds = [0, ...at, text.length].map((cut) => Math.min(cut, text.length));
      bounds.sort((a, b) => a - b);
      const pieces = bounds.slice(1).map((end, i) => text.slice(bounds[i], end));
      const passed = passedOn(pieces.map((piece) => event(piece))).flat();
      expect(passed.map(contentOf).join("")).toBe(`${before}[key]${after}`);
      expect(passed).toHaveLength(pieces.length);
    }),
    { numRuns: 500 },
  );
});

test("a stream that may always be about to give the key takes linear time, and is not held for ever", () => {
  const split = new SplitKeys(new Secrets([KEY, "abababababababababab"]));
  const started = process.cpuUsage();
  let passed = 0;
  for (let i = 0; i < 5000; i++) passed += split.add(event(i % 7 === 0 ? "sk-" : "abab")).length;
  expect(passed).toBeGreaterThan(1000);
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1e6).toBeLessThan(5);
});

const half = KEY.slice(0, 14);
const delta = (content: object) => JSON.stringify({ choices: [{ delta: content }] });
const many = (count: number, entry: (i: number) => [string, string]) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => entry(i)));

test.each<[string, string[]]>([
  ["nothing behind a key's beginning", [event("s"), ...Array(40_000).fill(event(""))]],
  ["blanks behind a key's beginning", [event("s"), ...Array(40_000).fill(event(" "))]],
  [
    "many texts that a key may begin in",
    [delta(many(10_000, (i) => [`k${i}`, "s"])), ...Array(10_000).fill(event("x"))],
  ],
  ["ever new texts", Array.from({ length: 20_000 }, (_, i) => delta({ [`k${i}`]: "s" }))],
  [
    "a message of many parts, with as many keys",
    [delta({ content: Array.from({ length: 40_000 }, (_, i) => (i % 2 ? KEY.slice(14) : half)) })],
  ],
])("%s takes linear time", (_, events) => {
  const started = process.cpuUsage();
  expect(passedOn(events).flat()).toHaveLength(events.length);
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1e6).toBeLessThan(5);
});
