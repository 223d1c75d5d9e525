/**
 * Speed of the simulator on one core: random play with auto-reset. `npm run bench -- env`.
 *
 * Each figure is the median of five runs. The runs of all figures take turns, so that other work on the machine slows
 * one as much as another.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { type Env, Expert, make, tasks, VectorEnv } from "babyai";

const SECONDS_PER_RUN = 0.5;
const RUNS = 5;
const IMAGE_BYTES = 7 * 7 * 3;

/** Steps/s of EnvPool's C++ core with the same image, auto-reset and random actions, on a machine like this one. */
const ENVPOOL: Record<string, number> = {
  "BabyAI-GoToLocal-v0": 657_000,
  "BabyAI-GoToObj-v0": 731_000,
  "BabyAI-PutNextLocal-v0": 678_000,
  "BabyAI-PickupLoc-v0": 648_000,
};

/** Keeps results in use, so that the compiler cannot drop the work. */
let sink = 0;

type Step = (env: Env, action: number) => boolean;

const withStepAndImage: Step = (env, action) => {
  const { observation, terminated, truncated } = env.step(action);
  sink += observation.image[0]!;
  return terminated || truncated;
};
const withStepAndText: Step = (env, action) => {
  const { observation, terminated, truncated } = env.step(action);
  sink += observation.text.length;
  return terminated || truncated;
};
const withStepOnly: Step = (env, action) => {
  const { terminated, truncated } = env.step(action);
  return terminated || truncated;
};
const image = new Uint8Array(IMAGE_BYTES);
const withAdvanceAndImage: Step = (env, action) => {
  env.advance(action);
  env.writeImage(image);
  sink += image[0]!;
  return env.terminated || env.truncated;
};

/** Steps per second over the environments in turn, each reset without a seed when its episode ends. */
function stepsPerSecond(ids: readonly string[], step: Step): number {
  const envs = ids.map((id) => make(id));
  for (const [seed, env] of envs.entries()) env.reset({ seed });
  let random = 12345;
  let steps = 0;
  const start = performance.now();
  let elapsed = 0;
  while (elapsed < SECONDS_PER_RUN * 1000) {
    for (const env of envs) {
      for (let i = 0; i < 1000; i++) {
        random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
        if (step(env, (random >>> 16) % 6)) env.restart();
      }
      steps += 1000;
    }
    elapsed = performance.now() - start;
  }
  return steps / (elapsed / 1000);
}

/** Resets per second, with the first observation's image read. */
function resetsPerSecond(ids: readonly string[], seeded: boolean): number {
  const envs = ids.map((id) => make(id));
  for (const env of envs) env.reset({ seed: 0 });
  let resets = 0;
  const start = performance.now();
  let elapsed = 0;
  while (elapsed < SECONDS_PER_RUN * 1000) {
    for (let i = 0; i < 200; i++) {
      for (const env of envs) {
        const { observation } = seeded ? env.reset({ seed: resets }) : env.reset();
        sink += observation.image[0]!;
        resets++;
      }
    }
    elapsed = performance.now() - start;
  }
  return resets / (elapsed / 1000);
}

// Enough that a step takes long beside waking the threads.
const NUM_ENVS = 2048;
const vectors = new Map<number, VectorEnv>();

/** Steps per second of many environments on some threads, images written. */
function vectorStepsPerSecond(workers: number): number {
  let envs = vectors.get(workers);
  if (envs === undefined) {
    envs = new VectorEnv("BabyAI-GoToLocal-v0", { numEnvs: NUM_ENVS, workers });
    vectors.set(workers, envs);
    envs.reset({ seed: 0 });
    // Threads compile their code anew.
    runVector(envs, 3 * SECONDS_PER_RUN);
  }
  return runVector(envs, SECONDS_PER_RUN);
}

function runVector(envs: VectorEnv, seconds: number): number {
  const choice = new Uint8Array(NUM_ENVS);
  let random = 12345;
  let steps = 0;
  const start = performance.now();
  let elapsed = 0;
  while (elapsed < seconds * 1000) {
    for (let i = 0; i < NUM_ENVS; i++) {
      random = (Math.imul(random, 1664525) + 1013904223) | 0;
      choice[i] = (random >>> 16) % 6;
    }
    envs.step(choice);
    steps += NUM_ENVS;
    elapsed = performance.now() - start;
  }
  return steps / (elapsed / 1000);
}

