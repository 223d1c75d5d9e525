import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { EnvOptions } from "./levels/level";
import { isBuiltIn, make } from "./registry";
import { IMAGE_BYTES } from "./view/observation";
import { InvalidActionError, InvalidOptionError, VectorEnvError } from "./world/errors";
import { checkSeed } from "./world/random";
import { actions } from "./world/scene";

export interface VectorEnvOptions extends EnvOptions {
  /** Environments that step together. */
  numEnvs: number;
  /** Threads that share them. Default: one for each of the machine's cores. */
  workers?: number;
}

/** Longest mission that fits, in characters; the longest of BabyAI's has about 340. */
const MISSION_BYTES = 512;

/** Slots of `Shared.control`. */
export const COMMAND_COUNT = 0;
export const COMMAND = 1;
export const WORKERS_BUSY = 2;
export const RESET = 1;
export const STEP = 2;

/** What the threads share; each works on its own part of every array. */
export interface Shared {
  control: Int32Array;
  /** First environment's seed; NaN to go on. */
  seed: Float64Array;
  actions: Uint8Array;
  images: Uint8Array;
  directions: Uint8Array;
  rewards: Float64Array;
  terminated: Uint8Array;
  truncated: Uint8Array;
  missions: Uint8Array;
}

export interface WorkerTask {
  id: string;
  options: EnvOptions;
  first: number;
  count: number;
  shared: Shared;
}

const shareBytes = (length: number) => new Uint8Array(new SharedArrayBuffer(length));
const shareNumbers = (length: number) => new Float64Array(new SharedArrayBuffer(length * 8));

const PATIENCE_MS = 60_000;

/**
 * Many environments of one id that step together on several threads, for training loops.
 *
 * Results are arrays over all environments in shared memory, overwritten by the next `reset()` or `step()`:
 * copy what is to be kept. An environment whose episode ends starts the next one in the same step: its reward
 * and flags are the old episode's, its image, direction and mission the new one's. `reset()` and `step()`
 * block until all are done.
 *
 * @example
 * const envs = new VectorEnv("BabyAI-GoToLocal-v0", { numEnvs: 1024 });
 * envs.reset({ seed: 0 });
 * envs.step(new Uint8Array(1024).fill(2));
 * await envs.close();
 */
export class VectorEnv {
  readonly numEnvs: number;
  private readonly shared: Shared;
  private readonly workers: Worker[];

  /**
   * @throws UnknownEnvError, InvalidOptionError
   * @throws VectorEnvError the level is one that `register()` added
   */
  constructor(id: string, { numEnvs, workers, ...options }: VectorEnvOptions) {
    const threads = Math.min(workers ?? availableParallelism(), numEnvs);
    for (const [option, value] of Object.entries({ numEnvs, workers: threads })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new InvalidOptionError(option, value, "It takes a whole number ≥ 1.");
      }
    }
    make(id, options);
    if (!isBuiltIn(id)) {
      throw new VectorEnvError(
        `The threads of a VectorEnv know only the levels of this package, not "${id}": make() as many environments of it as there should be.`,
      );
    }
    this.numEnvs = numEnvs;
    this.shared = {
      control: new Int32Array(new SharedArrayBuffer(12)),
      seed: shareNumbers(1),
      actions: shareBytes(numEnvs),
      images: shareBytes(numEnvs * IMAGE_BYTES),
      directions: shareBytes(numEnvs),
      rewards: shareNumbers(numEnvs),
      terminated: shareBytes(numEnvs),
      truncated: shareBytes(numEnvs),
      missions: shareBytes(numEnvs * MISSION_BYTES),
    };
    this.workers = Array.from({ length: threads }, (_, i) => {
      const first = Math.floor((i * numEnvs) / threads);
      const count = Math.floor(((i + 1) * numEnvs) / threads) - first;
      const workerData: WorkerTask = { id, options, first, count, shared: this.shared };
      const worker = new Worker(join(__dirname, "vector-worker.js"), { workerData });
      // A program that forgets close() can still end.
      worker.unref();
      return worker;
    });
  }

  /** Images of all environments, 147 bytes each; see `Observation.image`. */
  get images(): Uint8Array {
    return this.shared.images;
  }
  /** Where each agent faces; see `Observation.direction`. */
  get directions(): Uint8Array {
    return this.shared.directions;
  }
  /** Rewards of the last step. */
  get rewards(): Float64Array {
    return this.shared.rewards;
  }
  /** 1 where the last step ended the episode by success or failure. */
  get terminated(): Uint8Array {
    return this.shared.terminated;
  }
  /** 1 where the last step reached the step limit. */
  get truncated(): Uint8Array {
    return this.shared.truncated;
  }

  /** The mission of one environment. */
  mission(index: number): string {
    const start = index * MISSION_BYTES;
    const bytes = this.shared.missions.slice(start, start + MISSION_BYTES);
    return String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
  }

  /**
   * Starts an episode in each environment.
   * @param options `seed`: environment i gets seed + i; without one, each goes on with its own random numbers
   */
  reset({ seed }: { seed?: number } = {}): void {
    if (seed !== undefined) {
      checkSeed(seed);
      checkSeed(seed + this.numEnvs);
    }
    this.shared.seed[0] = seed ?? Number.NaN;
    this.run(RESET);
  }

  /**
   * Takes one step in each environment.
   * @param choice index of an action for each environment
   */
  step(choice: ArrayLike<number>): void {
    if (choice.length !== this.numEnvs) {
      throw new InvalidOptionError("actions", choice.length, `There must be ${this.numEnvs}.`);
    }
    for (let i = 0; i < choice.length; i++) {
      const action = choice[i] ?? -1;
      if (actions[action] === undefined) throw new InvalidActionError(choice[i], actions);
    }
    this.shared.actions.set(choice);
    this.run(STEP);
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private run(command: number): void {
    const { control } = this.shared;
    Atomics.store(control, WORKERS_BUSY, this.workers.length);
    Atomics.store(control, COMMAND, command);
    Atomics.add(control, COMMAND_COUNT, 1);
    Atomics.notify(control, COMMAND_COUNT);
    for (;;) {
      const busy = Atomics.load(control, WORKERS_BUSY);
      if (busy === 0) return;
      if (Atomics.wait(control, WORKERS_BUSY, busy, PATIENCE_MS) === "timed-out") {
        throw new VectorEnvError(
          `${busy} of ${this.workers.length} workers did not answer within a minute. Was it closed?`,
        );
      }
    }
  }
}

/** Writes a mission for `VectorEnv.mission` to read: ASCII, ended by a zero. */
export function writeMission(missions: Uint8Array, index: number, mission: string): void {
  const start = index * MISSION_BYTES;
  for (let i = 0; i < mission.length; i++) missions[start + i] = mission.charCodeAt(i);
  missions[start + mission.length] = 0;
}
