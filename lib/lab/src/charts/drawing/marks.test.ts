import { areAlike, variantMarks } from "./marks";

test("the local agents and history are told apart by color, and are drawn solid", () => {
  const known = ["random", "history", "rule_based", "rule_based_history"];
  const marks = [...variantMarks(known).values()];
  for (const { shape, dash } of marks) expect([shape, dash]).toEqual(["circle", [1, 0]]);
});

test("of forty variants, no two have the same color to any eyes and the same shape; none changes its color with its company", () => {
  const variants = Array.from({ length: 40 }, (_, i) => `model-${i % 8}_prompt-${i}`);
  const marks = [...variantMarks(variants)];
  for (const [i, [variant, a]] of marks.entries()) {
    for (const [other, b] of marks.slice(i + 1)) {
      const isSame = areAlike(a.color, b.color) && a.shape === b.shape;
      expect([variant, other, isSame]).toEqual([variant, other, false]);
      expect(a.shape === b.shape).toBe(String(a.dash) === String(b.dash));
    }
    expect(variantMarks([variant]).get(variant)?.color).toBe(a.color);
  }
});

test("red and green of one lightness are alike to some eyes, black and white to none", () => {
  expect(areAlike("#b35900", "#808000")).toBe(true);
  expect(areAlike("#000000", "#ffffff")).toBe(false);
});
