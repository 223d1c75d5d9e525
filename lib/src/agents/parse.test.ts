import fc from "fast-check";
import { actions } from "../env";
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
