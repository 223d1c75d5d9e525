import type { Corpus, Ragged, Vocabulary } from "./corpus";
import type { Kernel, Lists } from "./kernel";

/** Widths of the network's layers, multiples of 16. */
export interface Widths {
  /** Of a line, and of what is read in a turn. */
  line: number;
  /** Of the memory, the state of the GRU. */
  memory: number;
  /** Of the layer below the actions. */
  head: number;
}

const MOST_WIDTH = 1024;

export const VALID_WIDTH = `a multiple of 16, from 16 to ${MOST_WIDTH}`;

/** Wider ones would need more memory than a kernel has, and are no small networks. */
export function isWidth(width: unknown): width is number {
  return typeof width === "number" && width % 16 === 0 && width >= 16 && width <= MOST_WIDTH;
}

export const ACTIONS = 6;
/** The kernel's columns come in eights. */
export const LOGITS = 8;

/** Where each matrix begins among the parameters, and how many rows and columns it has. */
export interface Matrix {
  at: number;
  rows: number;
  columns: number;
}

export const MATRICES = [
  "lineRows",
  "turnRows",
  "turn",
  "memoryIn",
  "memoryInBias",
  "memory",
  "memoryBias",
  "head",
  "headOfTurn",
  "headBias",
  "actions",
  "actionsBias",
] as const;

export type Layout = Record<(typeof MATRICES)[number], Matrix> & { length: number };

export function layoutOf({ line, memory, head }: Widths, vocabulary: Vocabulary): Layout {
  const shapes: Record<(typeof MATRICES)[number], [rows: number, columns: number]> = {
    lineRows: [vocabulary.lines.length, 2 * line],
    turnRows: [vocabulary.turns.length, line],
    turn: [line, line],
    memoryIn: [line, 3 * memory],
    memoryInBias: [1, 3 * memory],
    memory: [memory, 3 * memory],
    memoryBias: [1, 3 * memory],
    head: [memory, head],
    headOfTurn: [line, head],
    headBias: [1, head],
    actions: [head, LOGITS],
    actionsBias: [1, LOGITS],
  };
  const layout = { length: 0 } as Layout;
  for (const name of MATRICES) {
    const [rows, columns] = shapes[name];
    layout[name] = { at: layout.length, rows, columns };
    layout.length += rows * columns;
  }
  return layout;
}

/** A batch of sequences in the kernel's memory. Its rows are turns: all first turns, then all second ones, and so on. */
export interface Batch {
  rows: number;
  /** At each turn, the first row, and the sequences that are so long; the longest sequences come first. */
  firstRow: number[];
  active: number[];
  /** The turn in the corpus of each row. */
  turnOfRow: Int32Array;
  missions: number;
  lines: number;
  missionOfLine: Lists;
  featuresOfMission: Lists;
  featuresOfLine: Lists;
  linesOfTurn: Lists;
  turnFeaturesOfMission: Lists;
  missionOfTurn: Lists;
  didBefore: Lists;
}

/** Picks lists out of many, each once, and numbers them in the order in which they are first asked for. */
class Picked {
  private readonly local = new Map<number, number>();
  readonly chosen: number[] = [];

  of(number: number): number {
    let local = this.local.get(number);
    if (local === undefined) {
      local = this.chosen.length;
      this.local.set(number, local);
      this.chosen.push(number);
    }
    return local;
  }
}

function pick(
  kernel: Kernel,
  { items, starts }: Ragged,
  chosen: readonly number[],
  isRead: () => boolean,
): Lists {
  const ids: number[] = [];
  const newStarts = [0];
  for (const number of chosen) {
    const end = starts[number + 1] as number;
    for (let i = starts[number] as number; i < end; i++) if (isRead()) ids.push(items[i] as number);
    newStarts.push(ids.length);
  }
  return kernel.lists(ids, newStarts);
}

/** One number a list. */
function ones(kernel: Kernel, ids: readonly number[]): Lists {
  return kernel.lists(
    ids,
    Array.from({ length: ids.length + 1 }, (_, i) => i),
  );
}

