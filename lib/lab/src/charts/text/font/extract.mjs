// Makes glyphs.json, the outlines that charts draw their text with. To add a character: add it to CHARACTERS,
// and in a folder of its own: npm install opentype.js@1.3.5 @fontsource/ibm-plex-sans@5.3.0
// and there: node extract.mjs > glyphs.json
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { parse } = require("opentype.js");

const range = (first, last) =>
  Array.from({ length: last - first + 1 }, (_, i) => String.fromCharCode(first + i));

/** All must be there. */
const CHARACTERS = [...range(0x20, 0x7e), ..."±×·–—−…‘’“”"];
/** Those of them that the font has: Latin, Greek and Cyrillic of the languages of Europe, and signs. */
const MORE = [
  ...range(0xa0, 0x17f),
  ...range(0x386, 0x3ce),
  ...range(0x400, 0x45f),
  ..."ҐґȘșȚț•‚„‹›€№™←↑→↓≈≠≤≥∞√",
];
const SUBSETS = ["latin", "latin-ext", "greek", "cyrillic", "cyrillic-ext"];

const weights = [400, 600].map((weight) => {
  const fonts = SUBSETS.map((subset) => {
    const file = `@fontsource/ibm-plex-sans/files/ibm-plex-sans-${subset}-${weight}-normal.woff`;
    const font = parse(new Uint8Array(readFileSync(require.resolve(file))).buffer);
    if (font.unitsPerEm !== 1000) throw new Error(`${file}: ${font.unitsPerEm} units per em`);
    return font;
  });
  const line = (name, glyph) => {
    const outline = glyph.getPath(0, 0, fonts[0].unitsPerEm).toPathData(0);
    return `    ${JSON.stringify(name)}: ${JSON.stringify([glyph.advanceWidth, outline])}`;
  };
  const glyphs = [...new Set([...CHARACTERS, ...MORE])].flatMap((character) => {
    const font = fonts.find((each) => each.charToGlyphIndex(character) !== 0);
    if (font !== undefined) return [line(character, font.charToGlyph(character))];
    if (CHARACTERS.includes(character)) throw new Error(`no ${character} in weight ${weight}`);
    return [];
  });
  return `  "${weight}": {\n${glyphs.join(",\n")}\n  }`;
});
console.log(`{\n${weights.join(",\n")}\n}`);
