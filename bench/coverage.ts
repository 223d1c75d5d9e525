/**
 * How often the 95 % intervals hold, and how wide they are: `npm run bench -- coverage`.
 *
 * Success is exact: every outcome with its chance, over a grid of rates. So is the power of McNemar's test. Means, the
 * bootstrap and paired differences are drawn; draws are seeded, so that the figures are the same on every machine. Beside
 * each interval stands what it replaced.
 */
import { Pcg64 } from "babyai";
import { bootstrapMean } from "../lib/lab/src/analysis/statistics/bootstrap";
import { binomialChance, normalQuantile } from "../lib/lab/src/analysis/statistics/distributions";
import { mcnemar, pairedDifference } from "../lib/lab/src/analysis/statistics/paired";
import { mcnemarPower, pairsForSuccess } from "../lib/lab/src/analysis/statistics/power";
import { stratifiedProportion } from "../lib/lab/src/analysis/statistics/proportion";
import {
  average,
  effectiveSize,
  stratifiedMean,
} from "../lib/lab/src/analysis/statistics/statistics";

const random = new Pcg64(2026);
const uniform = () => random.integers(0, 2 ** 32) / 2 ** 32;
const pick = <Item>(items: readonly Item[]) => items[random.integers(0, items.length)]!;

const EDGES = [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.98, 0.99, 0.995, 1];

/** Episodes of each task. */
const SIZES = [
  [20, 20, 20, 20, 20],
  [5, 5, 5, 5, 5],
  [20],
  [20, 20, 20, 20, 2],
  [20, 20, 20, 20, 1],
  [20, 20, 20, 20, 10],
  [20, 18, 5, 3, 1],
  [5, 5, 5, 5, 1],
  [50, 2],
  [20, 20, 20, 20, 20, 20, 20, 20, 20, 2],
];

export async function run(): Promise<void> {
  console.log(
    "Success: coverage over the grid of rates, in percent; width against Wilson's where that held 93 %",
  );
  console.log(
    "episodes a task".padEnd(32),
    "old least  mean    new least  mean  below 93    width",
  );
  for (const sizes of SIZES) success(sizes);
  console.log("\nMeans: coverage in percent, 500 samples of each policy");
  console.log("episodes a task".padEnd(32), "return least  mean   length least  mean");
  for (const sizes of [...SIZES.slice(0, 3), [20, 20, 20, 20, 10], [20, 20, 20, 20, 5]])
    means(sizes);
  console.log(
    "\nBootstrap of a mean: coverage in percent, 200 samples; offered in percent of them",
  );
  for (const n of [20, 30, 100]) bootstrap(n);
  console.log(
    "\nPaired differences in success: coverage in percent; and how often the test errs where there is none",
  );
  paired();
  console.log("\nPairs for a power of 80 %");
  powers();
}

function success(sizes: readonly number[]): void {
  const groups = [...new Set(sizes)].map((n) => ({
    n,
    count: sizes.filter((m) => m === n).length,
  }));
  const outcomes = outcomesOf(groups).map((strata) => ({
    now: stratifiedProportion(strata),
    old: wilson(strata),
  }));
  const cases = ratesFor(sizes).map((rates) => {
    const truth = average(rates);
    const chances = chancesOf(groups, sizes, rates);
    const total = (of: (outcome: (typeof outcomes)[number]) => number) =>
      chances.reduce((sum, chance, i) => sum + chance * of(outcomes[i]!), 0);
    return {
      old: total(({ old }) => Number(holds(old, truth))),
      now: total(({ now }) => Number(holds(now, truth))),
      width: total(({ now }) => now.high! - now.low!) / total(({ old }) => old.high - old.low),
    };
  });
  const column = (name: "old" | "now") => cases.map((each) => each[name]);
  const below = column("now").filter((share) => share < 0.93).length / cases.length;
  const held = cases.filter(({ old }) => old >= 0.93).map(({ width }) => width);
  console.log(
    list(sizes),
    percent(Math.min(...column("old"))).padStart(9),
    percent(average(column("old"))).padStart(6),
    percent(Math.min(...column("now"))).padStart(12),
    percent(average(column("now"))).padStart(6),
    `${percent(below)} %`.padStart(9),
    average(held).toFixed(2).padStart(8),
  );
}

/** The same rate on every task, finely; the smallest task apart from the others; and each task its own. */
function ratesFor(sizes: readonly number[]): number[][] {
  const same = Array.from({ length: 400 }, (_, i) => sizes.map(() => (i + 0.5) / 400));
  const smallest = Math.min(...sizes);
  const apart = EDGES.flatMap((others) =>
    Array.from({ length: 41 }, (_, i) => sizes.map((n) => (n === smallest ? i / 40 : others))),
  );
  const mixed = Array.from({ length: 400 }, () => sizes.map(() => pick(EDGES)));
  return [...same, ...apart, ...mixed].filter((rates) => {
    const rate = average(rates);
    return rate > 0 && rate < 1;
  });
}

interface Group {
  n: number;
  count: number;
}

