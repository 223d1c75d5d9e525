// Makes glyphs.json, the outlines that charts draw their text with. To add a character: add it to CHARACTERS,
// and in a folder of its own: npm install opentype.js@1.3.5 @fontsource/ibm-plex-sans@5.3.0
// and there: node extract.mjs > glyphs.json
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { parse } = require("opentype.js");

const CHARACTERS = [
  ...Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i)),
  ..."±×·–—−…‘’“”",
];

const weights = [400, 600].map((weight) => {
  const file = `@fontsource/ibm-plex-sans/files/ibm-plex-sans-latin-${weight}-normal.woff`;
  const font = parse(new Uint8Array(readFileSync(require.resolve(file))).buffer);
  if (font.unitsPerEm !== 1000) throw new Error(`${file}: ${font.unitsPerEm} units per em`);
  const line = (name, glyph) => {
    const outline = glyph.getPath(0, 0, font.unitsPerEm).toPathData(0);
    return `    ${JSON.stringify(name)}: ${JSON.stringify([glyph.advanceWidth, outline])}`;
  };
  const glyphs = CHARACTERS.map((character) => {
    if (font.charToGlyphIndex(character) === 0) throw new Error(`${file} has no ${character}`);
    return line(character, font.charToGlyph(character));
  });
  glyphs.push(line("missing", font.glyphs.get(0)));
  return `  "${weight}": {\n${glyphs.join(",\n")}\n  }`;
});
console.log(`{\n${weights.join(",\n")}\n}`);