/** Pictures per second of a level with nine rooms, 32 pixels a cell, the agent moving on each time. */
function picturesPerSecond(draw: (env: Env) => { length: number }): number {
  const env = make("BabyAI-BossLevel-v0");
  env.reset({ seed: 4 });
  let pictures = 0;
  const start = performance.now();
  let elapsed = 0;
  while (elapsed < SECONDS_PER_RUN * 1000) {
    sink += draw(env).length;
    env.step(pictures % 3);
    pictures++;
    elapsed = performance.now() - start;
  }
  return pictures / (elapsed / 1000);
}

/** Episodes per second that the expert plays, five tasks in turn. */
function expertEpisodesPerSecond(): number {
  const envs = tasks.map((id) => make(id));
  let episodes = 0;
  const start = performance.now();
  let elapsed = 0;
  while (elapsed < SECONDS_PER_RUN * 1000) {
    for (const env of envs) {
      env.restart(episodes++);
      const expert = new Expert(env);
      while (!env.terminated && !env.truncated) env.step(expert.act());
    }
    elapsed = performance.now() - start;
  }
  return episodes / (elapsed / 1000);
}

const MINIGRID_LEVEL = "BabyAI-GoToLocal-v0";

/**
 * The same work in Python: random play with auto-reset, the 7×7×3 image of each step. Says Minigrid's version, then for each
 * line that it reads the steps/s of one run. What levels print on their own must not come between.
 */
const MINIGRID_PROGRAM = `
import random, sys, time, warnings
warnings.filterwarnings("ignore")
import gymnasium, minigrid
out, sys.stdout = sys.stdout, sys.stderr
print(minigrid.__version__, file=out, flush=True)
env = gymnasium.make("${MINIGRID_LEVEL}").unwrapped
env.reset(seed=0)
total = 0
for _ in sys.stdin:
    steps, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < ${SECONDS_PER_RUN}:
        for _ in range(100):
            observation, _, terminated, truncated, _ = env.step(random.randrange(6))
            total += int(observation["image"][0, 0, 0])
            if terminated or truncated:
                env.reset()
        steps += 100
    print(steps / elapsed, file=out, flush=True)
`;

/** Farama's Minigrid in a process of its own, which waits between its runs. */
class Minigrid {
  private constructor(
    private readonly python: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    readonly version: string,
  ) {}

