import type { Kernel } from "../../agents/local/student/kernel";
import {
  ACTIONS,
  type Activations,
  type Batch,
  type Layout,
  LOGITS,
} from "../../agents/local/student/network";

/**
 * Puts the gradient of the cross-entropy in the place of the logits: of each row that has a label, times `weight`.
 *
 * @returns the sum of the rows' cross-entropies, and how many labels have the highest logit
 */
export function crossEntropy(
  { floats }: Kernel,
  logits: number,
  batch: Batch,
  labels: Int32Array,
  weight: number,
): { loss: number; right: number } {
  let loss = 0;
  let right = 0;
  for (let row = 0; row < batch.rows; row++) {
    const at = logits + row * LOGITS;
    const label = labels[batch.turnOfRow[row] as number] as number;
    if (label < 0) {
      floats.fill(0, at, at + LOGITS);
      continue;
    }
    let highest = 0;
    for (let a = 1; a < ACTIONS; a++)
      if ((floats[at + a] as number) > (floats[at + highest] as number)) highest = a;
    const top = floats[at + highest] as number;
    let sum = 0;
    for (let a = 0; a < ACTIONS; a++) sum += Math.exp((floats[at + a] as number) - top);
    loss += Math.log(sum) + top - (floats[at + label] as number);
    if (highest === label) right++;
    for (let a = 0; a < ACTIONS; a++) {
      const probability = Math.exp((floats[at + a] as number) - top) / sum;
      floats[at + a] = weight * (probability - (a === label ? 1 : 0));
    }
    floats.fill(0, at + ACTIONS, at + LOGITS);
  }
  return { loss, right };
}

/**
 * Adds the gradient of all parameters to those at `g`, laid out like the parameters at `p`, from the gradient of the logits
 * that stands in their place.
 *
 * @throws ScratchError
 */
