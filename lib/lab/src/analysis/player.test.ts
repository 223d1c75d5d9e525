import { playerOf, players, variantPlayer } from "./player";

const MINI = "openai::gpt-4o-mini-2024-07-18";
const by = (variant: string, model: string | null, provider: string | null) => ({
  ...{ variant, model, provider },
});

test("what answered is told by the columns, whatever variant and model are called", () => {
  const played = [
    by("rule_based", "rule_based", "local"),
    by("history", null, null),
    by("history", MINI, "openai"),
    by("baseline", MINI, "openai"),
    by("gpt-5_baseline", "gpt-5", "local"),
    by("random", "rule_based", "vllm"),
    by("mixed", "a, rule_based", "local, openai"),
    by("resumed", "old", "vllm"),
    by("resumed", "random", "local"),
    { variant: "other" },
  ];
  expect(players(played)).toBe(
    `random: rule_based. baseline, history: ${MINI}. rule_based: rules, not an LLM. ` +
      "gpt-5_baseline: gpt-5, not an LLM. mixed: a, rule_based. resumed: old and uniform random, not an LLM.",
  );
  expect(variantPlayer("history", played)).toBe(MINI);
  expect([variantPlayer("other", played), players([{ variant: "other" }])]).toEqual([null, null]);
  expect(playerOf(by("a", null, null))).toBeNull();
});
