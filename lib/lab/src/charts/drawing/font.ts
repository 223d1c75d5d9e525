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

/** A text that fits into so many pixels: the middle of a longer one gives way, since ends tell names apart. */
export function fitText(text: string, room: number, size: number, weight: Weight = "400"): string {
  if (textWidth(text, size, weight) <= room) return text;
  const characters = [...text];
  for (let kept = characters.length - 1; kept > 1; kept--) {
    const tail = Math.floor(kept / 2);
    const fitted = `${characters.slice(0, kept - tail).join("")}…${characters.slice(-tail).join("")}`;
    if (textWidth(fitted, size, weight) <= room) return fitted;
  }
  return "…";
}

/** A text in lines of at most so many pixels, broken between words; a word that is longer has a line of its own. */
export function wrapText(text: string, room: number, size: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && textWidth(longer, size) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
