import fc from "fast-check";
import { forms } from "../../agents/balrog-like/forms";
import { storedAnswer } from "./stored-answer";

const blocks = (...texts: string[]) =>
  JSON.stringify(texts.map((text) => ({ type: "text", text })));

test("a conversation's answer is all of its text; a model's thought beside it is its thinking", () => {
  expect(storedAnswer({ form: "naive", output: blocks("turn", "left") })).toMatchObject({
    ...{ answer: "turn\nleft", action: null, invalid: "not an action alone" },
  });
  const thought = JSON.stringify([
    { type: "thought", text: "Hm." },
    { type: "text", text: "drop." },
  ]);
  expect(storedAnswer({ form: "naive", output: thought })).toEqual({
    ...{ answer: "drop.", action: "drop", thinking: "Hm.", invalid: null },
  });
  expect(storedAnswer({ form: "cot", output: blocks("I drop. ACTION: drop") })).toMatchObject({
    ...{ action: "drop", thinking: "I drop. ACTION: drop" },
  });
  expect(storedAnswer({ form: "cot", output: "[]" })).toMatchObject({
    ...{ answer: null, invalid: "empty" },
  });
});

test("the token limit is the reason of the answer that it cut", () => {
  const [output, other] = [blocks("I thi"), blocks("I think")];
  const invalid = (cut_off: string[]) => storedAnswer({ form: "cot", output, cut_off }).invalid;
  expect(invalid([output])).toBe("cut off by the token limit");
  expect(invalid([other])).toBe("not an action alone");
});

test("what no gateway writes stands for the answer itself", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.json(), fc.string(), fc.constantFrom("[null]", "[1]", '{"raw":"drop"}', "")),
      fc.constantFrom(...forms, "of-others"),
      (output, form) => {
        const { answer, action, invalid } = storedAnswer({ form, output });
        expect(action === null).toBe(invalid !== null);
        if (!output.trim().startsWith("[")) expect(answer).toBe(output);
      },
    ),
  );
});