/**
 * @param isRead asked for each feature of a line or mission; in training some are left out
 * @throws ScratchError
 */
export function batchOf(
  kernel: Kernel,
  corpus: Corpus,
  chosen: readonly number[],
  isRead: () => boolean = () => true,
): Batch {
  const { sequences, missionOfSequence, turns, didBefore } = corpus;
  const lengthOf = (sequence: number) =>
    (sequences[sequence + 1] as number) - (sequences[sequence] as number);
  const sorted = [...chosen].sort((a, b) => lengthOf(b) - lengthOf(a) || a - b);
  const missions = new Picked();
  const lines = new Picked();
  const firstRow: number[] = [];
  const active: number[] = [];
  const turnOfRow: number[] = [];
  const missionOfTurn: number[] = [];
  const lineIds: number[] = [];
  const lineStarts = [0];
  const did: number[] = [];
  const didStarts = [0];
  const longest = sorted.length === 0 ? 0 : lengthOf(sorted[0] as number);
  for (let t = 0; t < longest; t++) {
    firstRow.push(turnOfRow.length);
    for (const sequence of sorted) {
      if (lengthOf(sequence) <= t) break;
      const turn = (sequences[sequence] as number) + t;
      turnOfRow.push(turn);
      missionOfTurn.push(missions.of(missionOfSequence[sequence] as number));
      const end = turns.starts[turn + 1] as number;
      for (let i = turns.starts[turn] as number; i < end; i++)
        lineIds.push(lines.of(turns.items[i] as number));
      lineStarts.push(lineIds.length);
      const before = didBefore[turn] as number;
      if (before >= 0) did.push(before);
      didStarts.push(did.length);
    }
    active.push(turnOfRow.length - (firstRow[t] as number));
  }
  const missionOfLine = lines.chosen.map((line) =>
    missions.of(corpus.missionOfLine[line] as number),
  );
  return {
    rows: turnOfRow.length,
    firstRow,
    active,
    turnOfRow: Int32Array.from(turnOfRow),
    missions: missions.chosen.length,
    lines: lines.chosen.length,
    missionOfLine: ones(kernel, missionOfLine),
    featuresOfMission: pick(kernel, corpus.missions.lines, missions.chosen, isRead),
    featuresOfLine: pick(kernel, corpus.lines, lines.chosen, isRead),
    linesOfTurn: kernel.lists(lineIds, lineStarts),
    turnFeaturesOfMission: pick(kernel, corpus.missions.turns, missions.chosen, isRead),
    missionOfTurn: ones(kernel, missionOfTurn),
    didBefore: kernel.lists(did, didStarts),
  };
}

