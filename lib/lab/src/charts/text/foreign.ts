import { glyph, textWidth } from "./font";
import { round, unescapeXml } from "./outline";
import { findFonts } from "./system-fonts";

const FOREIGN =
  /<text x="([^"]*)" y="([^"]*)"[^>]*font-size="([^"]*)px"[^>]*textLength[^>]*>(.*?)<\/text>/gs;

/**
 * An SVG of `outlineText` for a drawer that knows no font of this machine: with the fonts for its foreign letters. A text with
 * a letter that no font here has becomes boxes, one a character with its number in Unicode, as browsers draw it.
 */
export function forDrawing(svg: string): { svg: string; fonts: Uint8Array[] } {
  const used = [...svg.matchAll(FOREIGN)].flatMap(([, , , , text = ""]) => codePoints(text));
  if (used.length === 0) return { svg, fonts: [] };
  const { fonts, missing } = findFonts(used.filter((codePoint) => !isJoiner(codePoint)));
  const drawable = svg.replace(
    FOREIGN,
    (whole, x: string, y: string, size: string, text: string) =>
      codePoints(text).some((codePoint) => missing.has(codePoint))
        ? `<g transform="translate(${x},${y}) scale(${round(Number(size) / 1000)})">${boxes(unescapeXml(text))}</g>`
        : whole,
  );
  return { svg: drawable, fonts };
}

const codePoints = (escaped: string) =>
  [...unescapeXml(escaped)].map((character) => character.codePointAt(0)!);

/** Marks that shape their neighbors and that many fonts do not list. */
function isJoiner(codePoint: number): boolean {
  return codePoint === 0x200d || (codePoint >= 0xfe00 && codePoint <= 0xfe0f);
}

function boxes(text: string): string {
  let x = 0;
  return [...new Intl.Segmenter("en").segment(text)]
    .map(({ segment }) => {
      const width = textWidth(segment, 1000);
      const box = segment === " " ? "" : numberedBox(segment.codePointAt(0)!, width);
      const placed = `<g transform="translate(${x},0)">${box}</g>`;
      x += width;
      return placed;
    })
    .join("");
}

/** The number in hexadecimal, in two rows. */
function numberedBox(codePoint: number, width: number): string {
  const digits = codePoint.toString(16).toUpperCase().padStart(4, "0");
  const half = Math.ceil(digits.length / 2);
  const rows = [digits.slice(0, half), digits.slice(half)];
  const scale = Math.min(0.45, (width - 140) / textWidth("0".repeat(half), 1000));
  const drawn = rows.map((row, i) => {
    const places = [...row].map(
      (digit, j) =>
        `<path transform="translate(${j * (glyph("0", "600")?.[0] ?? 0)},0)" d="${glyph(digit, "600")?.[1]}"/>`,
    );
    return `<g transform="translate(70,${i === 0 ? -370 : 40}) scale(${round(scale)})">${places.join("")}</g>`;
  });
  const [right, inner] = [width - 40, width - 80];
  return `<path fill-rule="evenodd" d="M40,-740H${right}V110H40ZM80,-700H${inner}V70H80Z"/>${drawn.join("")}`;
}
