import { printable } from "embedded-gateway";
import { glyph, textWidth, toWeight, type Weight } from "./font";

/**
 * Draws the text of an SVG as outlines, so that it needs no font where it is shown; size, weight and anchor are read where
 * Vega writes them, at the text itself. Every glyph is defined once and used by id; the ids name the glyph, so several charts
 * in one page agree on them.
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
      ...kept
    } = parse(attributes);
    const style = { size: Number.parseFloat(size), weight: toWeight(weight), anchor };
    const at = { x: Number.parseFloat(x), y: Number.parseFloat(y) };
    const drawn = toLines(content).map((line) =>
      outlineLine({ ...style, ...line, x: at.x, y: at.y + line.y }, used),
    );
    const rest = Object.entries(kept).map(([name, value]) => ` ${name}="${value}"`);
    return `<g${rest.join("")}>${drawn.join("")}</g>`;
  });
  const definitions = [...used].sort(([a], [b]) => (a < b ? -1 : 1));
  const paths = definitions.map(([id, outline]) => `<path id="${id}" d="${outline}"/>`);
  return outlined.replace(/<svg[^>]*>/, (tag) => `${tag}<defs>${paths.join("")}</defs>`);
}

// subtle: an empty text is written <text …/>, without an end tag.
const TEXT = /<text([^>]*?)(?:\/>|>(.*?)<\/text>)/gs;
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
  const text = unescapeXml(line.text);
  const width = textWidth(text, line.size, line.weight);
  const start = line.anchor === "end" ? -width : line.anchor === "middle" ? -width / 2 : 0;
  let advanced = 0;
  let uses = "";
  for (const character of text) {
    const [advance, outline] = glyph(character, line.weight);
    if (outline !== "") {
      const id = `g${line.weight}-${character.codePointAt(0)!.toString(16)}`;
      used.set(id, outline);
      uses += `<use href="#${id}" x="${advanced}"/>`;
    }
    advanced += advance;
  }
  const scale = line.size / 1000;
  return `<g transform="translate(${round(line.x + start)},${round(line.y)}) scale(${round(scale)})">${uses}</g>`;
}

function parse(attributes: string): Record<string, string> {
  return Object.fromEntries(
    [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
}

function unescapeXml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot);/g, (_, name: string) => ENTITIES[name]!);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

function round(value: number): string {
  return String(Math.round(value * 1e4) / 1e4);
}
