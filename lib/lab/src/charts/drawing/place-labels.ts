import { textWidth } from "./font";

/** A point with a label to place near it; all in pixels, y downwards. */
export interface Labeled {
  x: number;
  y: number;
  /** The ends of the bars through it, along x and along y. */
  xBar: readonly [number, number];
  yBar: readonly [number, number];
  text: string;
}

/** Where a label starts (its left end, vertical middle), in pixels. */
export interface Place {
  x: number;
  y: number;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const OFFSET = 9;
const BAR = 3;
/** How close a label may come to another point before it seems to belong to that one. */
const DISTANCE = 13;

/**
 * Places each label beside, above or below its point, first come first served: the position that covers least of the
 * points, their bars and the labels placed before, and stays within the plot.
 */
export function placeLabels(
  points: readonly Labeled[],
  size: { width: number; height: number; fontSize: number },
): Place[] {
  const labels: Box[] = [];
  const bars = points.flatMap(({ x, y, xBar, yBar }) => [
    { left: xBar[0], right: xBar[1], top: y - BAR, bottom: y + BAR },
    { left: x - BAR, right: x + BAR, top: yBar[0], bottom: yBar[1] },
  ]);
  return points.map((point) => {
    const others = points
      .filter((other) => other !== point)
      .map(({ x, y }) => box(x - DISTANCE, y, 2 * DISTANCE, 2 * DISTANCE));
    const obstacles = [...labels, ...bars, ...others];
    const width = textWidth(point.text, size.fontSize);
    const candidates = positions(point, width, size.fontSize).map((place) => {
      const area = box(place.x, place.y, width, size.fontSize + 2);
      const covered = obstacles.reduce((total, other) => total + overlap(area, other), 0);
      return { place, area, cost: covered + 10 * outside(area, size) };
    });
    const best = candidates.reduce((a, b) => (b.cost < a.cost ? b : a));
    labels.push(best.area);
    return best.place;
  });
}

function positions({ x, y }: Labeled, width: number, fontSize: number): Place[] {
  const line = fontSize + 3;
  const right = x + OFFSET;
  const left = x - OFFSET - width;
  const centered = x - width / 2;
  return [
    { x: right, y },
    { x: left, y },
    { x: centered, y: y - line },
    { x: centered, y: y + line },
    { x: right, y: y - line },
    { x: right, y: y + line },
    { x: left, y: y - line },
    { x: left, y: y + line },
    { x: x + 2, y: y - 2 * line },
    { x: x + 2, y: y + 2 * line },
    { x: x - 2 - width, y: y - 2 * line },
    { x: x - 2 - width, y: y + 2 * line },
  ];
}

function box(left: number, middle: number, width: number, height: number): Box {
  return { left, right: left + width, top: middle - height / 2, bottom: middle + height / 2 };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

function outside(area: Box, { width, height }: { width: number; height: number }): number {
  const whole = (area.right - area.left) * (area.bottom - area.top);
  return whole - overlap(area, { left: 0, right: width, top: 0, bottom: height });
}
