import { forDrawing } from "./foreign";
import { outlineText } from "./outline";

test("letters that no font here has are boxes with their numbers, each in its room; those that one has stay text", () => {
  const svg = outlineText('<svg><text font-size="10px">a\u{E000}\u{E001}b</text></svg>');
  expect(svg).toContain(">\u{E000}\u{E001}</text>");
  const drawn = forDrawing(svg);
  expect(drawn.svg).not.toContain("<text");
  expect(drawn.svg.match(/fill-rule="evenodd"/g)).toHaveLength(2);
  expect(drawn.fonts).toEqual([]);
  expect(forDrawing("<svg/>")).toEqual({ svg: "<svg/>", fonts: [] });
});
