import type { Progress } from "../experiment/progress/progress";
import { progressText, variantTexts } from "./progress";

const invalid = {
  ...{ variant: "baseline", answers: 128, invalid: 128 },
  ...{ reason: "not JSON" as const, isOnlyReason: true, example: "```json" },
};

const counts = {
  ...{ before: 0, total: 300, done: 120, success: 78, failed: 3 },
  ...{ answers: 900, invalid: 0, inputTokens: 280_000, outputTokens: 9_000 },
};
const progress: Progress = {
  ...counts,
  answersPerSecond: 112.4,
  spentUsd: 0,
  spentIsEstimated: false,
  spentIsAtLeast: false,
  invalidAnswers: [],
  variants: [{ ...counts, variant: "a" }],
  seconds: 8,
  secondsLeft: 12.3,
  state: "running",
};
const some = "900 answers (112/s) · 289 k tokens";

test.each<[Partial<Progress>, string]>([
  [{}, `120 of 300 episodes · 12 s left · 78 solved (26–87 % of all) · 3 failed · ${some}`],
  [{ before: 40 }, `120 of 300 episodes · 12 s left · 78 solved · 3 failed · ${some}`],
  [
    {
      ...{
        done: 0,
        success: 0,
        failed: 0,
        answers: 0,
        inputTokens: 0,
        outputTokens: 0,
        answersPerSecond: 0,
      },
    },
    "0 of 300 episodes · 12 s left · no answer yet",
  ],
  [
    { done: 0, success: 0, failed: 0, answers: 1, answersPerSecond: 0.52, secondsLeft: null },
    "0 of 300 episodes · 1 answer (0.5/s) · 289 k tokens",
  ],
  [
    { done: 3, success: 0, secondsLeft: 800 },
    `3 of 300 episodes · 13 min left · 3 failed · ${some}`,
  ],
  [
    { failed: 0, spentUsd: 0.0123 },
    `120 of 300 episodes · 12 s left · 78 solved (26–86 % of all) · ${some} · $0.0123`,
  ],
  [
    { failed: 0, spentUsd: 0.0123, spentIsEstimated: true },
    `120 of 300 episodes · 12 s left · 78 solved (26–86 % of all) · ${some} · ≈ $0.0123, estimated`,
  ],
  [
    {
      ...{ done: 300, success: 300, failed: 0, seconds: 5400, spentUsd: 12.5, state: "finished" },
      ...{ answers: 12_345, inputTokens: 3_000_000, outputTokens: 95_000 },
    },
    "300 of 300 episodes · in 1 h 30 min · 300 solved (100 %) · 12,345 answers (112/s) · 3.1 M tokens · $12.50",
  ],
  [
    { failed: 0, invalid: 128, invalidAnswers: [invalid] },
    "120 of 300 episodes · 12 s left · 78 solved (26–86 % of all) · 900 answers (112/s, 14 % invalid) · 289 k tokens · " +
      '128 of 128 answers of baseline were no valid action: not JSON, e.g. "```json"',
  ],
  [
    { failed: 0, invalid: 2, invalidAnswers: [{ ...invalid, example: "" }, invalid] },
    "120 of 300 episodes · 12 s left · 78 solved (26–86 % of all) · 900 answers (112/s, < 1 % invalid) · 289 k tokens · " +
      "128 of 128 answers of baseline were no valid action: not JSON (and 1 more with such answers)",
  ],
  [
    { failed: 0, state: "stopped" },
    `120 of 300 episodes · stopped after 8.0 s · 78 solved (26–86 % of all) · ${some}`,
  ],
])("%p reads as one line", (change, text) => {
  expect(progressText({ ...progress, ...change })).toBe(text);
});

test("of several variants each has a line", () => {
  const slow = {
    ...counts,
    ...{ variant: "baseline", done: 0, success: 0, failed: 0, answers: 0 },
  };
  const fast = { ...counts, variant: "a", total: 150, invalid: 90 };
  expect(variantTexts(progress)).toEqual([]);
  expect(variantTexts({ ...progress, variants: [fast, slow] })).toEqual([
    "a         120 of 150 episodes · 78 solved (52–74 % of all) · 3 failed · 900 answers (10 % invalid)",
    "baseline  0 of 300 episodes · no answer yet",
  ]);
});
