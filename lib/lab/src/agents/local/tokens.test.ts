import { countUsage } from "./tokens";

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
