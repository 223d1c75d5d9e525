import { Budget } from "./budget";

test("is exhausted once the limit is spent", () => {
  const budget = new Budget(1);
  const episode = budget.openEpisode();
  episode.add(0.6);
  expect(budget.exhausted).toBe(false);
  episode.add(0.4);
  expect(budget.exhausted).toBe(true);
  expect(budget.usd).toBe(1);
});

test("sets aside what the episodes under way may still cost", () => {
  const budget = new Budget(1);
  const first = budget.openEpisode();
  first.add(0.3);
  first.close();
  expect(budget.allotted).toBe(false); // 0.3 spent, 0.3 for the next
  const second = budget.openEpisode();
  second.add(0.1);
  expect(budget.allotted).toBe(false); // 0.4 spent, 0.2 for the second, 0.3 for the next
  budget.openEpisode();
  expect(budget.allotted).toBe(true); // and 0.3 for the third
});

test("without a limit nothing is ever spent out", () => {
  const budget = new Budget(null);
  budget.openEpisode().add(1e9);
  expect(budget.exhausted || budget.allotted).toBe(false);
});

test("an unknown price makes the sum unknown", () => {
  const budget = new Budget(null);
  budget.openEpisode().add(null);
  expect(budget.usd).toBeNull();
});
