import fc from "fast-check";
import { textWidth } from "./font";
import { placeLabels } from "./place-labels";

const size = { width: 800, height: 400, fontSize: 12 };
const at = (x: number, y: number, text = "label") => ({
  x,
  y,
  xBar: [x, x] as const,
  yBar: [y, y] as const,
  text,
});

test("a label with room stands at the right of its point; at the right edge, at the left", () => {
  const [free, edge] = placeLabels([at(100, 200), at(795, 200)], size);
  expect(free).toEqual({ x: 109, y: 200 });
  expect(edge!.x + textWidth("label", 12)).toBeCloseTo(795 - 9, 9);
});

test("a label gives way to a bar through its point", () => {
  const [place] = placeLabels([{ ...at(100, 200), xBar: [50, 150] }], size);
  expect(place!.y).not.toBe(200);
});

test("two points near each other keep their labels apart", () => {
  fc.assert(
    fc.property(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -30, max: 30 }), (dx, dy) => {
      const [a, b] = placeLabels([at(400, 200), at(400 + dx, 200 + dy)], size);
      const apart =
        Math.abs(a!.y - b!.y) >= 12 || Math.abs(a!.x - b!.x) >= textWidth("label", 12) - 1;
      expect(apart).toBe(true);
    }),
  );
});
