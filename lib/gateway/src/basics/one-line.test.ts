import fc from "fast-check";
import { anyCharacter } from "../testing/any-character";
import { oneLine } from "./one-line";

test.each([
  ["a\r\n\tb", 9, "a b"],
  ["\x1b[2J\x07boo\u009b1m", 20, "[2J boo 1m"],
  ["\u202eevil\u2066\ufeff", 20, "evil"],
  ["half \ud83d of", 20, "half of"],
  ["🙂🙂🙂", 2, "🙂🙂…"],
  ["abc", 3, "abc"],
  ["abcd", 3, "abc…"],
  [" ".repeat(100), 3, "…"],
])("%j in %i characters", (text, length, line) => {
  expect(oneLine(text, length)).toBe(line);
});

test("whatever the text: one line, no longer than asked, without control characters", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: anyCharacter }),
      fc.integer({ min: 1, max: 50 }),
      (text, length) => {
        const line = oneLine(text, length);
        expect([...line].length).toBeLessThanOrEqual(length + 1);
        expect(line).not.toMatch(/\p{C}/u);
        expect(line).toBe(line.trim());
      },
    ),
  );
});