export function backward(
  kernel: Kernel,
  p: number,
  g: number,
  layout: Layout,
  batch: Batch,
  activations: Activations,
  dropout = 0,
): void {
  const { floats } = kernel;
  const { rows, lines, missions } = batch;
  const { lineSums, lineGates, turnIn, turn, gates, fromState, states, head, logits } = activations;
  const width = layout.turn.rows;
  const state = layout.memory.rows;
  const hidden = layout.head.columns;
  const transposed = (name: "turn" | "memoryIn" | "memory" | "head" | "headOfTurn" | "actions") => {
    const { at, rows, columns } = layout[name];
    return kernel.transposed(p + at, rows, columns);
  };

  kernel.multiplyTransposed(g + layout.actions.at, head, logits, rows, hidden, LOGITS);
  addRows(floats, g + layout.actionsBias.at, logits, rows, LOGITS);
  const dHead = kernel.zeros(rows * hidden);
  kernel.multiply(dHead, logits, transposed("actions"), rows, LOGITS, hidden);
  maskRectified(floats, dHead, head, rows * hidden, dropout);
  kernel.multiplyTransposed(g + layout.head.at, states, dHead, rows, state, hidden);
  kernel.multiplyTransposed(g + layout.headOfTurn.at, turn, dHead, rows, width, hidden);
  addRows(floats, g + layout.headBias.at, dHead, rows, hidden);
  const dStates = kernel.zeros(rows * state);
  kernel.multiply(dStates, dHead, transposed("head"), rows, hidden, state);

  const memoryTransposed = transposed("memory");
  const dGates = kernel.zeros(rows * 3 * state);
  const dFromState = kernel.zeros(rows * 3 * state);
  for (let t = batch.active.length - 1; t >= 0; t--) {
    const active = batch.active[t] as number;
    const first = batch.firstRow[t] as number;
    const before = t === 0 ? -1 : (batch.firstRow[t - 1] as number) * state;
    for (let i = 0; i < active; i++) {
      const row = (first + i) * 3 * state;
      const d = dStates + (first + i) * state;
      for (let j = 0; j < state; j++) {
        const reset = floats[gates + row + j] as number;
        const update = floats[gates + row + state + j] as number;
        const candidate = floats[gates + row + 2 * state + j] as number;
        const kept = t === 0 ? 0 : (floats[states + before + i * state + j] as number);
        const dState = floats[d + j] as number;
        const dCandidate = dState * (1 - update) * (1 - candidate * candidate);
        const dUpdate = dState * (kept - candidate) * update * (1 - update);
        const dReset =
          dCandidate * (floats[fromState + row + 2 * state + j] as number) * reset * (1 - reset);
        floats[dGates + row + j] = dReset;
        floats[dGates + row + state + j] = dUpdate;
        floats[dGates + row + 2 * state + j] = dCandidate;
        floats[dFromState + row + j] = dReset;
        floats[dFromState + row + state + j] = dUpdate;
        floats[dFromState + row + 2 * state + j] = dCandidate * reset;
        if (t > 0) {
          const at = dStates + before + i * state + j;
          floats[at] = (floats[at] as number) + dState * update;
        }
      }
    }
    if (t > 0) {
      const d = dFromState + first * 3 * state;
      kernel.multiply(dStates + before, d, memoryTransposed, active, 3 * state, state);
      const into = g + layout.memory.at;
      kernel.multiplyTransposed(into, states + before, d, active, state, 3 * state);
    }
  }
  addRows(floats, g + layout.memoryBias.at, dFromState, rows, 3 * state);
  addRows(floats, g + layout.memoryInBias.at, dGates, rows, 3 * state);
  kernel.multiplyTransposed(g + layout.memoryIn.at, turn, dGates, rows, width, 3 * state);
  const dTurn = kernel.zeros(rows * width);
  kernel.multiply(dTurn, dHead, transposed("headOfTurn"), rows, hidden, width);
  kernel.multiply(dTurn, dGates, transposed("memoryIn"), rows, 3 * state, width);
  maskRectified(floats, dTurn, turn, rows * width, dropout);

  kernel.scatter(dTurn, width, g + layout.turnRows.at, batch.didBefore);
  const dMissionTurns = kernel.zeros(missions * width);
  kernel.scatter(dTurn, width, dMissionTurns, batch.missionOfTurn);
  kernel.scatter(dMissionTurns, width, g + layout.turnRows.at, batch.turnFeaturesOfMission);
  kernel.multiplyTransposed(g + layout.turn.at, turnIn, dTurn, rows, width, width);
  const dTurnIn = kernel.zeros(rows * width);
  kernel.multiply(dTurnIn, dTurn, transposed("turn"), rows, width, width);

  const dLines = kernel.zeros(lines * width);
  kernel.scatter(dTurnIn, width, dLines, batch.linesOfTurn);
  const dLineSums = kernel.zeros(lines * 2 * width);
  for (let i = 0; i < lines; i++) {
    const sum = i * 2 * width;
    for (let j = 0; j < width; j++) {
      const gate = floats[lineGates + i * width + j] as number;
      const d = (floats[dLines + i * width + j] as number) * gate;
      floats[dLineSums + sum + j] = d;
      floats[dLineSums + sum + width + j] = d * (1 - gate) * (floats[lineSums + sum + j] as number);
    }
  }
  kernel.scatter(dLineSums, 2 * width, g + layout.lineRows.at, batch.featuresOfLine);
  const dMissionSums = kernel.zeros(missions * 2 * width);
  kernel.scatter(dLineSums, 2 * width, dMissionSums, batch.missionOfLine);
  kernel.scatter(dMissionSums, 2 * width, g + layout.lineRows.at, batch.featuresOfMission);
}

/** A row += the sum of a matrix' rows. */
function addRows(
  floats: Float32Array,
  row: number,
  matrix: number,
  rows: number,
  width: number,
): void {
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < width; j++)
      floats[row + j] = (floats[row + j] as number) + (floats[matrix + i * width + j] as number);
}

function maskRectified(
  floats: Float32Array,
  d: number,
  out: number,
  length: number,
  dropout: number,
): void {
  const scale = 1 / (1 - dropout);
  for (let i = 0; i < length; i++)
    floats[d + i] = (floats[out + i] as number) > 0 ? (floats[d + i] as number) * scale : 0;
}
