import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";
import { actions, promptTexts } from "../../agents/local/reading/prompt";
import { type Corpus, CorpusBuilder, type Vocabulary } from "../../agents/local/student/corpus";
import { createMemory } from "../../agents/local/student/kernel";
import { isWidth, layoutOf, VALID_WIDTH } from "../../agents/local/student/network";
import {
  decodeNumbers,
  encodeNumbers,
  type StudentWeights,
  StudentWeightsError,
} from "../../agents/local/student/weights";
import { checkOptions } from "../../basics/options";
import { interruptible } from "../../experiment/interrupts";
import type { ExampleEpisode } from "../examples";
import { DEFAULTS, firstWeights, scratchOf, stepsOf, type TrainingPlan } from "./plan";
import { CONTROL, memoryPlan, SUMS, type ThreadReport, type ThreadTask } from "./thread";

export interface TrainOptions {
  /** How often all examples are read. Default 12. */
  epochs?: number;
  /** Of each layer, a multiple of 16, up to 1024. Default 96. */
  width?: number;
  /** Of the first weights, of the examples' order, and of what is dropped. Default 1. */
  seed?: number;
  /** Worker threads. Default: the machine's cores, at most four. The weights do not depend on it. */
  threads?: number;
  /** A file for the state of a training that is stopped, from which the next one with the same examples and options goes on. */
  checkpoint?: string;
  /** What is to be known of the student. Default: nothing. */
  card?: Readonly<Record<string, unknown>>;
  /** Called about five times a second, and at the end. */
  onProgress?: (progress: TrainingProgress) => void;
  /** Stops, as Ctrl-C and a notebook's stop button do. */
  signal?: AbortSignal;
}

export interface TrainingProgress {
  /** Steps done, and in all. */
  step: number;
  steps: number;
  epochs: number;
  /** Mean over the examples since the last report: cross-entropy in nats, and the share of actions that are likeliest. In training, with dropout. */
  loss: number;
  accuracy: number;
  seconds: number;
}

/**
 * A student's training was stopped, or cannot go on; the message says how it goes on.
 *
 * @example
 * const { train } = await lab.examples({ run: run.id });
 * try {
 *   await trainStudent(train, { checkpoint: "data/.local/training.bin" });
 * } catch (error) {
 *   error instanceof TrainingError; // true after Ctrl-C
 * }
 */
export class TrainingError extends Error {
  override readonly name = "TrainingError";
}

/**
 * Trains a small network to answer as the examples do: behavior cloning. It reads the prompts' words and nothing else. The same
 * examples and options give the same weights, byte for byte, on machines with the same version of Node.
 *
 * @example
 * const { id } = await lab.demonstrate({ variant: "rule_based_history", episodes: 10 });
 * const { train } = await lab.examples({ run: id });
 * const student = await trainStudent(train, { epochs: 5, onProgress: trainingBar() });
 * @throws TrainingError it was stopped, there is no example, an option is wrong, or the checkpoint is of another training
 * @throws StudentWeightsError the checkpoint is damaged
 */
export async function trainStudent(
  episodes: Iterable<ExampleEpisode>,
  options: TrainOptions = {},
): Promise<StudentWeights> {
  const plan = readPlan(options);
  const { card = {}, onProgress, signal, checkpoint } = options;
  const threads = Math.min(options.threads ?? availableParallelism(), 4);
  const { corpus, vocabulary } = await corpusOf(episodes);
  const begun = performance.now();
  const state = await interruptible(
    async ({ drain, stop }) => {
      const signals = [drain, stop, ...(signal === undefined ? [] : [signal])];
      const training = { corpus, vocabulary, plan, threads, signal: AbortSignal.any(signals) };
      const fingerprint = fingerprintOf(training);
      const { length } = layoutOf(plan.widths, vocabulary);
      const steps = stepsOf(plan, corpus);
      const before =
        checkpoint === undefined
          ? null
          : await readState(checkpoint, { fingerprint, length, steps });
      const report = (progress: Omit<TrainingProgress, "seconds">) =>
        onProgress?.({ ...progress, seconds: (performance.now() - begun) / 1000 });
      const after = await trainCorpus(training, before, report);
      if (after.step === steps) return after;
      const how = checkpoint ?? "nowhere, since no checkpoint was given";
      if (checkpoint !== undefined) await writeState(checkpoint, fingerprint, after);
      throw new TrainingError(
        `Stopped at step ${after.step} of ${steps}; the state is in ${how}. The same call goes on from there`,
      );
    },
    () => {},
  );
  if (checkpoint !== undefined) await rm(checkpoint, { force: true });
  return { widths: plan.widths, vocabulary, card, weights: state.weights };
}

const OPTIONS: Record<keyof TrainOptions, true> = {
  epochs: true,
  width: true,
  seed: true,
  threads: true,
  checkpoint: true,
  card: true,
  onProgress: true,
  signal: true,
};

