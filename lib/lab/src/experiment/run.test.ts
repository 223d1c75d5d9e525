import { checkSettings } from "./plan/settings";
import { type Run, describe as runText } from "./run";

const run: Run = {
  id: "r1",
  settings: checkSettings({ variants: ["a"], budgetUsd: 2.5 }, ["a"]),
  startedAt: new Date(1000),
  finishedAt: new Date(62_500),
  planned: 20,
  completed: 20,
  completedBefore: 0,
  doubles: 0,
  failed: 0,
  stopped: null,
  lastError: null,
  needsKey: false,
  storeError: null,
  spentUsd: 1.236,
  spentIsEstimated: false,
  spentIsAtLeast: false,
  invalidAnswers: [],
  text: "",
};
const rest = "For the rest: npm start -- --resume r1";

test.each<[string, Partial<Run>, string]>([
  ["ended", {}, "Run r1: 20 of 20 episodes in 61.5 s, $1.24."],
  ["of unknown cost", { spentUsd: null }, "Run r1: 20 of 20 episodes in 61.5 s, cost not known."],
  [
    "of which some cost is not known",
    { spentIsAtLeast: true },
    "Run r1: 20 of 20 episodes in 61.5 s, at least $1.24.",
  ],
  [
    "resumed",
    { completedBefore: 5 },
    "Run r1: 20 of 20 episodes in 61.5 s, $1.24. 5 of them were there already.",
  ],
  [
    "with failed episodes",
    { completed: 18, failed: 2, lastError: "no\nroute." },
    `Run r1: 18 of 20 episodes in 61.5 s, $1.24. 2 failed, the last because: no route. ${rest}`,
  ],
  [
    "with episodes that failed before a resume",
    { completed: 18, completedBefore: 5, failed: 2 },
    `Run r1: 18 of 20 episodes in 61.5 s, $1.24. 5 of them were there already. 2 failed. ${rest}`,
  ],
  [
    "out of budget",
    { completed: 7, stopped: "budget" },
    `Run r1: 7 of 20 episodes in 61.5 s, $1.24. Stopped: the budget of $2.5 is spent. ${rest}`,
  ],
  [
    "interrupted",
    { completed: 7, stopped: "interrupted" },
    `Run r1: 7 of 20 episodes in 61.5 s, $1.24. Stopped: interrupted. ${rest}`,
  ],
  [
    "failing",
    { completed: 0, failed: 10, stopped: "failing", lastError: "x" },
    `Run r1: 0 of 20 episodes in 61.5 s, $1.24. 10 failed, the last because: x. Stopped: 10 episodes in a row failed. ${rest}`,
  ],
  [
    "without a store",
    { completed: 7, stopped: "store", storeError: "ECONNREFUSED." },
    `Run r1: 7 of 20 episodes in 61.5 s, $1.24. Stopped: ClickHouse takes no rows (ECONNREFUSED). ${rest}`,
  ],
])("the text of a run %s", (_, changes, text) => {
  expect(runText({ ...run, ...changes })).toBe(text);
});
