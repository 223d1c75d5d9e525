import fc from "fast-check";
import { anyCharacter } from "../testing/any-character";
import { printable } from "./printable";

test.each([
  ["a\tb\nc", "a\tb\nc"],
  ["a\r\nb\rc", "a\nb\nc"],
  ["\x1b[2J\x1b]0;title\x07\x1b]52;c;aGk=\x1b\\", "�[2J�]0;title��]52;c;aGk=�\\"],
  ["\x9b31m\x85\x7f\0\b", "�31m����"],
  ["\u202eevil\u2066\u061c", "�evil��"],
  ["\ud83d half, 🙂 and \ufffe", "� half, 🙂 and �"],
  ["äöü שלום 👩‍🚀", "äöü שלום 👩‍🚀"],
])("%j", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("whatever the text: nothing to obey is left, and what is printable stays as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      const shown = printable(text);
      expect(shown).not.toMatch(/(?![\t\n])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      expect(printable(shown)).toBe(shown);
    }),
  );
});
