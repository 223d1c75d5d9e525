import { join } from "node:path";
import { at } from "../../basics/at";
import { root } from "../../project/root";
import type { ModelFunction } from "./own-models";
import { uniformOf } from "./random";
import { type Action, actions, type ChatMessage, promptTexts } from "./reading/prompt";
import { CorpusBuilder, Features } from "./student/corpus";
import { createMemory, Kernel } from "./student/kernel";
import { ACTIONS, batchOf, forward, LOGITS, layoutOf } from "./student/network";
import { readStudent, type StudentWeights } from "./student/weights";

export interface StudentOptions {
  /**
   * Above 0, actions are drawn, from the logits divided by it; at 0 the likeliest is taken. Default 0.5: at 0 a student can turn to and
   * fro for ever between two views, each of which tells it to look at the other.
   */
  temperature?: number;
  /** Of the draws: the same prompt and seed give the same action. Default: the request's. */
  seed?: number;
}

/** The file of the student that this project ships. */
export const SHIPPED_STUDENT = join(root, "data", "student", "student.bin");

let shipped: Promise<ModelFunction> | undefined;

/** Reads it once. @throws StudentWeightsError, and what the file system throws */
export function shippedStudent(): Promise<ModelFunction> {
  shipped ??= readStudent(SHIPPED_STUDENT).then((student) => studentModel(student));
  return shipped;
}

/** Room for what is computed of one prompt, as many floats. */
const SCRATCH = 2 ** 20;

/**
 * A trained student as a model: it reads the prompt's text and nothing else, and answers {"action": "…"}.
 *
 * @example
 * const learner = studentModel(await readStudent("data/student/student.bin"));
 * // For openLab({ models: { learner }, configPath: ["config/tensorzero.toml", "notebooks/learner.toml"] }): its variant is "learner".
 * @throws RangeError the temperature is below 0 or not finite
 */
export function studentModel(student: StudentWeights, options: StudentOptions = {}): ModelFunction {
  const { temperature = 0.5 } = options;
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    throw new RangeError(`temperature is ${temperature}: it must be 0 or more, and finite`);
  const read = studentReader(student);
  return (messages, request) => {
    const logits = read(messages);
    const seed = options.seed ?? request.seed;
    const action =
      temperature > 0 ? draw(logits, temperature, uniformOf(messages, seed)) : likeliest(logits);
    return JSON.stringify({ action });
  };
}

/** @returns what gives the logits of the six actions for a prompt; it throws UnreadablePrompt */
export function studentReader({
  widths,
  vocabulary,
  weights,
}: StudentWeights): (messages: readonly ChatMessage[]) => number[] {
  const layout = layoutOf(widths, vocabulary);
  const kernel = new Kernel(
    createMemory((layout.length + SCRATCH) * 4),
    Math.ceil(layout.length / 4) * 4,
  );
  kernel.floats.set(weights);
  const features = new Features(vocabulary);
  return (messages) => {
    const builder = new CorpusBuilder(features);
    builder.add(promptTexts(messages));
    kernel.reset();
    const batch = batchOf(kernel, builder.build(), [0]);
    const { logits } = forward(kernel, 0, layout, batch);
    const last = logits + (batch.rows - 1) * LOGITS;
    return [...kernel.floats.subarray(last, last + ACTIONS)];
  };
}

function likeliest(logits: readonly number[]): Action {
  return at(actions, logits.indexOf(Math.max(...logits)));
}

function draw(logits: readonly number[], temperature: number, uniform: number): Action {
  const highest = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp((logit - highest) / temperature));
  let left = uniform * shares.reduce((sum, share) => sum + share);
  const drawn = shares.findIndex((share) => {
    left -= share;
    return left < 0;
  });
  return drawn < 0 ? likeliest(logits) : at(actions, drawn);
}
