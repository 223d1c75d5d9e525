import fc from "fast-check";
import { redactKeys, Secrets } from "./redact";

test.each([
  [
    "401 Incorrect API key provided: sk-proj-AbC***yZ12. You can find your API key at https://x.",
    "401 Incorrect API key provided: [key] You can find your API key at https://x.",
  ],
  ['{"error":"bad api_key: 0123abcdef"}', '{"error":"bad api_key: [key]"}'],
  ["authorization: Bearer abc.def-ghi", "authorization: Bearer [key]"],
  ["key sk-ant-api03-abcdefgh failed", "key [key] failed"],
])("%s", (text, redacted) => {
  expect(redactKeys(text)).toBe(redacted);
});

test.each([
  "API key missing for provider openai: Environment variable `OPENAI_API_KEY` is missing",
  "Unknown task-name or risk-free variant sk",
  "a wall 2 steps right",
])("leaves alone: %s", (text) => {
  expect(redactKeys(text)).toBe(text);
});

const SECRET = "0123456789abcdefXYZ";
test.each([
  [`whole: ${SECRET}!`, "whole: [key]!"],
  ["masked: 0123****dXYZ? no: 9999****9999", "masked: 0123****dXYZ? no: 9999****9999"],
  ["masked: 0123****fXYZ, 012…, ********XYZ, 01...YZ", "masked: [key], [key], [key], [key]"],
  ["a part: 456789ab. And the end: cdefXYZ", "a part: [key]. And the end: [key]"],
  ["ordinary: ****, ..., 0123, model gpt-4o", "ordinary: ****, ..., 0123, model gpt-4o"],
])("%s", (text, redacted) => {
  expect(new Secrets([SECRET]).redactError(text)).toBe(redacted);
});

test("placeholders are no secrets, and answers keep all but the very key", () => {
  expect(new Secrets(["lm-studio"]).redactError("lm-studio has no lm-studio model")).toBe(
    "lm-studio has no lm-studio model",
  );
  expect(new Secrets([SECRET]).redact(`0123****fXYZ, ${SECRET}, sk-of-somebody`)).toBe(
    "0123****fXYZ, [key], sk-of-somebody",
  );
});

test("no piece of a key longer than a hint gets through, whatever stands around it", () => {
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_".split("");
  const key = fc.string({ unit: fc.constantFrom(...letters), minLength: 20, maxLength: 60 });
  const around = fc.constantFrom(" ", '"', "\n", "(", ": ", ", ", "`");
  fc.assert(
    fc.property(key, fc.nat(), fc.integer({ min: 6, max: 60 }), around, (secret, at, length, c) => {
      const piece = secret.slice(at % (secret.length - 6)).slice(0, length);
      expect(new Secrets([secret]).redactError(`key${c}${piece}${c}bad`)).not.toContain(piece);
    }),
  );
});

