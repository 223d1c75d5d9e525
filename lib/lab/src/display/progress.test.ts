import { progressText } from "./progress";

const invalid = {
  ...{ variant: "baseline", answers: 128, invalid: 128 },
  ...{ reason: "not JSON" as const, isOnlyReason: true, example: "```json" },
};

const progress = {
  done: 120,
  total: 300,
  success: 78,
  failed: 3,
  steps: 900,
  spentUsd: 0,
  spentIsEstimated: false,
  invalidAnswers: [],
  seconds: 8,
  state: "running" as const,
};

test.each([
  [{}, "120 of 300 episodes · 78 solved (26–87 % of all) · 3 failed · 12 s left"],
  [{ done: 0, success: 0, failed: 0 }, "0 of 300 episodes"],
  [{ done: 3, success: 0 }, "3 of 300 episodes · 3 failed · 13 min left"],
  [
    { failed: 0, spentUsd: 0.0123 },
    "120 of 300 episodes · 78 solved (26–86 % of all) · $0.0123 · 12 s left",
  ],
  [
    { failed: 0, spentUsd: 0.0123, spentIsEstimated: true },
    "120 of 300 episodes · 78 solved (26–86 % of all) · ≈ $0.0123, estimated · 12 s left",
  ],
  [
    {
      done: 300,
      success: 300,
      failed: 0,
      seconds: 5400,
      spentUsd: 12.5,
      state: "finished" as const,
    },
    "300 of 300 episodes · 300 solved (100 %) · $12.50 · in 1 h 30 min",
  ],
  [
    { failed: 0, invalidAnswers: [invalid] },
    "120 of 300 episodes · 78 solved (26–86 % of all) · 12 s left · " +
      '128 of 128 answers of baseline were no valid action: not JSON, e.g. "```json"',
  ],
  [
    { done: 0, success: 0, failed: 0, invalidAnswers: [{ ...invalid, example: "" }, invalid] },
    "0 of 300 episodes · 128 of 128 answers of baseline were no valid action: not JSON (and 1 more with such answers)",
  ],
  [
    { failed: 0, state: "stopped" as const },
    "120 of 300 episodes · 78 solved (26–86 % of all) · stopped after 8.0 s",
  ],
])("%p reads as one line", (change, text) => {
  expect(progressText({ ...progress, ...change })).toBe(text);
});
