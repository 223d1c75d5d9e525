import { redactKeys } from "./redact";

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
