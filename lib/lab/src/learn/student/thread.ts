import type { Corpus } from "../../agents/local/student/corpus";
import { Kernel, type KernelMemory } from "../../agents/local/student/kernel";
import { batchOf, forward, type Layout } from "../../agents/local/student/network";
import { backward, crossEntropy } from "./backward";
import {
  randomNumbers,
  rateAt,
  SHARDS,
  scratchOf,
  shuffled,
  stepsOf,
  type TrainingPlan,
} from "./plan";

/** What the threads are given; memory and corpus are shared. */
export interface ThreadTask {
  memory: KernelMemory;
  corpus: Corpus;
  layout: Layout;
  plan: TrainingPlan;
  /** The step to begin with, counted from 0. */
  firstStep: number;
  thread: number;
  threads: number;
  /** See `CONTROL`. */
  control: Int32Array;
  /** Of each shard: the sum of its losses, and how many labels it got right. */
  sums: Float64Array;
}

/** Slots: how many have come to the barrier, how often it has opened, whether to stop, and whether all do after this step. */
export const CONTROL = { arrived: 0, opened: 1, stop: 2, stopped: 3 } as const;

export const SUMS = 2 * SHARDS;

/** What the threads have done since the last report. */
export interface ThreadReport {
  /** Steps done since the training's beginning. */
  step: number;
  loss: number;
  accuracy: number;
}

/** Where things stand in the memory, as numbers of floats: parameters, Adam's two means, the shards' gradients, then scratch. */
export function memoryPlan(length: number, threads: number, scratch: number) {
  const aligned = Math.ceil(length / 16) * 16;
  const scratchAt = (3 + SHARDS) * aligned;
  return {
    weights: 0,
    mean: aligned,
    square: 2 * aligned,
    gradient: (shard: number) => (3 + shard) * aligned,
    scratch: (thread: number) => scratchAt + thread * scratch,
    length: scratchAt + threads * scratch,
  };
}

const BETA1 = 0.9;
const BETA2 = 0.98;
const EPSILON = 1e-8;
const REPORT_MS = 200;

/**
 * Trains with Adam (Kingma & Ba 2015). Each thread takes its shards of a batch, and after all have their gradients its part of the
 * parameters. Between the two, and before the next batch, all wait for each other.
 */
export function trainInThread(task: ThreadTask, report: (report: ThreadReport) => void): void {
  const { memory, corpus, layout, plan, thread, threads, control, sums } = task;
  const scratch = scratchOf(layout, corpus, plan);
  const space = memoryPlan(layout.length, threads, scratch);
  const begin = space.scratch(thread);
  const kernel = new Kernel(memory, begin, begin + scratch);
  const sequences = corpus.sequences.length - 1;
  const steps = stepsOf(plan, corpus);
  const perEpoch = Math.ceil(sequences / plan.batch);
  const own = Array.from({ length: SHARDS }, (_, i) => i).filter((i) => i % threads === thread);
  const labelsOf = countLabels(corpus);
  const from = Math.floor((layout.length * thread) / threads);
  const to = Math.floor((layout.length * (thread + 1)) / threads);
  let since = { loss: 0, right: 0, labels: 0 };
  let reported = performance.now();
  let order: Int32Array = new Int32Array();
  let orderOf = -1;

  for (let step = task.firstStep; step < steps; step++) {
    const epoch = Math.floor(step / perEpoch);
    if (epoch !== orderOf) order = shuffled(sequences, plan.seed, epoch);
    orderOf = epoch;
    const first = (step % perEpoch) * plan.batch;
    const batch = [...order.subarray(first, first + plan.batch)];
    const labels = batch.reduce((sum, sequence) => sum + (labelsOf[sequence] as number), 0);
    for (const shard of own) {
      const gradient = space.gradient(shard);
      kernel.floats.fill(0, gradient, gradient + layout.length);
      kernel.reset();
      const part = batch.filter((_, i) => i % SHARDS === shard);
      const random = randomNumbers(Math.imul(plan.seed + step * SHARDS + shard, 0x85ebca6b));
      const isRead = () => random() >= plan.featureDropout;
      const read = batchOf(kernel, corpus, part, isRead);
      const dropout = { share: plan.dropout, random };
      const activations = forward(kernel, space.weights, layout, read, dropout);
      const { logits } = activations;
      const weight = 1 / Math.max(1, labels);
      const { loss, right } = crossEntropy(kernel, logits, read, corpus.labels, weight);
      backward(kernel, space.weights, gradient, layout, read, activations, plan.dropout);
      sums.set([loss, right], shard * 2);
    }
    if (thread === 0) Atomics.store(control, CONTROL.stopped, Atomics.load(control, CONTROL.stop));
    meet(control, threads);
    adam(kernel.floats, space, from, to, step, rateAt(step, steps, plan.rate), plan.decay);
    if (thread === 0) {
      for (let i = 0; i < SHARDS; i++) {
        since.loss += sums[2 * i] as number;
        since.right += sums[2 * i + 1] as number;
      }
      since.labels += labels;
    }
    const isLast = step === steps - 1 || Atomics.load(control, CONTROL.stopped) !== 0;
    meet(control, threads);
    if (thread === 0 && (isLast || performance.now() - reported > REPORT_MS)) {
      const { loss, right, labels } = since;
      report({ step: step + 1, loss: loss / labels, accuracy: right / labels });
      since = { loss: 0, right: 0, labels: 0 };
      reported = performance.now();
    }
    if (isLast) return;
  }
}

function countLabels({ sequences, labels }: Corpus): Int32Array {
  const counts = new Int32Array(sequences.length - 1);
  for (let i = 0; i < counts.length; i++)
    for (let turn = sequences[i] as number; turn < (sequences[i + 1] as number); turn++)
      if ((labels[turn] as number) >= 0) counts[i] = (counts[i] as number) + 1;
  return counts;
}

/** Waits until all threads are here. */
function meet(control: Int32Array, threads: number): void {
  const opened = Atomics.load(control, CONTROL.opened);
  if (Atomics.add(control, CONTROL.arrived, 1) === threads - 1) {
    Atomics.store(control, CONTROL.arrived, 0);
    Atomics.add(control, CONTROL.opened, 1);
    Atomics.notify(control, CONTROL.opened);
    return;
  }
  while (Atomics.load(control, CONTROL.opened) === opened)
    Atomics.wait(control, CONTROL.opened, opened);
}

function adam(
  floats: Float32Array,
  space: ReturnType<typeof memoryPlan>,
  from: number,
  to: number,
  step: number,
  rate: number,
  decay: number,
): void {
  const gradients = Array.from({ length: SHARDS }, (_, i) => space.gradient(i));
  const size = (rate * Math.sqrt(1 - BETA2 ** (step + 1))) / (1 - BETA1 ** (step + 1));
  for (let i = from; i < to; i++) {
    let gradient = 0;
    for (let s = 0; s < SHARDS; s++) gradient += floats[(gradients[s] as number) + i] as number;
    const mean = BETA1 * (floats[space.mean + i] as number) + (1 - BETA1) * gradient;
    const square = BETA2 * (floats[space.square + i] as number) + (1 - BETA2) * gradient * gradient;
    floats[space.mean + i] = mean;
    floats[space.square + i] = square;
    floats[i] =
      (floats[i] as number) * (1 - rate * decay) - (size * mean) / (Math.sqrt(square) + EPSILON);
  }
}
