import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { countUsage, tokenCounter } from "./tokens";

test("counts as OpenAI's chat format does", async () => {
  // o200k_base: "system", "user" 1 token each; "hello world" 2; "tiktoken is great!" 6 (OpenAI Cookbook).
  const messages = [
    { role: "system", content: "hello world" },
    { role: "user", content: "tiktoken is great!" },
  ];
  const prompt_tokens = 3 + (3 + 1 + 2) + (3 + 1 + 6);
  expect(await countUsage(messages, "hello world")).toEqual({
    prompt_tokens,
    completion_tokens: 2,
    total_tokens: prompt_tokens + 2,
  });
});

test("control tokens in a message are plain text", async () => {
  const { prompt_tokens } = await countUsage([{ role: "user", content: "<|endoftext|>" }], "");
  expect(prompt_tokens).toBeGreaterThan(3 + 3 + 1 + 1);
});

test("a text has as many tokens as its lines", async () => {
  const count = await tokenCounter();
  const piece = fc.oneof(
    fc.constantFrom("\n", "\r\n", " ", "/", "'s", ".", "go forward", "é", "\u2028", "12345"),
    fc.string({ unit: "grapheme" }),
  );
  const texts = fc.array(piece).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(texts, (text) => {
      expect(count(text)).toBe(countTokens(text, { disallowedSpecial: new Set() }));
      expect(count(`${text}\n${text}`)).toBe(
        countTokens(`${text}\n${text}`, { disallowedSpecial: new Set() }),
      );
    }),
    { numRuns: 2000 },
  );
});
