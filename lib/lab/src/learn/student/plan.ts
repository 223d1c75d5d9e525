import type { Corpus, Ragged } from "../../agents/local/student/corpus";
import { type Layout, LOGITS, type Widths } from "../../agents/local/student/network";

/** How a network is trained. */
export interface TrainingPlan {
  widths: Widths;
  /** How often each sequence is read. */
  epochs: number;
  /** Sequences whose gradients make a step. */
  batch: number;
  /** The highest rate of Adam's steps. */
  rate: number;
  /** The share of features, and of layers' outputs, that each step leaves out. */
  featureDropout: number;
  dropout: number;
  /** Of the weights, per step and rate (Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization"). */
  decay: number;
  /** Of the first weights and of the sequences' order. */
  seed: number;
}

/** What is not for the caller to choose; found on seeds that nothing else uses. */
export const DEFAULTS = {
  batch: 64,
  rate: 3e-3,
  featureDropout: 0.1,
  dropout: 0.1,
  decay: 0.1,
};

/** Gradients are summed in so many parts, in their order: the weights do not depend on how many threads there are. */
export const SHARDS = 4;

export function stepsOf({ epochs, batch }: TrainingPlan, corpus: Corpus): number {
  return epochs * Math.ceil((corpus.sequences.length - 1) / batch);
}

/**
 * The most numbers that a shard can need as scratch: if its sequences were the largest, and had no line in common.
 *
 * @see batchOf, forward and backward, which take them
 */
export function scratchOf(layout: Layout, corpus: Corpus, { batch, widths }: TrainingPlan): number {
  const { line, memory, head } = widths;
  const row = 4 * line + 14 * memory + 2 * head + 2 * LOGITS + 8;
  const longest = ({ starts }: Ragged) =>
    starts.reduce((most, start, i) => Math.max(most, start - (starts[i - 1] ?? 0)), 0);
  const { lines, missions, sequences, turns } = corpus;
  const ofLine = 7 * line + longest(lines) + 4;
  const ofMission = 6 * line + longest(missions.lines) + longest(missions.turns) + 4;
  const sizes = Array.from(sequences.subarray(1), (end, i) => {
    const begin = sequences[i] as number;
    const read = (turns.starts[end] as number) - (turns.starts[begin] as number);
    return (end - begin) * row + read * (ofLine + 1) + ofMission;
  }).sort((a, b) => b - a);
  const largest = sizes.slice(0, Math.ceil(batch / SHARDS)).reduce((sum, size) => sum + size, 0);
  return Math.ceil((largest + layout.length) / 16) * 16 + 1024;
}

/** Rises over the first 3 % of the steps and falls to 0 along half a cosine (Smith & Topin 2018, "Super-Convergence"). */
export function rateAt(step: number, steps: number, highest: number): number {
  const warm = Math.max(1, Math.ceil(steps * 0.03));
  if (step < warm) return (highest * (step + 1)) / warm;
  return (highest * (1 + Math.cos((Math.PI * (step - warm)) / Math.max(1, steps - warm)))) / 2;
}

/** Numbers from 0 to 1 without 1, the same for the same seed (mulberry32, by Tommy Ettinger). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The numbers from 0 to `length` - 1 in the order of an epoch. */
export function shuffled(length: number, seed: number, epoch: number): Int32Array {
  const random = randomNumbers(Math.imul(seed, 0x9e3779b1) + epoch);
  const order = Int32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const moved = order[i] as number;
    order[i] = order[j] as number;
    order[j] = moved;
  }
  return order;
}

/** The first weights: normal, with He et al.'s (2015) deviation for what is summed in each place; biases 0. */
export function firstWeights(layout: Layout, seed: number): Float32Array {
  const weights = new Float32Array(layout.length);
  const random = randomNumbers(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const deviations = {
    lineRows: 0.15,
    turnRows: 0.15,
    turn: Math.sqrt(2 / layout.turn.rows),
    memoryIn: Math.sqrt(1 / layout.memoryIn.rows),
    memory: Math.sqrt(1 / layout.memory.rows),
    head: Math.sqrt(1 / layout.head.rows),
    headOfTurn: Math.sqrt(1 / layout.headOfTurn.rows),
    actions: 0.1 * Math.sqrt(1 / layout.actions.rows),
  };
  for (const [name, deviation] of Object.entries(deviations)) {
    const { at, rows, columns } = layout[name as keyof typeof deviations];
    for (let i = at; i < at + rows * columns; i++) weights[i] = deviation * normal();
  }
  return weights;
}