/** Addresses of what the layers gave, by their names in `forward`. */
export interface Activations {
  lineSums: number;
  lineGates: number;
  lineOut: number;
  turnIn: number;
  turn: number;
  /** The GRU's gates and candidate, over each other: reset, update, candidate. */
  gates: number;
  /** What its state gave to them. */
  fromState: number;
  states: number;
  head: number;
  logits: number;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** In training, the share of a layer's outputs that are set to 0 (Srivastava et al. 2014); the others grow as much. */
export interface Dropout {
  share: number;
  random: () => number;
}

/**
 * Reads a batch. A line is the sum of its features' and its mission's rows, half of which gates the other half (Dauphin et al.
 * 2017, "Language Modeling with Gated Convolutional Networks"). A turn is the sum of its lines, through one layer together with
 * the mission and the action before. A GRU (Cho et al. 2014) reads the turns, and a layer on its state and the turn gives the logits of the actions.
 *
 * @param p the address of the parameters, laid out as `layout` says
 * @throws ScratchError
 */
export function forward(
  kernel: Kernel,
  p: number,
  layout: Layout,
  batch: Batch,
  dropout: Dropout = { share: 0, random: () => 0 },
): Activations {
  const { floats } = kernel;
  const { rows, lines, missions } = batch;
  const width = layout.turn.rows;
  const state = layout.memory.rows;
  const hidden = layout.head.columns;

  const missionSums = kernel.zeros(missions * 2 * width);
  kernel.gather(missionSums, 2 * width, p + layout.lineRows.at, batch.featuresOfMission);
  const lineSums = kernel.zeros(lines * 2 * width);
  kernel.gather(lineSums, 2 * width, missionSums, batch.missionOfLine);
  kernel.gather(lineSums, 2 * width, p + layout.lineRows.at, batch.featuresOfLine);
  const lineGates = kernel.zeros(lines * width);
  const lineOut = kernel.zeros(lines * width);
  for (let i = 0; i < lines; i++) {
    const sum = lineSums + i * 2 * width;
    const out = i * width;
    for (let j = 0; j < width; j++) {
      const gate = sigmoid(floats[sum + width + j] as number);
      floats[lineGates + out + j] = gate;
      floats[lineOut + out + j] = gate * (floats[sum + j] as number);
    }
  }

  const turnIn = kernel.zeros(rows * width);
  kernel.gather(turnIn, width, lineOut, batch.linesOfTurn);
  const missionTurns = kernel.zeros(missions * width);
  kernel.gather(missionTurns, width, p + layout.turnRows.at, batch.turnFeaturesOfMission);
  const turn = kernel.zeros(rows * width);
  kernel.gather(turn, width, missionTurns, batch.missionOfTurn);
  kernel.gather(turn, width, p + layout.turnRows.at, batch.didBefore);
  kernel.multiply(turn, turnIn, p + layout.turn.at, rows, width, width);
  rectify(floats, turn, rows * width, dropout);

  const gates = kernel.repeated(p + layout.memoryInBias.at, 3 * state, rows);
  kernel.multiply(gates, turn, p + layout.memoryIn.at, rows, width, 3 * state);
  const fromState = kernel.repeated(p + layout.memoryBias.at, 3 * state, rows);
  const states = kernel.zeros(rows * state);
  for (const [t, active] of batch.active.entries()) {
    const first = batch.firstRow[t] as number;
    const before = t === 0 ? -1 : states + (batch.firstRow[t - 1] as number) * state;
    if (t > 0) {
      const to = fromState + first * 3 * state;
      kernel.multiply(to, before, p + layout.memory.at, active, state, 3 * state);
    }
    for (let i = 0; i < active; i++) {
      const x = gates + (first + i) * 3 * state;
      const h = fromState + (first + i) * 3 * state;
      const out = states + (first + i) * state;
      for (let j = 0; j < state; j++) {
        const reset = sigmoid((floats[x + j] as number) + (floats[h + j] as number));
        const update = sigmoid(
          (floats[x + state + j] as number) + (floats[h + state + j] as number),
        );
        const candidate =
          2 *
            sigmoid(
              2 *
                ((floats[x + 2 * state + j] as number) +
                  reset * (floats[h + 2 * state + j] as number)),
            ) -
          1;
        floats[x + j] = reset;
        floats[x + state + j] = update;
        floats[x + 2 * state + j] = candidate;
        const kept = t === 0 ? 0 : (floats[before + i * state + j] as number);
        floats[out + j] = candidate + update * (kept - candidate);
      }
    }
  }

  const head = kernel.repeated(p + layout.headBias.at, hidden, rows);
  kernel.multiply(head, states, p + layout.head.at, rows, state, hidden);
  kernel.multiply(head, turn, p + layout.headOfTurn.at, rows, width, hidden);
  rectify(floats, head, rows * hidden, dropout);
  const logits = kernel.repeated(p + layout.actionsBias.at, LOGITS, rows);
  kernel.multiply(logits, head, p + layout.actions.at, rows, hidden, LOGITS);
  return {
    ...{ lineSums, lineGates, lineOut, turnIn, turn, gates, fromState, states, head, logits },
  };
}

function rectify(
  floats: Float32Array,
  at: number,
  length: number,
  { share, random }: Dropout,
): void {
  const scale = 1 / (1 - share);
  for (let i = at; i < at + length; i++) {
    const isKept = share === 0 || random() >= share;
    floats[i] = isKept ? scale * Math.max(0, floats[i] as number) : 0;
  }
}
