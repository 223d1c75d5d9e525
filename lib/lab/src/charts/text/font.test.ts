import fc from "fast-check";
import { characters, fitText, glyph, pieces, textWidth, wrapText } from "./font";

test("a text that fits stays whole; a longer one loses its middle, and as little of it as need be", () => {
  const name = "gpt-6-luna_history_and_reasoning";
  expect(fitText(name, textWidth(name, 14, "600"), 14, "600")).toBe(name);
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.integer({ min: 30, max: 400 }),
      (text, room) => {
        const fitted = fitText(text, room, 13);
        expect(textWidth(fitted, 13)).toBeLessThanOrEqual(room);
        if (fitted === text) return;
        const [start = "", end = ""] = fitted.split("…");
        if (!text.includes("…")) {
          expect(text.startsWith(start)).toBe(true);
          expect(text.endsWith(end)).toBe(true);
        }
      },
    ),
  );
});

test("a text is broken between words, and each line is as full as it can be", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
  fc.assert(
    fc.property(words, (list) => {
      const lines = wrapText(list.join(" "), 120, 13);
      expect(lines.join(" ")).toBe(list.join(" "));
      lines.forEach((line, index) => {
        expect(textWidth(line, 13)).toBeLessThanOrEqual(120);
        const [next] = lines[index + 1]?.split(" ") ?? [];
        if (next) expect(textWidth(`${line} ${next}`, 13)).toBeGreaterThan(120);
      });
    }),
  );
});

test("the languages of Europe are in the typeface; what is not is told apart, in order, with the spaces within", () => {
  for (const letter of "aÄéñşğłŽßΩλЖыЇҐ€") {
    for (const weight of ["400", "600"] as const) expect(glyph(letter, weight)).toBeDefined();
  }
  expect(pieces("e\u0301té")).toEqual([{ text: "été", isForeign: false }]);
  expect(pieces("a 日本 語 b")).toEqual([
    { text: "a ", isForeign: false },
    { text: "日本 語", isForeign: true },
    { text: " b", isForeign: false },
  ]);
  expect(textWidth("日👩‍💻", 10)).toBe(20);
});

test("characters are those of Unicode, though of plain letters nobody asks", () => {
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  const asked = (text: string) => [...segmenter.segment(text)].map(({ segment }) => segment);
  const all = Array.from({ length: 0x2300 }, (_, code) => String.fromCodePoint(code));
  // Each beside what joins it, where anything does.
  for (const mark of ["", "e", "\u0301", "\u200d", "🇪", "\r"])
    for (const letter of all) {
      const text = `${mark}${letter}${mark}`;
      if (characters(text).length !== asked(text).length)
        expect(characters(text)).toEqual(asked(text));
    }
  const text = fc.string({ unit: fc.constantFrom(...all.slice(32, 591), "…", "–", "−") });
  fc.assert(fc.property(text, (plain) => expect(characters(plain)).toEqual(asked(plain))));
});
