import { didYouMean } from "../basics/did-you-mean";

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
  const has = known.length > 0 ? known.slice(0, MOST_NAMED).join(", ") : "none";
  const more = known.length > MOST_NAMED ? ` and ${known.length - MOST_NAMED} more` : "";
  throw new ExamplesError(
    `Unknown ${what} ${JSON.stringify(name)}.${didYouMean(String(name), known)} There are: ${has}${more}`,
  );
}

const MOST_NAMED = 20;
