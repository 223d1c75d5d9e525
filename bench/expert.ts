/**
 * The expert on every level: how many of 20 seeds it solves, in how many steps. `npm run bench -- expert`.
 *
 * What it does not solve are missions without a solution: a strict order that the level itself breaks, a key behind its own
 * door.
 */
import { registeredEnvs, solve } from "../lib/dist/env";

const SEEDS = 20;

export async function run(): Promise<void> {
  // The ids that draw their task are those of the tasks once more.
  const ids = registeredEnvs()
    .map(({ id }) => id)
    .filter((id) => !/Mixed\w+-v0$/.test(id));
  const width = Math.max(...ids.map((id) => id.length));
  console.log(`${"level".padEnd(width)}  solved  mean steps  most  ms/episode`);
  let solvedInAll = 0;
  for (const id of ids) {
    const start = performance.now();
    const episodes = Array.from({ length: SEEDS }, (_, seed) => solve(id, seed));
    const milliseconds = (performance.now() - start) / SEEDS;
    const steps = episodes.filter((actions) => actions !== null).map(({ length }) => length);
    solvedInAll += steps.length;
    const mean = steps.reduce((sum, length) => sum + length, 0) / steps.length;
    const columns = [
      `${steps.length}/${SEEDS}`.padStart(6),
      (steps.length > 0 ? mean.toFixed(1) : "–").padStart(10),
      (steps.length > 0 ? String(Math.max(...steps)) : "–").padStart(4),
      milliseconds.toFixed(2).padStart(10),
    ];
    console.log(`${id.padEnd(width)}  ${columns.join("  ")}`);
  }
  console.log(`${ids.length} levels, ${solvedInAll} of ${ids.length * SEEDS} episodes solved`);
}
