import glyphs from "./font/glyphs.json";

/**
 * The charts' typeface: outlines derived from IBM Plex Sans (SIL Open Font License, see font/LICENSE), printable
 * ASCII and a few signs of typography. Carrying the outlines makes text measure and look the same on every
 * machine, in an <img> too, where an SVG may load no font. Other characters are drawn as an empty box.
 */
export type Weight = "400" | "600";

/** Advance width in 1/1000 em, and the outline as SVG path data with y downwards from the baseline. */
type Glyph = readonly [advance: number, outline: string];

const faces = glyphs as unknown as Record<Weight, Record<string, Glyph>>;

export function glyph(character: string, weight: Weight): Glyph {
  const face = faces[weight];
  return Object.hasOwn(face, character) ? face[character]! : face.missing!;
}

/** Width in pixels of one line of text at a font size in pixels. */
export function textWidth(text: string, size: number, weight: Weight = "400"): number {
  let width = 0;
  for (const character of text) width += glyph(character, weight)[0];
  return (width * size) / 1000;
}

/** CSS font weights as Vega knows them ("bold", 700, "normal", undefined) to the nearest of the two faces. */
export function toWeight(weight: unknown): Weight {
  return weight === "bold" || Number(weight) >= 500 ? "600" : "400";
}