/** @throws TrainingError */
function readPlan(options: TrainOptions): TrainingPlan {
  checkOptions(TrainingError, "trainStudent", options, OPTIONS);
  const { epochs = 12, width = 96, seed = 1, threads = 1 } = options;
  for (const [name, value] of Object.entries({ epochs, threads }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new TrainingError(`${name} is ${value}: it must be a whole number, 1 or more`);
  if (!isWidth(width)) throw new TrainingError(`width is ${width}: it must be ${VALID_WIDTH}`);
  if (!Number.isSafeInteger(seed))
    throw new TrainingError(`seed is ${seed}: it must be a whole number`);
  const widths = { line: width, memory: width, head: width };
  return { ...DEFAULTS, widths, epochs, seed };
}

/** @throws TrainingError there is no example */
async function corpusOf(episodes: Iterable<ExampleEpisode>) {
  if (typeof episodes?.[Symbol.iterator] !== "function")
    throw new TrainingError(
      `episodes is ${inspect(episodes, { depth: 0 })}: it must be a list, such as \`train\` of what lab.examples gives`,
    );
  const builder = new CorpusBuilder();
  let turns = 0;
  let count = 0;
  for (const episode of episodes) {
    if (count++ % 100 === 0) await setImmediate();
    for (const { prompt, action } of episode.examples()) {
      builder.add(promptTexts(prompt), actions.indexOf(action));
      turns++;
    }
  }
  if (turns === 0) throw new TrainingError("There is no example to learn from");
  return { corpus: builder.build(), vocabulary: builder.vocabulary };
}

/** What is trained, in numbers. */
export interface Training {
  corpus: Corpus;
  vocabulary: Vocabulary;
  plan: TrainingPlan;
  threads: number;
  signal?: AbortSignal;
}

/** After so many steps: the weights, and Adam's means of their gradients and of the gradients' squares. */
export interface TrainingState {
  step: number;
  weights: Float32Array;
  mean: Float32Array;
  square: Float32Array;
}

/** Trains to the end, or until the signal. */
export async function trainCorpus(
  { corpus, vocabulary, plan, threads, signal }: Training,
  before: TrainingState | null,
  onReport: (report: ThreadReport & Pick<TrainingProgress, "steps" | "epochs">) => void = () => {},
): Promise<TrainingState> {
  const layout = layoutOf(plan.widths, vocabulary);
  const space = memoryPlan(layout.length, threads, scratchOf(layout, corpus, plan));
  const memory = createMemory(space.length * 4);
  const floats = new Float32Array(memory.buffer);
  floats.set(before?.weights ?? firstWeights(layout, plan.seed), space.weights);
  if (before !== null) floats.set(before.mean, space.mean);
  if (before !== null) floats.set(before.square, space.square);
  const control = new Int32Array(new SharedArrayBuffer(4 * Object.keys(CONTROL).length));
  const sums = new Float64Array(new SharedArrayBuffer(8 * SUMS));
  const steps = stepsOf(plan, corpus);
  const firstStep = before?.step ?? 0;
  let step = firstStep;
  const task = { memory, corpus, layout, plan, firstStep, threads, control, sums };
  const stop = () => Atomics.store(control, CONTROL.stop, 1);
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  const workers = Array.from({ length: threads }, (_, thread) => {
    const workerData: ThreadTask = { ...task, thread };
    return new Worker(WORKER, { workerData });
  });
  try {
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            worker.on("message", (report: ThreadReport) => {
              step = report.step;
              onReport({ ...report, steps, epochs: plan.epochs });
            });
            worker.on("error", reject);
            worker.on("exit", () => resolve());
          }),
      ),
    );
  } finally {
    signal?.removeEventListener("abort", stop);
    // Where one has failed the others wait for it.
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  const copy = (at: number) => floats.slice(at, at + layout.length);
  return {
    step,
    weights: copy(space.weights),
    mean: copy(space.mean),
    square: copy(space.square),
  };
}

// The compiled one, also where tests run the sources.
const WORKER = join(
  __dirname.replace(/([\\/])src([\\/]learn[\\/]student)$/, "$1dist$2"),
  "worker.js",
);

const FORMAT = "babyai-training 1";

function fingerprintOf({ corpus, plan, vocabulary }: Training): string {
  const hash = createHash("sha256").update(JSON.stringify([plan, vocabulary]));
  const { sequences, missionOfSequence, turns, didBefore, labels, lines } = corpus;
  const arrays = [sequences, missionOfSequence, turns.items, turns.starts, didBefore, labels];
  for (const array of [...arrays, lines.items, lines.starts])
    hash.update(new Uint8Array(array.buffer));
  return hash.digest("hex");
}

async function writeState(
  path: string,
  fingerprint: string,
  { step, weights, mean, square }: TrainingState,
): Promise<void> {
  const numbers = new Float32Array(weights.length * 3);
  for (const [i, part] of [weights, mean, square].entries()) numbers.set(part, i * weights.length);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, encodeNumbers(FORMAT, { fingerprint, step }, numbers));
}

/** Null: there is none yet. @throws StudentWeightsError, TrainingError */
async function readState(
  path: string,
  expected: { fingerprint: string; length: number; steps: number },
): Promise<TrainingState | null> {
  if (!existsSync(path)) return null;
  const { head, numbers } = decodeNumbers<{ fingerprint: string; step: number }>(
    await readFile(path),
    FORMAT,
    path,
  );
  if (head.fingerprint !== expected.fingerprint)
    throw new TrainingError(
      `${path} is the state of a training with other examples or options. Give those, or remove the file`,
    );
  const { fingerprint: _, length, steps } = expected;
  const isStep = Number.isSafeInteger(head.step) && head.step >= 0 && head.step <= steps;
  if (!isStep || numbers.length !== 3 * length)
    throw new StudentWeightsError(
      `${path} cannot be read: it is at step ${head.step} of ${steps}, and has ${numbers.length} numbers of ${3 * length}. Remove the file`,
    );
  const part = (i: number) => numbers.slice(i * length, (i + 1) * length);
  return { step: head.step, weights: part(0), mean: part(1), square: part(2) };
}
