import { didYouMean, someOf } from "../basics/did-you-mean";

/**
 * `lab.examples` was asked for what the store or the configuration does not have, or an option is wrong; the message says what is valid.
 *
 * @example
 * try {
 *   await lab.examples({ run: "nobody" });
 * } catch (error) {
 *   error instanceof ExamplesError; // true
 * }
 */
export class ExamplesError extends Error {
  override readonly name = "ExamplesError";
}

/** @throws ExamplesError `name` is none of those that there are */
export function refuseUnknown(what: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  throw new ExamplesError(
    `Unknown ${what} ${JSON.stringify(name)}.${didYouMean(String(name), known)} There are: ${someOf(known)}`,
  );
}

/** @throws ExamplesError */
export function checkHistoryLength(length: number): void {
  if (Number.isSafeInteger(length) && length >= 0) return;
  throw new ExamplesError(`historyLength is ${length}: it must be a whole number, 0 or more`);
}
