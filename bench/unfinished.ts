/**
 * How often what is shown of an unfinished run holds for the whole run: `npm run bench -- unfinished`.
 *
 * 200 policies, each stopped at 20 random moments, once without failures and once with (see stopped-runs.ts). The rule is that
 * of `summarize`; beside it stands the mean over the episodes that had ended, with its interval.
 */
import { isFinished } from "../lib/lab/src/analysis/outcome";
import { type Summary, summarize } from "../lib/lab/src/analysis/summary";
import { type StoppedRun, stoppedRuns } from "../lib/lab/src/analysis/testing/stopped-runs";

const SIZE = { policies: 200, stops: 20, seed: 2026 };

const QUANTITIES = ["success", "episode_return", "episode_length"] as const;

export async function run(): Promise<void> {
  for (const failures of [false, true]) {
    const cases = [...stoppedRuns({ ...SIZE, failures })].filter(
      ({ stopped }) => !stopped.every(isFinished),
    );
    console.log(`\n${cases.length} unfinished runs${failures ? " with failures" : ""}`);
    for (const quantity of QUANTITIES) report(quantity, cases);
  }
}

function report(quantity: (typeof QUANTITIES)[number], cases: readonly StoppedRun[]): void {
  const results = cases.map(({ stopped, whole, truth }) => {
    const full = summarize(whole)[0]![quantity].mean!;
    const ended = stopped.filter(isFinished);
    return {
      ...{ full, truth: truth[quantity] },
      range: interval(summarize(stopped)[0]!, quantity),
      old: ended.length === 0 ? null : interval(summarize(ended)[0]!, quantity),
    };
  });
  const share = (holds: (result: (typeof results)[number]) => boolean, of = results) =>
    `${((100 * of.filter(holds).length) / of.length).toFixed(1)} %`;
  const shown = results.filter(({ old }) => old !== null);
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const bias = middle(shown.map(({ old, full }) => (old!.low + old!.high) / 2 - full));
  console.log(
    [
      quantity.padEnd(15),
      `range: whole run ${share(({ range, full }) => holds(range, full))}`,
      `policy ${share(({ range, truth }) => holds(range, truth))}`,
      `median width ${middle(results.map(({ range }) => range.high - range.low)).toFixed(2)}`,
      `· ended ones: whole run ${share(({ old, full }) => holds(old!, full), shown)}`,
      `policy ${share(({ old, truth }) => holds(old!, truth), shown)}`,
      `median error ${bias.toFixed(2)}`,
    ].join("  "),
  );
}

interface Interval {
  low: number;
  high: number;
}

/** The interval as it is shown, or the range itself where there is none. */
function interval(summary: Summary, quantity: (typeof QUANTITIES)[number]): Interval {
  const { low, high, least, most } = summary[quantity];
  return low === null || high === null ? { low: least!, high: most! } : { low, high };
}

function holds({ low, high }: Interval, value: number): boolean {
  return low - 1e-9 <= value && value <= high + 1e-9;
}
