import fc from "fast-check";
import { textWidth } from "../text/font";
import { placeLabels, stackLabels } from "./place-labels";

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
  expect(free).toEqual({ x: 109, y: 200, line: null, isClear: true });
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

test("a label that another point is nearer to is tied to its own by a line, which avoids the other", () => {
  fc.assert(
    fc.property(fc.integer({ min: -60, max: 60 }), fc.integer({ min: -60, max: 60 }), (dx, dy) => {
      fc.pre(dx !== 0 || dy !== 0);
      const points = [at(400, 200), at(400 + dx, 200 + dy), at(800, 0)];
      for (const [index, { x, y, line }] of placeLabels(points, size).entries()) {
        const width = textWidth("label", 12);
        const far = points.map((point) =>
          Math.hypot(
            point.x - Math.min(x + width, Math.max(x, point.x)),
            point.y - Math.min(y + 7, Math.max(y - 7, point.y)),
          ),
        );
        if (line === null) expect(far[index]).toBe(Math.min(...far));
      }
    }),
  );
});

test("stacked labels keep to their places, do not overlap, and end within the height", () => {
  expect(stackLabels([{ y: 50, height: 10 }], 100)).toEqual([50]);
  const label = fc.record({ y: fc.integer({ min: 0, max: 320 }), height: fc.constantFrom(17, 34) });
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 9 }), (labels) => {
      const middles = stackLabels(labels, 320);
      const boxes = labels
        .map(({ y, height }, index) => ({ y, height, middle: middles[index]! }))
        .sort((a, b) => a.middle - b.middle);
      expect(boxes.at(-1)!.middle).toBeLessThanOrEqual(320);
      boxes.slice(1).forEach((box, index) => {
        const above = boxes[index]!;
        expect(above.y).toBeLessThanOrEqual(box.y);
        expect(box.middle - above.middle).toBeGreaterThanOrEqual(
          (box.height + above.height) / 2 - 1e-9,
        );
      });
    }),
  );
});
