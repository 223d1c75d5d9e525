import fc from "fast-check";
import { redactError, redactKeys, redactSecrets } from "./redact";

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
  ["a part: 456789ab. And the end: cdefXYZ", "a part: [key] And the end: [key]"],
  ["ordinary: ****, ..., 0123, model gpt-4o", "ordinary: ****, ..., 0123, model gpt-4o"],
])("%s", (text, redacted) => {
  expect(redactError(text, [SECRET])).toBe(redacted);
});

test("placeholders are no secrets, and answers keep all but the very key", () => {
  expect(redactError("lm-studio has no lm-studio model", ["lm-studio"])).toBe(
    "lm-studio has no lm-studio model",
  );
  expect(redactSecrets(`0123****fXYZ, ${SECRET}, sk-of-somebody`, [SECRET])).toBe(
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
      expect(redactError(`key${c}${piece}${c}bad`, [secret])).not.toContain(piece);
    }),
  );
});
