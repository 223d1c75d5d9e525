import { Budget } from "./budget";

const usd = (amount: number) => ({ usd: amount, isEstimated: false });

test("is exhausted once the limit is spent", () => {
  const budget = new Budget(1);
  const episode = budget.openEpisode();
  episode.add(usd(0.6));
  expect(budget.exhausted).toBe(false);
  episode.add(usd(0.4));
  expect(budget.exhausted).toBe(true);
  expect(budget.cost).toMatchObject(usd(1));
});

test("sets aside what the episodes under way may still cost", () => {
  const budget = new Budget(1);
  const first = budget.openEpisode();
  first.add(usd(0.3));
  first.close();
  expect(budget.allotted).toBe(false); // 0.3 spent, 0.3 for the next
  const second = budget.openEpisode();
  second.add(usd(0.1));
  expect(budget.allotted).toBe(false); // 0.4 spent, 0.2 for the second, 0.3 for the next
  budget.openEpisode();
  expect(budget.allotted).toBe(true); // and 0.3 for the third
});

test("without a limit nothing is ever spent out", () => {
  const budget = new Budget(null);
  budget.openEpisode().add(usd(1e9));
  expect(budget.exhausted || budget.allotted).toBe(false);
});

test("an unknown price makes the sum unknown", () => {
  const budget = new Budget(null);
  budget.openEpisode().add(null);
  expect(budget.cost).toBeNull();
});

test("one estimate makes the sum an estimate, also one of before a resume", () => {
  const budget = new Budget(1);
  budget.openEpisode().add(usd(0.1));
  budget.openEpisode().add({ usd: 0.2, isEstimated: true });
  expect(budget.cost).toMatchObject({ usd: expect.closeTo(0.3), isEstimated: true });
  const resumed = new Budget(1, { usd: 1, isEstimated: true });
  expect(resumed.exhausted).toBe(true);
  expect(resumed.cost).toMatchObject({ usd: 1, isEstimated: true, isAtLeast: false });
});

test("what is not known of one episode, or of before a resume, leaves the sum a lower bound", () => {
  const budget = new Budget(null);
  budget.openEpisode().add(usd(0.1));
  expect(budget.cost).toMatchObject({ usd: 0.1, isAtLeast: false });
  budget.openEpisode().add({ usd: 0, isEstimated: false, isAtLeast: true });
  budget.openEpisode().add(usd(0.2));
  expect(budget.cost).toMatchObject({ usd: expect.closeTo(0.3), isAtLeast: true });
  expect(new Budget(null, budget.cost).cost).toMatchObject({ isAtLeast: true });
});