  /** Starts the first of $PYTHON and python3 that can import Minigrid; null if neither can. */
  static async start(): Promise<Minigrid | null> {
    for (const command of [process.env.PYTHON, "python3"]) {
      if (!command || spawnSync(command, ["-c", "import minigrid"]).status !== 0) continue;
      const python = spawn(command, ["-c", MINIGRID_PROGRAM], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
      return new Minigrid(python, lines, await nextLine(lines));
    }
    return null;
  }

  async stepsPerSecond(): Promise<number> {
    this.python.stdin!.write("run\n");
    return Number(await nextLine(this.lines));
  }

  async close(): Promise<void> {
    this.python.stdin!.end();
    await once(this.python, "exit");
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error("Minigrid's process ended before it answered.");
  return value;
}

interface Row {
  what: string;
  measure(): number | Promise<number>;
  /** The figure to reach. */
  aim?: number;
}

const THREADS = availableParallelism();
const imageRow = (id: string) => `steps/s, ${id}, step(), image`;
const vectorRow = (threads: number) => `steps/s, ${MINIGRID_LEVEL}, VectorEnv, threads: ${threads}`;
const minigridRow = `steps/s, ${MINIGRID_LEVEL}, Minigrid (Python)`;

const levelRow = ([id, envpool]: [string, number]): Row => ({
  what: imageRow(id),
  measure: () => stepsPerSecond([id], withStepAndImage),
  aim: 1.5 * envpool,
});

/** Measured before the others, whose garbage is still collected on the second core when their turn is over. */
const vectorRows: Row[] = [1, THREADS].map((threads) => ({
  what: vectorRow(threads),
  measure: () => vectorStepsPerSecond(threads),
}));

const rowsBeside = (minigrid: Minigrid | null): Row[] => [
  {
    what: "steps/s, five tasks, step(), image",
    measure: () => stepsPerSecond(tasks, withStepAndImage),
    aim: 1_000_000,
  },
  {
    what: "steps/s, five tasks, advance(), writeImage()",
    measure: () => stepsPerSecond(tasks, withAdvanceAndImage),
    aim: 1_000_000,
  },
  {
    what: "steps/s, five tasks, step(), text",
    measure: () => stepsPerSecond(tasks, withStepAndText),
    aim: 657_000,
  },
  { what: "steps/s, five tasks, step() alone", measure: () => stepsPerSecond(tasks, withStepOnly) },
  {
    what: "resets/s, five tasks, seeded, image",
    measure: () => resetsPerSecond(tasks, true),
    aim: 100_000,
  },
  {
    what: "resets/s, five tasks, going on, image",
    measure: () => resetsPerSecond(tasks, false),
    aim: 100_000,
  },
  ...Object.entries(ENVPOOL).flatMap((level) => [
    levelRow(level),
    ...(minigrid !== null && level[0] === MINIGRID_LEVEL
      ? [{ what: minigridRow, measure: () => minigrid.stepsPerSecond() }]
      : []),
  ]),
  {
    what: "pictures/s, BabyAI-BossLevel-v0, renderPng(), 32 px",
    measure: () => picturesPerSecond((env) => env.renderPng({ cellSize: 32 })),
    aim: 300,
  },
  {
    what: "pictures/s, BabyAI-BossLevel-v0, renderSvg()",
    measure: () => picturesPerSecond((env) => env.renderSvg()),
    aim: 300,
  },
  {
    what: "pictures/s, BabyAI-BossLevel-v0, renderPov()",
    measure: () => picturesPerSecond((env) => env.renderPov()),
    aim: 5_000,
  },
  { what: "episodes/s, five tasks, expert", measure: expertEpisodesPerSecond },
];

const format = (value: number) => Math.round(value).toLocaleString("en-US");

/** Each row's figures, sorted. */
async function measureInTurn(rows: readonly Row[]): Promise<number[][]> {
  const runs = rows.map((): number[] => []);
  // The first turn, in which code is compiled, does not count.
  for (let turn = 0; turn <= RUNS; turn++) {
    for (const [i, row] of rows.entries()) {
      const figure = await row.measure();
      if (turn > 0) runs[i]!.push(figure);
    }
  }
  return runs.map((figures) => figures.sort((a, b) => a - b));
}

export async function run(): Promise<void> {
  const minigrid = await Minigrid.start();
  const otherRows = rowsBeside(minigrid);
  const rows = [...vectorRows, ...otherRows];
  const sorted = await measureInTurn(vectorRows);
  for (const envs of vectors.values()) await envs.close();
  sorted.push(...(await measureInTurn(otherRows)));
  await minigrid?.close();

  const median = (what: string) => sorted[rows.findIndex((row) => row.what === what)]![RUNS >> 1]!;
  const width = Math.max(...rows.map(({ what }) => what.length));
  console.log(`${"".padEnd(width)}  ${"median".padStart(9)}  least and most of ${RUNS} runs`);
  for (const [i, { what, aim }] of rows.entries()) {
    const least = format(sorted[i]![0]!).padStart(9);
    const most = format(sorted[i]!.at(-1)!).padStart(9);
    const line = `${what.padEnd(width)}  ${format(median(what)).padStart(9)}  ${least} ${most}`;
    const missed = aim !== undefined && median(what) < aim ? "  MISSED" : "";
    console.log(aim === undefined ? line : `${line}  aim ${format(aim).padStart(9)}${missed}`);
  }
  console.log("");
  for (const [id, envpool] of Object.entries(ENVPOOL)) {
    const ratio = (median(imageRow(id)) / envpool).toFixed(1);
    console.log(`${id}: ${ratio} times EnvPool's ${format(envpool)} steps/s`);
  }
  console.log(
    `VectorEnv: ${THREADS} threads are ${(median(vectorRow(THREADS)) / median(vectorRow(1))).toFixed(2)} times as fast as one`,
  );
  console.log(
    minigrid === null
      ? "Minigrid was not timed, since neither $PYTHON nor python3 can import it: pip install minigrid"
      : `${MINIGRID_LEVEL}: ${format(median(imageRow(MINIGRID_LEVEL)) / median(minigridRow))} times Minigrid ${minigrid.version}'s ${format(median(minigridRow))} steps/s, timed in turn`,
  );
  if (sink < 0) throw new Error("unreachable: the sum of unsigned bytes");
}
