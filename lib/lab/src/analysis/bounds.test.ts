import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tasks } from "babyai";
import fc from "fast-check";
import { boundedMean, boundedProportion } from "./bounds";
import { isFinished } from "./outcome";
import { parseResults } from "./results";
import { proportion } from "./statistics/proportion";
import { mean, stratifiedMean } from "./statistics/statistics";
import { summarize } from "./summary";
import { stoppedRuns } from "./testing/stopped-runs";

test("values that are all known have their mean, and it is both ends", () => {
  const values = [3, 5, 10];
  expect(boundedMean([values.map((value) => ({ least: value, most: value }))])).toEqual({
    ...mean(values),
    ...{ least: 6, most: 6 },
  });
  expect(boundedProportion([{ successes: 3, n: 9, unknown: 0 }])).toEqual({
    ...proportion(3, 9),
    ...{ least: 1 / 3, most: 1 / 3 },
  });
  expect(boundedMean([])).toMatchObject({ n: 0, mean: null, least: null, most: null });
});

test("random's run, stopped when 22 of its 100 episodes had ended, shows 8 to 86 %, not 55.2 %", () => {
  const path = join(__dirname, "../../../../data/results/local.json");
  const whole = parseResults(readFileSync(path, "utf8"), path)
    .episodes.filter(({ variant }) => variant === "random")
    .sort((a, b) => a.seed - b.seed || tasks.indexOf(a.task) - tasks.indexOf(b.task));
  const free = Array.from({ length: 50 }, () => 0); // steps until each of fifty workers is free
  const ends = whole.map(({ episode_length }) => {
    const worker = free.indexOf(Math.min(...free));
    free[worker]! += episode_length!;
    return free[worker]!;
  });
  const moment = [...ends].sort((a, b) => a - b)[21]!;
  const open = { success: null, episode_return: null, episode_length: null };
  const stopped = whole.map((row, i) => (ends[i]! <= moment ? row : { ...row, ...open }));
  const [ended, shown, all] = [stopped.filter(isFinished), stopped, whole].map(
    (rows) => summarize(rows)[0]!.success,
  );
  expect(ended).toMatchObject({ n: 22, mean: expect.closeTo(0.552, 3) });
  expect(shown).toMatchObject({ n: 22, mean: null });
  expect([shown!.least, shown!.most]).toEqual([8, 86].map((share) => expect.closeTo(share / 100)));
  expect(shown!.low).toBeCloseTo(proportion(8, 100).low!, 12);
  expect(shown!.high).toBeCloseTo(proportion(86, 100).high!, 12);
  expect(all!.mean).toBeCloseTo(0.11, 12);
});

test("a mean without an upper end has none to its interval", () => {
  const ranges = [4, 6].map((value) => ({ least: value, most: value }));
  expect(boundedMean([[...ranges, { least: 2, most: null }]])).toEqual({
    ...{ n: 2, mean: null, sd: null, sem: null, df: null },
    ...{ least: 4, most: null, low: null, high: null },
  });
});

test("no interval of a mean leaves what the mean can be, and tasks weigh the same", () => {
  const at = (value: number) => ({ least: value, most: value });
  const numbers = [
    [0, 0, 0, 0, 1, 1],
    [0, 0, 0, 0, 0],
  ];
  const strata = numbers.map((values) => values.map(at));
  const { mean: m, low, high } = boundedMean(strata, { possible: { least: 0, most: 0.2 } });
  expect(m).toBeCloseTo(1 / 6, 14);
  expect([low, high]).toEqual([0, 0.2]);
  const free = stratifiedMean(numbers);
  expect(free.low).toBeLessThan(0);
  expect(boundedMean(strata)).toMatchObject({ low: free.low, high: free.high });
});

test("whatever the unknown values turn out to be, their mean lies in the range", () => {
  const value = fc.record({
    least: fc.integer(),
    more: fc.nat(),
    turn: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
      const ranges = values.map(({ least, more }) => ({ least, most: least + more }));
      const turned = mean(values.map(({ least, more, turn }) => least + turn * more)).mean!;
      const { least, most } = boundedMean([ranges]);
      const slack = 1e-6;
      expect(turned).toBeGreaterThanOrEqual(least! - slack);
      expect(turned).toBeLessThanOrEqual(most! + slack);
    }),
  );
});

test("of runs that were stopped at random, the whole run's mean and the policy's own are in what is shown", () => {
  let [runs, endedHold, policyHolds] = [0, 0, 0];
  for (const failures of [false, true]) {
    for (const { stopped, whole, truth } of stoppedRuns({
      policies: 25,
      stops: 2,
      seed: 1,
      failures,
    })) {
      if (stopped.every(isFinished)) continue;
      const [shown] = summarize(stopped);
      const [full] = summarize(whole);
      runs += 1;
      for (const quantity of ["success", "episode_return", "episode_length"] as const) {
        const { least, most } = shown![quantity];
        expect(full![quantity].mean).toBeGreaterThanOrEqual(least! - 1e-9);
        expect(full![quantity].mean).toBeLessThanOrEqual(most! + 1e-9);
      }
      expect(full!.input_tokens.mean).toBeGreaterThanOrEqual(shown!.input_tokens.least!);
      const { low, high } = shown!.success;
      policyHolds += Number(low! <= truth.success && truth.success <= high!);
      const ended = stopped.filter(isFinished);
      const old = ended.length > 0 ? summarize(ended)[0]!.success : { low: 0, high: 1 };
      endedHold += Number(old.low! <= full!.success.mean! && full!.success.mean! <= old.high!);
    }
  }
  expect(runs).toBeGreaterThan(50);
  expect(policyHolds / runs).toBeGreaterThanOrEqual(0.95);
  // What the mean of the ended ones claims for itself does not hold: this is what the range is for.
  expect(endedHold / runs).toBeLessThan(0.9);
});