/** Every way in which a provider may write what it was sent. */
const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(2, "0");
const each = (text: string, write: (character: string) => string) => [...text].map(write).join("");
const ENCODINGS: Record<string, (key: string) => string> = {
  "as it is": (key) => key,
  "capital letters": (key) => key.toUpperCase(),
  "small letters": (key) => key.toLowerCase(),
  "JSON's escapes": (key) => each(key, (c) => `\\u00${hex(c)}`),
  "one of JSON's escapes": (key) => `\\u00${hex(key[0]!)}${key.slice(1)}`,
  ".NET's escapes": (key) => key.replace(/[+/=&'"<>]/g, (c) => `\\u00${hex(c).toUpperCase()}`),
  "PHP's \\/": (key) => key.replaceAll("/", "\\/"),
  "JSON in JSON": (key) => each(key, (c) => `\\\\u00${hex(c)}`),
  "JSON in JSON in JSON": (key) => each(key, (c) => `\\\\\\\\u00${hex(c)}`),
  "Python's escapes": (key) => each(key, (c) => `\\x${hex(c)}`),
  "percent-encoding": encodeURIComponent,
  "percent-encoding of all": (key) => each(key, (c) => `%${hex(c)}`),
  "percent-encoding twice": (key) => each(key, (c) => `%25${hex(c).toUpperCase()}`),
  "HTML's numbers": (key) => each(key, (c) => `&#${c.charCodeAt(0)};`),
  "HTML's hex numbers": (key) => each(key, (c) => `&#x${hex(c)};`),
  "JavaScript's code points": (key) =>
    [...key].map((c) => `\\u{${c.charCodeAt(0).toString(16)}}`).join(""),
  "JavaScript's escape()": (key) =>
    [...key].map((c) => `%u00${c.charCodeAt(0).toString(16)}`).join(""),
  "UTF-16": (key) => Buffer.from(key, "utf16le").toString("latin1"),
  "broken over lines": (key) => key.replace(/.{8}/g, "$&\r\n "),
  "broken by zero-width spaces": (key) => key.replace(/.{5}/g, "$&\u200b"),
  hex: (key) => Buffer.from(key).toString("hex"),
  "base64, broken over lines": (key) => btoa(`user:${key}`).replace(/.{20}/g, "$&\\n"),
  "base64 in a URL": (key) => encodeURIComponent(btoa(key)),
  "base64 in JSON": (key) => btoa(key).replace(/[+/=]/g, (c) => `\\u00${hex(c)}`),
};
for (const before of ["", "a", "ab", "Bearer "]) {
  ENCODINGS[`base64 after ${before.length}`] = (key) => btoa(`${before}${key}, and more`);
  ENCODINGS[`base64url after ${before.length}`] = (key) =>
    Buffer.from(before + key).toString("base64url");
}
const KEYS = ["sk-proj-Ab3dEf6hIj9lMn2pQr5t", "c2VjcmV0+Zm9y/dXM=ab+cd/ef", "0123456789ab"];
const AROUND = [
  ["", ""],
  ["Bearer ", " is wrong"],
  ["key=", "&x=1"],
  ['{"a":"', '"}'],
  ["prefix", "suffix"],
] as const;

test.each(Object.entries(ENCODINGS))("%s", (_, encode) => {
  for (const key of KEYS) {
    for (const [before, after] of AROUND) {
      const redacted = new Secrets([key]).redact(before + encode(key) + after);
      // Of base64, characters at the edges are left that hold bits of what is beside the key.
      const isWhole = redacted === `${before}[key]${after}`;
      const left = redacted.replace("[key]", "").replace(before, "").replace(after, "");
      expect([encode(key), redacted, isWhole || left.length < 30]).toEqual([
        expect.anything(),
        expect.stringContaining("[key]"),
        true,
      ]);
      expect(redacted.toLowerCase()).not.toContain(encode(key).toLowerCase());
    }
  }
});

test("letters in any of the escapes, all mixed, are found; what stands around stays as it was", () => {
  const key = fc.string({
    unit: fc.constantFrom(..."abcXYZ019-_+/="),
    minLength: 12,
    maxLength: 60,
  });
  const ways = fc.infiniteStream(fc.nat({ max: 5 }));
  const around = fc.string({ unit: fc.constantFrom(..." .,;:!?()äéß\u0130\n"), maxLength: 20 });
  fc.assert(
    fc.property(key, ways, around, around, (secret, way, before, after) => {
      const write = (c: string) =>
        [c, c, `\\u00${hex(c)}`, `%${hex(c)}`, `%25${hex(c)}`, `&#${c.charCodeAt(0)};`][
          way.next().value
        ]!;
      const redacted = new Secrets([secret]).redact(before + each(secret, write) + after);
      expect(redacted).toBe(`${before}[key]${after}`);
    }),
    { numRuns: 300 },
  );
});

test("a long text takes linear time", () => {
  const secrets = new Secrets(["sk-proj-Ab3dEf6hIj9lMn2pQr5t"]);
  for (const unit of [
    "\\",
    "%25",
    "&#",
    "sk-",
    "a",
    "*",
    "=",
    "api key: ",
    "sk-proj-Ab3dEf",
    " ",
  ]) {
    const started = process.cpuUsage();
    const text = unit.repeat(300_000 / unit.length);
    secrets.redactError(text);
    secrets.redact(text);
    const { user, system } = process.cpuUsage(started);
    expect([unit, (user + system) / 1e6 < 2]).toEqual([unit, true]);
  }
});
