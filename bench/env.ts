/**
 * Speed of the simulator on one core: random play with auto-reset. `npm run bench -- env`.
 *
 * Each figure is the best of several runs, interleaved, since other work on the machine only ever slows a run.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { type Env, Expert, make, tasks, VectorEnv } from "../lib/dist/env";

const SECONDS_PER_RUN = 0.4;
const RUNS = 7;
const IMAGE_BYTES = 7 * 7 * 3;

/** The levels for which EnvPool's C++ core is published, with its steps/s on a machine like this one. */
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

const NUM_ENVS = 1024;
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

/** Random play with auto-reset in Python; prints Minigrid's version and steps/s, the best of some runs. */
const MINIGRID_PROGRAM = `
import contextlib, io, random, sys, time, warnings
warnings.filterwarnings("ignore")
import gymnasium, minigrid
env = gymnasium.make("${MINIGRID_LEVEL}").unwrapped
best = 0
with contextlib.redirect_stdout(io.StringIO()):
    env.reset(seed=0)
    for _ in range(${RUNS}):
        steps, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < ${SECONDS_PER_RUN}:
            for _ in range(100):
                _, _, terminated, truncated, _ = env.step(random.randrange(6))
                if terminated or truncated:
                    env.reset()
            steps += 100
        best = max(best, steps / elapsed)
print(minigrid.__version__, best)
`;

/** Farama's Minigrid, if python3 has it: its steps per second, with its own 7×7×3 observation. */
function measureMinigrid(): { version: string; stepsPerSecond: number } | null {
  const { status, stdout } = spawnSync("python3", ["-c", MINIGRID_PROGRAM], { encoding: "utf8" });
  const [version, best] = (stdout ?? "").trim().split(" ");
  if (status !== 0 || version === undefined || best === undefined) return null;
  return { version, stepsPerSecond: Number(best) };
}

interface Row {
  what: string;
  measure(): number;
  /** The figure to reach. */
  aim?: number;
}

const whatImage = (id: string) => `steps/s, ${id}, step() and observation.image`;

const rows: Row[] = [
  {
    what: "steps/s, five tasks, step() and observation.image",
    measure: () => stepsPerSecond(tasks, withStepAndImage),
    aim: 1_000_000,
  },
  {
    what: "steps/s, five tasks, advance() and writeImage()",
    measure: () => stepsPerSecond(tasks, withAdvanceAndImage),
    aim: 1_000_000,
  },
  {
    what: "steps/s, five tasks, step() and observation.text",
    measure: () => stepsPerSecond(tasks, withStepAndText),
    aim: 657_000,
  },
  { what: "steps/s, five tasks, step() alone", measure: () => stepsPerSecond(tasks, withStepOnly) },
  {
    what: "resets/s, five tasks, seeded, with the image",
    measure: () => resetsPerSecond(tasks, true),
    aim: 100_000,
  },
  {
    what: "resets/s, five tasks, going on, with the image",
    measure: () => resetsPerSecond(tasks, false),
    aim: 100_000,
  },
  ...Object.entries(ENVPOOL).flatMap(([id, envpool]) => [
    {
      what: whatImage(id),
      measure: () => stepsPerSecond([id], withStepAndImage),
      aim: 1.5 * envpool,
    },
    {
      what: `steps/s, ${id}, advance() and writeImage()`,
      measure: () => stepsPerSecond([id], withAdvanceAndImage),
      aim: 1.5 * envpool,
    },
  ]),
  {
    what: "steps/s, BabyAI-GoToLocal-v0, VectorEnv on 1 thread",
    measure: () => vectorStepsPerSecond(1),
  },
  {
    what: `steps/s, BabyAI-GoToLocal-v0, VectorEnv on ${availableParallelism()} threads`,
    measure: () => vectorStepsPerSecond(availableParallelism()),
  },
  {
    what: "pictures/s, BabyAI-BossLevel-v0, renderPng()",
    measure: () => picturesPerSecond((env) => env.renderPng()),
    aim: 300,
  },
  {
    what: "pictures/s, BabyAI-BossLevel-v0, renderSvg()",
    measure: () => picturesPerSecond((env) => env.renderSvg()),
    aim: 300,
  },
  { what: "episodes/s, five tasks, expert", measure: expertEpisodesPerSecond },
];

export async function run(): Promise<void> {
  const best = rows.map(() => 0);
  for (let turn = 0; turn < RUNS; turn++) {
    for (const [i, row] of rows.entries()) best[i] = Math.max(best[i]!, row.measure());
  }
  const format = (value: number) => Math.round(value).toLocaleString("en-US");
  const width = Math.max(...rows.map(({ what }) => what.length));
  for (const [i, { what, aim }] of rows.entries()) {
    const reached =
      aim === undefined
        ? ""
        : `  aim ${format(aim).padStart(9)}${best[i]! >= aim ? "" : "  MISSED"}`;
    console.log(`${what.padEnd(width)}  ${format(best[i]!).padStart(9)}${reached}`);
  }
  for (const envs of vectors.values()) await envs.close();
  const minigrid = measureMinigrid();
  if (minigrid === null) {
    console.log("Minigrid is not timed: python3 cannot import it (pip install minigrid).");
  } else {
    const ours = best[rows.findIndex(({ what }) => what === whatImage(MINIGRID_LEVEL))]!;
    const { version, stepsPerSecond: theirs } = minigrid;
    console.log(
      `Minigrid ${version} (Python), ${MINIGRID_LEVEL}: ${format(theirs)} steps/s; step() and observation.image here are ${format(ours / theirs)} times as fast`,
    );
  }
  if (sink < 0) throw new Error("unreachable: the sum of unsigned bytes");
}
