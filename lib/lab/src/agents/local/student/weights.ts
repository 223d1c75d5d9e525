import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "embedded-gateway";
import type { Vocabulary } from "./corpus";
import { isWidth, layoutOf, VALID_WIDTH, type Widths } from "./network";

/** A trained student: what it reads, its numbers, and how it came about. */
export interface StudentWeights {
  widths: Widths;
  vocabulary: Vocabulary;
  /** Whatever is to be known of it: data, command, seconds, success. Kept, and not used. */
  card: Readonly<Record<string, unknown>>;
  weights: Float32Array;
}

/**
 * A file of a student's weights, or of its training, is damaged or of another format.
 *
 * @example
 * try {
 *   await readStudent("student.bin");
 * } catch (error) {
 *   error instanceof StudentWeightsError; // true where the file is there
 * }
 */
export class StudentWeightsError extends Error {
  override readonly name = "StudentWeightsError";
}

const HASH_BYTES = 32;

/** A line of JSON, the numbers as 32-bit little-endian floats, and the SHA-256 of both. */
export function encodeNumbers(format: string, head: object, numbers: Float32Array): Buffer {
  const line = Buffer.from(`${JSON.stringify({ format, ...head })}\n`);
  const bytes = Buffer.alloc(numbers.length * 4);
  for (let i = 0; i < numbers.length; i++) bytes.writeFloatLE(numbers[i] as number, i * 4);
  const content = Buffer.concat([line, bytes]);
  return Buffer.concat([content, createHash("sha256").update(content).digest()]);
}

/**
 * @param source what errors call the file
 * @throws StudentWeightsError
 */
export function decodeNumbers<T>(
  file: Buffer,
  format: string,
  source: string,
): { head: T; numbers: Float32Array } {
  const refuse = (why: string, options?: ErrorOptions) =>
    new StudentWeightsError(`${source} cannot be read: ${why}`, options);
  const content = file.subarray(0, -HASH_BYTES);
  const begin = `{"format":"${format}"`;
  if (!content.toString("latin1", 0, begin.length).startsWith(begin))
    throw refuse(`it does not begin with ${begin}`);
  const hash = createHash("sha256").update(content).digest();
  if (!hash.equals(file.subarray(-HASH_BYTES)))
    throw refuse("its content does not have the hash at its end, so it was cut off or changed");
  const end = content.indexOf("\n");
  const bytes = content.subarray(end + 1);
  const length = bytes.length / 4;
  if (end < 0 || !Number.isInteger(length))
    throw refuse("it must be a line of JSON and then numbers of 4 bytes each");
  const numbers = Float32Array.from({ length }, (_, i) => bytes.readFloatLE(i * 4));
  try {
    return { head: JSON.parse(content.toString("utf8", 0, end)) as T, numbers };
  } catch (cause) {
    throw refuse(`its first line is no JSON (${messageOf(cause)})`, { cause });
  }
}

const FORMAT = "babyai-student 1";

export function encodeStudent({ weights, ...head }: StudentWeights): Buffer {
  return encodeNumbers(FORMAT, head, weights);
}

/** @throws StudentWeightsError */
export function decodeStudent(file: Buffer, source: string): StudentWeights {
  const { head, numbers } = decodeNumbers<Omit<StudentWeights, "weights">>(file, FORMAT, source);
  const wrong = wrongIn(head);
  if (wrong !== null)
    throw new StudentWeightsError(
      `${source} cannot be read: in its first line ${wrong}. writeStudent writes such files`,
    );
  const { length } = layoutOf(head.widths, head.vocabulary);
  if (numbers.length !== length || !numbers.every(Number.isFinite))
    throw new StudentWeightsError(
      `${source} cannot be read: its network has ${length} weights, and there are ${numbers.filter(Number.isFinite).length} finite numbers`,
    );
  const { widths, vocabulary, card } = head;
  return { widths, vocabulary, card, weights: numbers };
}

/** What is wrong in a file's head; null: nothing. */
function wrongIn({ widths, vocabulary, card }: Partial<Omit<StudentWeights, "weights">>) {
  const text = (value: unknown) => (JSON.stringify(value) ?? "missing").slice(0, 80);
  for (const layer of ["line", "memory", "head"] as const) {
    const width: unknown = widths?.[layer];
    if (!isWidth(width)) return `widths.${layer} is ${text(width)}: it must be ${VALID_WIDTH}`;
  }
  for (const kind of ["lines", "turns"] as const) {
    const features: unknown = vocabulary?.[kind];
    if (!Array.isArray(features) || !features.every((feature) => typeof feature === "string"))
      return `vocabulary.${kind} is ${text(features)}: it must be a list of texts`;
    const seen = new Set<unknown>();
    const twice = features.find((feature) => seen.size === seen.add(feature).size);
    if (twice !== undefined) return `vocabulary.${kind} has ${text(twice)} twice`;
  }
  if (typeof card !== "object" || card === null || Array.isArray(card))
    return `card is ${text(card)}: it must be an object`;
  return null;
}

/**
 * Writes a student to a file that `readStudent` reads; its folder is made where it is missing.
 *
 * @example
 * const { train } = await lab.examples({ run: run.id });
 * await writeStudent("data/.local/student.bin", await trainStudent(train));
 */
export async function writeStudent(path: string, student: StudentWeights): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, encodeStudent(student));
}

/**
 * Reads a student from a file that `writeStudent` wrote.
 *
 * @example
 * const { card } = await readStudent("data/student/student.bin");
 * @throws StudentWeightsError, and what the file system throws
 */
export async function readStudent(path: string): Promise<StudentWeights> {
  return decodeStudent(await readFile(path), path);
}
