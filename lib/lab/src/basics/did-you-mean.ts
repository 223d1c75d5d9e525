import { nearest } from "babyai";

/** The first of the names, and how many more there are: "a, b and 3 more". */
export function someOf(names: readonly string[], most = 20): string {
  if (names.length === 0) return "none";
  const more = names.length - most;
  return names.slice(0, most).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/**
 * For an error about a name that is not known: ` Did you mean "random"?`, with those of the known names that are like it; "" where
 * none is.
 *
 * @param share how much of the name may be wrong
 */
export function didYouMean(given: string, known: readonly string[], share = 1 / 3): string {
  const meant = nearest(given, known, 3, share).map((name) => JSON.stringify(name));
  return meant.length > 0 ? ` Did you mean ${meant.join(", ")}?` : "";
}
