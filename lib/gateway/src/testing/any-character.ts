import fc from "fast-check";

/**
 * Any character of Unicode, as fast-check's unit "binary", which takes a second and 100 MiB to make: it builds a table of all
 * 1,112,064 of them to find a character's number.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .nat({ max: 0x10ffff - 0x800 })
  .map(characterOf, numberOf);

/** Surrogates are left out. */
function characterOf(n: number): string {
  return String.fromCodePoint(n < 0xd800 ? n : n + 0x800);
}

function numberOf(text: unknown): number {
  const code =
    typeof text === "string" && /^\P{Cs}$/su.test(text) ? text.codePointAt(0) : undefined;
  if (code === undefined) throw new TypeError(`${text} is not one character.`);
  return code < 0xd800 ? code : code - 0x800;
}
