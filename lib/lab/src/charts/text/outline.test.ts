import { textWidth } from "./font";
import { outlineText } from "./outline";

const uses = (svg: string) =>
  [...svg.matchAll(/<use href="#g\d00-([0-9a-f]+)"/g)].map(([, c]) => c);

test("an empty text does not swallow the next one", () => {
  const svg = outlineText(
    '<svg><text font-size="12px"/><text font-size="12px">a</text><text>b</text></svg>',
  );
  expect(uses(svg)).toEqual(["61", "62"]);
  expect(svg).not.toContain("<text");
});

test("anchors shift by the text's width, and further lines stand below", () => {
  const svg = outlineText(
    '<svg><text text-anchor="end" font-size="10px"><tspan>ab</tspan><tspan x="0" dy="14">c</tspan></text></svg>',
  );
  const round = (value: number) => Math.round(value * 1e4) / 1e4;
  expect(svg).toContain(`translate(${round(-textWidth("ab", 10))},0) scale(0.01)`);
  expect(svg).toContain(`translate(${round(-textWidth("c", 10))},14) scale(0.01)`);
});

test("what places and colors the text stays, what names a font goes", () => {
  const svg = outlineText(
    '<svg><text transform="translate(1,2)" fill="#123456" font-family="x" font-weight="600">i</text></svg>',
  );
  expect(svg).toContain('<g transform="translate(1,2)" fill="#123456">');
  expect(svg).toContain('href="#g600-69"');
  expect(svg).not.toContain("font-");
});

test("a glyph is defined once, however often it is used", () => {
  const svg = outlineText("<svg><text>aaa</text><text>a</text></svg>");
  expect(svg.match(/<path id="g400-61"/g)).toHaveLength(1);
  expect(uses(svg)).toHaveLength(4);
});

test("a text by x and y is where one by a transform is", () => {
  const by = (place: string) => outlineText(`<svg><text ${place} font-size="12">a</text></svg>`);
  expect(by('x="30" y="40"')).toContain('<g><g transform="translate(30,40) scale(0.012)">');
  expect(by('x="30" y="40" text-anchor="end"')).toContain(
    `translate(${Math.round((30 - textWidth("a", 12)) * 1e4) / 1e4},40)`,
  );
});
