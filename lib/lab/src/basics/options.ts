import { didYouMean } from "./did-you-mean";

/**
 * Refuses options that there are not, which no type tells JavaScript's callers.
 *
 * @param Refusal the class of the error
 * @param what they are of, such as "lab.teach"
 * @param known all that there are
 * @throws Refusal
 */
export function checkOptions<T extends object>(
  Refusal: new (message: string) => Error,
  what: string,
  given: T,
  known: Readonly<Record<keyof T, true>>,
): void {
  const names = Object.keys(known);
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new Refusal(
      `${what} is given ${JSON.stringify(given)}: it must be an object with ${names.join(", ")}`,
    );
  const odd = Object.keys(given).find((name) => !names.includes(name));
  if (odd === undefined) return;
  throw new Refusal(
    `${what} has no option ${JSON.stringify(odd)}.${didYouMean(odd, names)} There are: ${names.join(", ")}`,
  );
}
