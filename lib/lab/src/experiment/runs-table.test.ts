import { runsTable } from "./runs-table";

test("a run is a row with state, cost and age", () => {
  const row = {
    run: "20261122-143005-k3f9",
    ...{ name: null, note: null, helper: false },
    state: "unfinished" as const,
    planned: 300,
    completed: 120,
    failed: 2,
    damaged: 0,
    doubles: 0,
    shards: [],
    cut_off: 7,
    variants: ["baseline", "history"],
    cost_usd: 0.1234,
    cost_is_estimated: false,
    cost_is_at_least: false,
    first: "2026-11-22 14:30:05",
    last: "2026-11-22 14:40:05",
    idle_seconds: 7300,
  };
  const named = { ...row, name: "with hints", note: "two\nlines", helper: true };
  expect(runsTable([row, named])).toMatchObject([
    { name: "", state: "unfinished", note: "" },
    { name: "with hints", state: "unfinished, helper", note: "two lines" },
  ]);
  const foreign = { ...row, state: null, planned: null, cost_usd: null, idle_seconds: 3 };
  const uncounted = { ...row, cost_is_estimated: true };
  expect(runsTable([row, foreign, uncounted])).toEqual([
    {
      run: "20261122-143005-k3f9",
      state: "unfinished",
      completed: "120 of 300",
      failed: "2",
      "cut off": "7",
      cost: "$0.12",
      "last row": "2 h ago",
      variants: "baseline, history",
    },
    expect.objectContaining({
      state: "–",
      completed: "120",
      cost: "not known",
      "last row": "3 s ago",
    }),
    expect.objectContaining({ cost: "≈ $0.12, estimated" }),
  ]);
  const damaged = { ...row, damaged: 3, cost_is_at_least: true };
  expect(runsTable([damaged, row])).toMatchObject([
    { damaged: "3", cost: "at least $0.12" },
    { damaged: "0", cost: "$0.12" },
  ]);
});