/** Every outcome: of tasks with the same n only the sum matters. In the order of {@link chancesOf}. */
function outcomesOf(groups: readonly Group[]) {
  let found: { n: number; successes: number }[][] = [[]];
  for (const { n, count } of groups) {
    const sums = Array.from({ length: n * count + 1 }, (_, k) =>
      Array.from({ length: count }, (_, i) => ({ n, successes: Math.floor((k + i) / count) })),
    );
    found = found.flatMap((before) => sums.map((strata) => [...before, ...strata]));
  }
  return found;
}

function chancesOf(
  groups: readonly Group[],
  sizes: readonly number[],
  rates: readonly number[],
): number[] {
  let chances = [1];
  for (const { n } of groups) {
    let sums = [1];
    for (const [task, size] of sizes.entries()) {
      if (size !== n) continue;
      const next = Array.from({ length: sums.length + n }, () => 0);
      for (let k = 0; k <= n; k++) {
        const chance = binomialChance(k, n, rates[task]!);
        for (const [i, before] of sums.entries()) next[i + k]! += before * chance;
      }
      sums = next;
    }
    chances = chances.flatMap((before) => sums.map((chance) => before * chance));
  }
  return chances;
}

/** What success had before: Wilson's interval with Kish's effective n. */
function wilson(strata: readonly { n: number; successes: number }[]): {
  low: number;
  high: number;
} {
  const p = average(strata.map(({ n, successes }) => successes / n));
  const n = effectiveSize(strata.map((stratum) => stratum.n));
  const z2 = normalQuantile(0.975) ** 2;
  const half = Math.sqrt(z2 * ((p * (1 - p)) / n + z2 / (4 * n * n)));
  const [center, scale] = [p + z2 / (2 * n), 1 + z2 / n];
  return { low: (center - half) / scale, high: (center + half) / scale };
}

/** Policies by their chance on each task and the shape of the length that success takes; the limit is 64 steps. */
const POLICIES = [0, 0.005, 0.02, 0.1, 0.5, 0.9, 0.98, 1].flatMap((others) =>
  [others, 0.5].flatMap((last) => [1, 3].map((shape) => ({ others, last, shape }))),
);

function means(sizes: readonly number[]): void {
  const shares = { episode_return: [] as number[], length: [] as number[] };
  for (const { others, last, shape } of POLICIES) {
    if (others === last && (others === 0 || sizes.length === 1)) continue;
    const rates = sizes.map((_, task) => (task === sizes.length - 1 ? last : others));
    const expected = average(
      Array.from({ length: 10_000 }, (_, i) => stepsAt((i + 0.5) / 10_000, shape)),
    );
    const rate = average(rates);
    const truth = {
      episode_return: rate * (1 - (0.9 * expected) / 64),
      length: rate * expected + (1 - rate) * 64,
    };
    const held = { episode_return: 0, length: 0 };
    for (let sample = 0; sample < 500; sample++) {
      const lengths = sizes.map((n, task) =>
        Array.from({ length: n }, () =>
          uniform() < rates[task]! ? stepsAt(uniform(), shape) : null,
        ),
      );
      const of = (value: (steps: number | null) => number) =>
        stratifiedMean(lengths.map((own) => own.map(value)));
      const returns = of((steps) => (steps === null ? 0 : 1 - (0.9 * steps) / 64));
      held.episode_return += Number(holds(returns, truth.episode_return));
      held.length += Number(
        holds(
          of((steps) => steps ?? 64),
          truth.length,
        ),
      );
    }
    shares.episode_return.push(held.episode_return / 500);
    shares.length.push(held.length / 500);
  }
  console.log(
    list(sizes),
    percent(Math.min(...shares.episode_return)).padStart(12),
    percent(average(shares.episode_return)).padStart(6),
    percent(Math.min(...shares.length)).padStart(13),
    percent(average(shares.length)).padStart(6),
  );
}

function stepsAt(u: number, shape: number): number {
  return Math.min(64, 1 + Math.floor(64 * u ** shape));
}

const RESAMPLES = 400;

function bootstrap(n: number): void {
  const kinds: Record<string, { draw: () => number; truth: number }> = {
    "0 or 1, 2 %": { draw: () => Number(uniform() < 0.02), truth: 0.02 },
    "0 or 1, 20 %": { draw: () => Number(uniform() < 0.2), truth: 0.2 },
    "−1, 0 or 1, 5 % and 8 %": { draw: () => sign(uniform(), 0.05, 0.08), truth: 0.03 },
    "−1, 0 or 1, 15 % and 30 %": { draw: () => sign(uniform(), 0.15, 0.3), truth: 0.15 },
    exponential: { draw: () => -Math.log(1 - uniform()), truth: 1 },
  };
  for (const [kind, { draw, truth }] of Object.entries(kinds)) {
    const [samples, held] = [200, { old: 0, now: 0, offered: 0 }];
    for (let sample = 0; sample < samples; sample++) {
      const values = Array.from({ length: n }, draw);
      const interval = bootstrapMean(values, { seed: sample, resamples: RESAMPLES });
      held.offered += Number(interval.low !== null);
      held.now += Number(holds(interval, truth));
      held.old += Number(holds(percentile(values, sample), truth));
    }
    const [old, now, offered] = [held.old, held.now, held.offered].map((count) =>
      percent(count / samples),
    );
    console.log(
      `n = ${n}`.padEnd(8),
      kind.padEnd(26),
      `old ${old}  new ${now}  offered ${offered}`,
    );
  }
}

