import { workerData } from "node:worker_threads";
import type { Env } from "./env";
import { make } from "./registry";
import {
  COMMAND,
  COMMAND_COUNT,
  STEP,
  WORKERS_BUSY,
  type WorkerTask,
  writeMission,
} from "./vector";
import { IMAGE_BYTES } from "./view/observation";

// A thread of VectorEnv: waits for a command, carries it out for its own environments, and reports back.
const { id, options, first, count, shared } = workerData as WorkerTask;
const { control } = shared;
const envs = Array.from({ length: count }, () => make(id, options));

for (let done = 0; ; done++) {
  while (Atomics.load(control, COMMAND_COUNT) === done) Atomics.wait(control, COMMAND_COUNT, done);
  if (Atomics.load(control, COMMAND) === STEP) stepAll();
  else resetAll();
  if (Atomics.sub(control, WORKERS_BUSY, 1) === 1) Atomics.notify(control, WORKERS_BUSY);
}

function resetAll(): void {
  const [seed = Number.NaN] = shared.seed;
  for (const [i, env] of envs.entries()) {
    env.restart(Number.isNaN(seed) ? undefined : seed + first + i);
    const index = first + i;
    shared.rewards[index] = 0;
    shared.terminated[index] = 0;
    shared.truncated[index] = 0;
    writeMission(shared.missions, index, env.mission);
    observe(env, index);
  }
}

function stepAll(): void {
  for (const [i, env] of envs.entries()) {
    const index = first + i;
    env.advance(Atomics.load(shared.actions, index));
    shared.rewards[index] = env.reward;
    shared.terminated[index] = env.terminated ? 1 : 0;
    shared.truncated[index] = env.truncated ? 1 : 0;
    if (env.terminated || env.truncated) {
      env.restart();
      writeMission(shared.missions, index, env.mission);
    }
    observe(env, index);
  }
}

function observe(env: Env, index: number): void {
  env.writeImage(shared.images, index * IMAGE_BYTES);
  shared.directions[index] = env.agentDir;
}
