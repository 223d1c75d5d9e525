import { printable } from "embedded-gateway";
import { glyph, pieces, textWidth, toWeight, type Weight } from "./font";

/**
 * Draws the text of an SVG as outlines, so that it needs no font where it is shown; size, weight and anchor are read where
 * Vega writes them, at the text itself. Every glyph is defined once and used by id; the ids name the glyph, so several charts
 * in one page agree on them. A text's label for screen readers becomes its tooltip. Letters that the charts' typeface lacks stay text, held to the width that they were given.
 */
export function outlineText(svg: string): string {
  const used = new Map<string, string>();
  const outlined = printable(svg).replace(TEXT, (_, attributes: string, content = "") => {
    const {
      "font-family": _family,
      "font-size": size = "11px",
      "font-weight": weight,
      "text-anchor": anchor = "start",
      x = "0",
      y = "0",
      "aria-label": title,
      "aria-roledescription": _kind,
      role: _role,
      ...kept
    } = parse(attributes);
    const style = { size: Number.parseFloat(size), weight: toWeight(weight), anchor };
    const at = { x: Number.parseFloat(x), y: Number.parseFloat(y) };
    const drawn = toLines(content).map((line) =>
      outlineLine({ ...style, ...line, x: at.x, y: at.y + line.y }, used),
    );
    const rest = Object.entries(kept).map(([name, value]) => ` ${name}="${value}"`);
    const tooltip = title === undefined ? "" : `<title>${title}</title>`;
    return `<g${rest.join("")}>${tooltip}${drawn.join("")}</g>`;
  });
  if (used.size === 0) return outlined;
  const definitions = [...used].sort(([a], [b]) => (a < b ? -1 : 1));
  const paths = definitions.map(([id, outline]) => `<path id="${id}" d="${outline}"/>`);
  return outlined.replace(/<svg[^>]*>/, (tag) => `${tag}<defs>${paths.join("")}</defs>`);
}

// subtle: an empty text is written <text …/>, without an end tag; one with a textLength has been here before.
const TEXT = /<text((?:(?!textLength)[^>])*?)(?:\/>|>(.*?)<\/text>)/gs;
const TSPAN = /<tspan([^>]*?)(?:\/>|>(.*?)<\/tspan>)/gs;

/** The lines of a text element: Vega writes several as tspans, each `dy` below the one before. */
function toLines(content: string): { text: string; y: number }[] {
  if (!content.includes("<tspan")) return [{ text: content, y: 0 }];
  return [...content.matchAll(TSPAN)].map(([, attributes, text = ""], index) => ({
    text,
    y: index * Number(parse(attributes!).dy ?? 0),
  }));
}

interface Line {
  text: string;
  x: number;
  y: number;
  size: number;
  weight: Weight;
  anchor: string;
}

function outlineLine(line: Line, used: Map<string, string>): string {
  const { size, weight } = line;
  const text = unescapeXml(line.text);
  const width = textWidth(text, size, weight);
  const start = line.anchor === "end" ? -width : line.anchor === "middle" ? -width / 2 : 0;
  let x = line.x + start;
  return pieces(text)
    .map((piece) => {
      const at = x;
      x += textWidth(piece.text, size, weight);
      return piece.isForeign
        ? foreignText(piece.text, { ...line, x: at })
        : `<g transform="translate(${round(at)},${round(line.y)}) scale(${round(size / 1000)})">${useGlyphs(piece.text, weight, used)}</g>`;
    })
    .join("");
}

function useGlyphs(text: string, weight: Weight, used: Map<string, string>): string {
  let advanced = 0;
  let uses = "";
  for (const character of text) {
    const [advance, outline] = glyph(character, weight)!;
    if (outline !== "") {
      const id = `g${weight}-${character.codePointAt(0)!.toString(16)}`;
      used.set(id, outline);
      uses += `<use href="#${id}" x="${advanced}"/>`;
    }
    advanced += advance;
  }
  return uses;
}

function foreignText(text: string, { x, y, size, weight }: Line): string {
  const length = round(textWidth(text, size, weight));
  return `<text x="${round(x)}" y="${round(y)}" font-family="sans-serif" font-size="${size}px" font-weight="${weight}" textLength="${length}" lengthAdjust="spacingAndGlyphs">${escapeXml(text)}</text>`;
}

function parse(attributes: string): Record<string, string> {
  return Object.fromEntries(
    [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
}

/** The text with the characters that XML gives a meaning to as entities. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

export function unescapeXml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot);/g, (_, name: string) => ENTITIES[name]!);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

export function round(value: number): string {
  return String(Math.round(value * 1e4) / 1e4);
}