function sign(u: number, lost: number, won: number): number {
  return u < lost ? -1 : u < lost + won ? 1 : 0;
}

/** What the bootstrap was before. */
function percentile(values: readonly number[], seed: number): { low: number; high: number } {
  const draws = new Pcg64(seed);
  const means = Array.from({ length: RESAMPLES }, () =>
    average(values.map(() => values[draws.integers(0, values.length)]!)),
  ).sort((a, b) => a - b);
  return { low: means[0.025 * RESAMPLES]!, high: means[0.975 * RESAMPLES - 1]! };
}

function paired(): void {
  for (const n of [20, 40]) {
    const held = RATES.map(([lost, won]) => exactPairs(n, lost, won));
    console.log(
      `${n} pairs, exact`.padEnd(32),
      `holds least ${percent(Math.min(...held))} mean ${percent(average(held))}`,
    );
  }
  for (const sizes of [
    [20, 20, 20, 20, 20],
    [20, 20, 20, 20, 2],
    [20, 18, 5, 3, 1],
  ]) {
    const held = [
      [0.02, 0.12],
      [0.1, 0.2],
      [0.1, 0.5],
    ].map(([lost, won]) => {
      const drawn = Array.from({ length: 100 }, () => drawPairs(sizes, lost!, won!));
      return (
        drawn.filter((tables) => holds(pairedDifference(tables), won! - lost!)).length /
        drawn.length
      );
    });
    const level = [0.02, 0.1, 0.3, 0.5].map((rate) => {
      const drawn = Array.from({ length: 20_000 }, () => drawPairs(sizes, rate, rate, true));
      return drawn.filter((tables) => mcnemar(tables)! <= 0.05).length / drawn.length;
    });
    console.log(
      list(sizes),
      `holds mean ${percent(average(held))}  errs at most ${percent(Math.max(...level))}`,
    );
  }
}

/** Shares of pairs that are lost and won. */
const RATES = [0, 0.01, 0.02, 0.1, 0.3, 0.5].flatMap((lost) =>
  [0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1]
    .filter((won) => lost + won <= 1)
    .map((won) => [lost, won] as const),
);

const intervals = new Map<string, ReturnType<typeof pairedDifference>>();

/** The chance that the interval of n pairs holds: every outcome with its own. */
function exactPairs(n: number, lost: number, won: number): number {
  let total = 0;
  for (let onlyA = 0; onlyA <= n; onlyA++) {
    for (let onlyB = 0; onlyA + onlyB <= n; onlyB++) {
      const share = lost === 1 ? 0 : Math.min(1, won / (1 - lost));
      const chance = binomialChance(onlyA, n, lost) * binomialChance(onlyB, n - onlyA, share);
      const key = `${n} ${onlyA} ${onlyB}`;
      const found =
        intervals.get(key) ??
        pairedDifference([{ both: 0, onlyA, onlyB, neither: n - onlyA - onlyB }]);
      intervals.set(key, found);
      if (holds(found, won - lost)) total += chance;
    }
  }
  return total;
}

/** Pairs of each task. Where `isMixed`, tasks differ in how often the two differ. */
function drawPairs(sizes: readonly number[], lost: number, won: number, isMixed = false) {
  return sizes.map((n, task) => {
    const factor = isMixed ? (task === sizes.length - 1 ? 1 : 0.3) : 1;
    const counts = { both: 0, onlyA: 0, onlyB: 0, neither: 0 };
    for (let pair = 0; pair < n; pair++) {
      const outcome = sign(uniform(), factor * lost, factor * won);
      counts[outcome < 0 ? "onlyA" : outcome > 0 ? "onlyB" : "both"] += 1;
    }
    return counts;
  });
}

function powers(): void {
  for (const [a, b] of [
    [0.6, 0.8],
    [0.5, 0.9],
    [0.1, 0.2],
    [0.9, 0.98],
    [0.5, 0.6],
  ] as const) {
    const psi = a * (1 - b) + b * (1 - a);
    const difference = b - a;
    const root =
      normalQuantile(0.975) * Math.sqrt(psi) +
      normalQuantile(0.8) * Math.sqrt(psi - difference ** 2);
    const old = Math.ceil((root / difference) ** 2);
    const now = pairsForSuccess(a, b);
    const power = mcnemarPower(psi, (psi + difference) / (2 * psi));
    console.log(
      `${a} against ${b}`.padEnd(18),
      `old ${old} pairs, power ${percent(power(old))}  new ${now} pairs, power ${percent(power(now))}`,
    );
  }
}

/** No interval holds: it claims nothing. */
function holds({ low, high }: { low: number | null; high: number | null }, truth: number): boolean {
  if (low === null || high === null) return true;
  return low - 1e-9 <= truth && truth <= high + 1e-9;
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function list(sizes: readonly number[]): string {
  return sizes.join(", ").padEnd(32);
}
