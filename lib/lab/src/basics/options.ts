import { didYouMean } from "./did-you-mean";

/**
 * What is wrong with options that JavaScript's callers gave, whom no type tells; null: nothing.
 *
 * @param what they are of, such as "lab.teach"
 * @param known all that there are
 */
export function problemOfOptions<T extends object>(
  what: string,
  given: T,
  known: Readonly<Record<keyof T, true>>,
): string | null {
  const names = Object.keys(known);
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return `${what} is given ${JSON.stringify(given)}: it must be an object with ${names.join(", ")}`;
  const odd = Object.keys(given).find((name) => !names.includes(name));
  if (odd === undefined) return null;
  return `${what} has no option ${JSON.stringify(odd)}.${didYouMean(odd, names)} There are: ${names.join(", ")}`;
}
