import { actions } from "babyai";
import { anyCharacter } from "embedded-gateway/testing/any-character";
import fc from "fast-check";

/** Text with control characters, halves of emoji and whatever else UTF-16 can hold. */
export const wildText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
});

export const anyAction = fc.constantFrom(...actions);

/** Mostly the first: what breaks JSON comes seldom enough that most texts are broken in one place or none. */
function mostly(usual: fc.Arbitrary<string>, ...others: string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight: 24, arbitrary: usual }, fc.constantFrom(...others));
}

/** A string as JSON may write it, some characters as \u escapes. */
function escaped(text: string): fc.Arbitrary<string> {
  const hex = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const char = (char: string) => fc.constantFrom(char, char, hex(char));
  return fc.tuple(...text.split("").map(char)).map((chars) => `"${chars.join("")}"`);
}

function nested(depth: number): fc.Arbitrary<string> {
  const around = (before: string, after: string) => before.repeat(depth) + 1 + after.repeat(depth);
  return fc.constantFrom(around("[", "]"), around('{"action":', "}"));
}

const BIG = "123456789012345678901234567890";

const space = mostly(
  fc.constantFrom("", "", "", " ", "\n\t\r"),
  ...["\u00A0", "\uFEFF", "\u2028", "\v", "\0", "//\n"],
);
const key = mostly(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant('"action"') },
    escaped("action"),
    fc.constantFrom('"thinking"', '"__proto__"', '"constructor"', '""', '"Action"', '"\\ud83d"'),
  ),
  ...["action", "'action'", '"action\\u0000"', '"action\0"'],
);
const value = mostly(
  fc.oneof(
    { weight: 4, arbitrary: anyAction.map((name) => JSON.stringify(name)) },
    { weight: 2, arbitrary: anyAction.chain(escaped) },
    wildText.map((text) => JSON.stringify(text)),
    fc.json({ stringUnit: anyCharacter }),
    fc.constantFrom("null", "true", "-0", "1e999", "-1e999", "1e-999", BIG, `-${BIG}.${BIG}`),
    fc.constantFrom(
      '{"action":"drop"}',
      '["drop"]',
      '"fly"',
      '"\ud83d"',
      '"\\ud83d"',
      '"drop\\u0000"',
    ),
    fc.oneof(nested(3), nested(1500), nested(10_000)),
  ),
  ...[
    "",
    "'drop'",
    "drop",
    '"go\nforward"',
    '"drop\0"',
    '"\\x64rop"',
    "01",
    "1.",
    "NaN",
    "undefined",
  ],
);
const member = fc
  .tuple(space, key, space, space, value, space)
  .map(([a, name, b, c, of, d]) => `${a}${name}${b}:${c}${of}${d}`);
const comma = mostly(fc.constant(","), ",,", " ", ";");
const object = fc
  .array(fc.tuple(member, comma), { minLength: 1, maxLength: 3 })
  .map((members) => `{${members.map(([of, comma], i) => (i === 0 ? "" : comma) + of).join("")}}`);
const nearJson = fc
  .tuple(
    mostly(fc.constant(""), "\uFEFF", "```json\n", "I go: ", "["),
    object,
    mostly(fc.constant(""), "\n```", " and so on", "}", ",", "]", "\0", '{"action":"drop"}'),
    fc.oneof({ weight: 24, arbitrary: fc.constant(null) }, fc.nat()),
  )
  .map(([before, of, after, end]) => {
    const text = before + of + after;
    return end === null ? text : text.slice(0, end % text.length);
  });

/** What a model may answer: mostly JSON or nearly, with an action or nearly, else any text at all. */
export const anyAnswer: fc.Arbitrary<string | null> = fc.oneof(
  { weight: 12, arbitrary: nearJson },
  fc.json({ stringUnit: anyCharacter }),
  wildText,
  space,
  fc.constant(null),
);
