import { actions } from "babyai";
import fc from "fast-check";
import { parseAnswer } from "./parse";

test("takes each of the six actions, with or without thinking", () => {
  for (const action of actions) {
    expect(parseAnswer(JSON.stringify({ action }))).toEqual({
      action,
      thinking: null,
      invalid: null,
    });
    expect(parseAnswer(JSON.stringify({ thinking: "why", action })).thinking).toBe("why");
  }
});

test.each([
  [null, "empty"],
  ["  \n", "empty"],
  ["go forward", "not JSON"],
  ['```json\n{"action":"drop"}\n```', "not JSON"],
  ['I think: {"action":"drop"}', "not JSON"],
  ["null", "no action"],
  ['["drop"]', "no action"],
  ['{"thinking":"hm"}', "no action"],
  ['{"action":3}', "no action"],
  ['{"action":"Turn Left"}', "unknown action"],
  ['{"action":" drop"}', "unknown action"],
  ['{"action":"jump"}', "unknown action"],
])("%j is invalid: %s", (content, invalid) => {
  expect(parseAnswer(content)).toMatchObject({ action: null, invalid });
});

test.each([
  [null, "cut off by the token limit"],
  ["", "cut off by the token limit"],
  ['{"thinking":"I see', "cut off by the token limit"],
  ['{"action":"fly"}', "unknown action"],
  ["{}", "no action"],
  ['{"action":"drop"}  ', null],
])("%j, at the token limit: %s", (content, invalid) => {
  expect(parseAnswer(content, true).invalid).toBe(invalid);
});

test.each([
  ["the last of two keys counts", '{"action":"jump","action":"drop"}', "drop"],
  ["an escaped key is that key", '{"\\u0061ction":"drop"}', "drop"],
  ["__proto__ is a key as any other", '{"__proto__":{"action":"drop"}}', null],
  ["a byte order mark is no JSON", '\uFEFF{"action":"drop"}', null],
  ["nor is a no-break space", '\u00A0{"action":"drop"}', null],
  ["nor a NUL", '{"action":"drop"}\0', null],
  [
    "numbers may be of any size",
    '{"x":[1e999,123456789012345678901234567890],"action":"drop"}',
    "drop",
  ],
  ["half of an emoji may stand beside it", '{"thinking":"\\ud83d","action":"drop"}', "drop"],
  ["nesting may be deep", `{"x":${"[".repeat(1500)}${"]".repeat(1500)},"action":"drop"}`, "drop"],
  [
    "or deeper than any stack",
    `{"x":${"[".repeat(1e6)}${"]".repeat(1e6)},"action":"drop"}`,
    "drop",
  ],
  ["also when it never ends", "[".repeat(1e6), null],
])("%s", (_, content, action) => {
  expect(parseAnswer(content).action).toBe(action);
});

test.each([
  ['<think>\nA wall.\n</think>\n\n{"action":"drop"}', "A wall.", null],
  ['A wall.</think>{"action":"drop"}', "A wall.", null], // the chat template wrote the first mark
  ['<think></think>{"action":"drop","thinking":"No wall."}', "No wall.", null],
  ['{"thinking":"</think>","action":"drop"}', "</think>", null],
  ['<think>{"action":"toggle"}</think>{"action":"drop"}', '{"action":"toggle"}', null],
  ["<think>A wall.</think>", "A wall.", "empty"],
  ["<think>A wall.</think>I drop it.", "A wall.", "not JSON"],
  ['<think>A wall. {"action":"drop"}', null, "not JSON"],
  [`${"</think>".repeat(1e5)}`, null, "not JSON"],
])("what stands before </think> is thinking: %.60j", (content, thinking, invalid) => {
  expect(parseAnswer(content)).toEqual({
    action: invalid === null ? "drop" : null,
    thinking,
    invalid,
  });
});

test("keeps the thinking of an answer whose action is unknown", () => {
  expect(parseAnswer('{"thinking":"up!","action":"fly"}').thinking).toBe("up!");
});

test("whatever a model writes, an answer has either an action or a reason", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (content) => {
      const { action, invalid } = parseAnswer(content);
      return (action === null) !== (invalid === null);
    }),
  );
});
