import { at } from "../../basics/at";

/** The embedding model's name. */
export const HASHED_WORDS = "hashed_words";

/** Numbers of an embedding. */
export const SIZE = 256;

/**
 * An embedding that nothing has learned: each line and each word of a text is hashed (FNV-1a) to one of 256 numbers, and counts
 * there. Texts are near each other that share lines and words. The line ends of texts within JSON end lines, too.
 */
export function hashedWords(text: string): Float32Array {
  const vector = new Float32Array(SIZE);
  const count = (part: string) => {
    let hash = 0x811c9dc5;
    for (let i = 0; i < part.length; i++) hash = Math.imul(hash ^ part.charCodeAt(i), 0x01000193);
    const place = (hash >>> 0) % SIZE;
    vector[place] = at(vector, place) + 1;
  };
  for (const line of text.split(/\n|\\+n|["\\{}[\],:]+/)) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "") continue;
    count(words.join(" "));
    for (const word of words) count(word);
  }
  return vector;
}
