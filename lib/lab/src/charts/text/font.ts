import glyphs from "./font/glyphs.json";

/**
 * The charts' typeface: outlines derived from IBM Plex Sans (SIL Open Font License, see font/LICENSE), the Latin, Greek and
 * Cyrillic letters of the languages of Europe and a few signs. Carrying the outlines makes text measure and look the same on
 * every machine, in an <img> too, where an SVG may load no font. Other characters are drawn by the reader's fonts, in a room
 * of a width that depends on the character alone.
 */
export type Weight = "400" | "600";

/** Advance width in 1/1000 em, and the outline as SVG path data with y downwards from the baseline. */
export type Glyph = readonly [advance: number, outline: string];

const face = (weight: Weight) =>
  new Map(Object.entries(glyphs[weight] as unknown as Record<string, Glyph>));
const faces: Record<Weight, ReadonlyMap<string, Glyph>> = { 400: face("400"), 600: face("600") };

/** Undefined: not in the charts' typeface. */
export function glyph(character: string, weight: Weight): Glyph | undefined {
  return faces[weight].get(character);
}

/** Part of a text: in the charts' own typeface, or foreign to it. */
export interface Piece {
  text: string;
  isForeign: boolean;
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Latin letters and punctuation, of which each is a character of its own; the segmenter takes long to say so. */
const PLAIN = /^[ -~\u00a1-\u024f\u2010-\u2027\u2212]*$/;
export const characters = (text: string) =>
  PLAIN.test(text) ? [...text] : [...segmenter.segment(text)].map(({ segment }) => segment);

/** Left to right. A space between two foreign pieces is part of one, so that words from right to left keep their order. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  for (const character of characters(text.normalize())) {
    const isForeign = glyph(character, "400") === undefined;
    const [before, space] = found.slice(-2);
    const last = found.at(-1);
    if (last?.isForeign === isForeign) last.text += character;
    else if (isForeign && space?.text === " " && before?.isForeign) {
      found.pop();
      before.text += ` ${character}`;
    } else found.push({ text: character, isForeign });
  }
  return found;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3ffff}]|\p{Emoji_Presentation}|\ufe0f/u;

/** The room of a character, which may be several code points, in 1/1000 em. */
function advance(character: string, weight: Weight): number {
  const own = glyph(character, weight);
  if (own !== undefined) return own[0];
  return WIDE.test(character) ? 1000 : 600;
}

/** Width in pixels of one line of text at a font size in pixels. */
export function textWidth(text: string, size: number, weight: Weight = "400"): number {
  let width = 0;
  for (const character of characters(text.normalize())) width += advance(character, weight);
  return (width * size) / 1000;
}

/** CSS font weights as Vega knows them ("bold", 700, "normal", undefined) to the nearest of the two faces. */
export function toWeight(weight: unknown): Weight {
  return weight === "bold" || Number(weight) >= 500 ? "600" : "400";
}

/** A text that fits into so many pixels: the middle of a longer one gives way, since ends tell names apart. */
export function fitText(text: string, room: number, size: number, weight: Weight = "400"): string {
  if (textWidth(text, size, weight) <= room) return text;
  const all = characters(text);
  for (let kept = all.length - 1; kept > 1; kept--) {
    const tail = Math.floor(kept / 2);
    const fitted = `${all.slice(0, kept - tail).join("")}…${all.slice(-tail).join("")}`;
    if (textWidth(fitted, size, weight) <= room) return fitted;
  }
  return "…";
}

/** A text in lines of at most so many pixels, broken between words; a word that is longer loses its middle. */
export function wrapText(text: string, room: number, size: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").map((whole) => fitText(whole, room, size))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && textWidth(longer, size) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
