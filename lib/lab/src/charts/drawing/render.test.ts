import * as vega from "vega";
import { chartToPng, chartToSvg } from "./render";
import { type ChartSpec, frameOf } from "./style";

const space = { width: 828, isNarrow: false };

const spec: ChartSpec = {
  ...frameOf(space, "Bars & <whiskers>", ["one line", "and another"], "Two bars: 1 and 2"),
  data: {
    values: [
      { name: "a<b", value: 1 },
      { name: "日本", value: 2 },
    ],
  },
  mark: "bar",
  encoding: {
    y: { field: "name", type: "nominal" },
    x: { field: "value", type: "quantitative" },
  },
};

test("a chart is drawn without fonts: every text is outlines", async () => {
  const svg = await chartToSvg(spec);
  expect(svg.replace(/<text[^>]*>日本<\/text>/, "")).not.toMatch(/<text|<tspan|font-family/);
  for (const [, id] of svg.matchAll(/<use href="#([^"]+)"/g))
    expect(svg).toContain(`<path id="${id}"`);
  // "a<b": the entity is one character, 0x3c, not four.
  expect(svg).toMatch(
    /<use href="#g400-61" x="0"\/><use href="#g400-3c" x="\d+"\/><use href="#g400-62"/,
  );
});

test("letters that the font lacks stay text in the room that they were given", async () => {
  const svg = await chartToSvg(spec);
  const [text] = /<text.*?<\/text>/.exec(svg) ?? [];
  expect(text).toContain('textLength="24" lengthAdjust="spacingAndGlyphs">日本</text>');
});

test("a chart says what it shows to those who cannot see it", async () => {
  const svg = await chartToSvg(spec);
  expect(svg).toContain('role="img"');
  expect(svg).toContain(
    "<desc>Bars &amp; &lt;whiskers&gt;. one line. and another. Two bars: 1 and 2.</desc>",
  );
});

test("the same chart is the same bytes, whatever was drawn before or beside it", async () => {
  const [first, second] = await Promise.all([chartToSvg(spec), chartToSvg(spec)]);
  expect(second).toBe(first);
  expect(await chartToSvg(spec)).toBe(first);
});

test("text is measured with the font that it is drawn with", async () => {
  await chartToSvg(spec);
  const { width } = (
    vega as unknown as { textMetrics: { width(item: object, text: string): number } }
  ).textMetrics;
  const w = width({ fontSize: 10 }, "W");
  const i = width({ fontSize: 10 }, "i");
  expect(w).toBeGreaterThan(3 * i);
  expect(width({ fontSize: 20 }, "Wi")).toBeCloseTo(2 * (w + i), 10);
  expect(width({ fontSize: 10, fontWeight: "bold" }, "i")).toBeGreaterThan(i);
});

test("a PNG has twice the SVG's size", async () => {
  const svg = await chartToSvg(spec);
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number);
  const png = Buffer.from(await chartToPng(spec));
  expect(png.readUInt32BE(16)).toBe(2 * width!);
  expect(png.readUInt32BE(20)).toBe(2 * height!);
});
