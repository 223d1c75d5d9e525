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
  /** Where a line from its point ends, which tells whose it is; null: it stands close by its point, and no other is nearer. */
  line: { x: number; y: number } | null;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const OFFSET = 9;
const BAR = 3;
/** How close a label, or the line to it, may come to another point before it seems to belong to that one. */
const DISTANCE = 13;
/** Costs as areas of text covered: a line to the label, and one through another point. */
const LINE = 40;
const THROUGH_POINT = 600;

/**
 * Places each label beside, above or below its point, first come first served: the position that covers least of the
 * points, their bars and the labels placed before, and stays within the plot. A label that is not the nearest to its point
 * is tied to it by a line.
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
    const others = points.filter(({ x, y }) => x !== point.x || y !== point.y);
    const near = others.map(({ x, y }) => box(x - DISTANCE, y, 2 * DISTANCE, 2 * DISTANCE));
    const obstacles = [...labels, ...bars, ...near];
    const width = textWidth(point.text, size.fontSize);
    const candidates = positions(point, width, size.fontSize).map((place) => {
      const area = box(place.x, place.y, width, size.fontSize + 2);
      const covered = obstacles.reduce((total, other) => total + overlap(area, other), 0);
      const line = lineTo(area, point, others);
      const cost = covered + 10 * outside(area, size) + lineCost(line, point, others, labels);
      return { place: { ...place, line }, area, cost };
    });
    const best = candidates.reduce((a, b) => (b.cost < a.cost ? b : a));
    labels.push(best.area);
    return best.place;
  });
}

type Spot = Pick<Labeled, "x" | "y">;

/** From a point to its label: none where the label is near, and nearer to no other point. */
function lineTo(area: Box, point: Spot, others: readonly Spot[]): Place["line"] {
  const end = nearest(area, point);
  const own = distance(end, point);
  const other = Math.min(...others.map((spot) => distance(nearest(area, spot), spot)));
  return own <= 1.5 * OFFSET && own <= other ? null : end;
}

function lineCost(
  line: Place["line"],
  point: Spot,
  others: readonly Spot[],
  labels: readonly Box[],
): number {
  if (line === null) return 0;
  const along = Array.from({ length: 9 }, (_, i) => ({
    x: point.x + ((line.x - point.x) * i) / 8,
    y: point.y + ((line.y - point.y) * i) / 8,
  }));
  const isTouched = (spot: Spot) => along.some((part) => distance(part, spot) < DISTANCE / 2);
  const isCrossed = (label: Box) =>
    along.some((part) => distance(nearest(label, part), part) === 0);
  const touched = others.filter(isTouched).length + labels.filter(isCrossed).length;
  return LINE + distance(line, point) + THROUGH_POINT * touched;
}

/** The spot of a box that is nearest to another. */
function nearest({ left, right, top, bottom }: Box, { x, y }: Spot): Spot {
  return { x: Math.min(right, Math.max(left, x)), y: Math.min(bottom, Math.max(top, y)) };
}

function distance(a: Spot, b: Spot): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/**
 * The middles of labels in a column, in pixels from the top: each as near to its own place `y` as the others let it, none
 * over another, the lowest not below `height`. Labels of the same place keep their order.
 */
export function stackLabels(
  labels: readonly { y: number; height: number }[],
  height: number,
): number[] {
  const placed = labels
    .map((label, index) => ({ ...label, index }))
    .sort((a, b) => a.y - b.y || a.index - b.index);
  let room = Number.NEGATIVE_INFINITY;
  for (const label of placed) {
    label.y = Math.max(label.y, room + label.height / 2);
    room = label.y + label.height / 2;
  }
  // What was pushed below the end pushes the ones above it back up.
  room = Number.POSITIVE_INFINITY;
  for (const label of placed.reverse()) {
    label.y = Math.min(label.y, height, room - label.height / 2);
    room = label.y - label.height / 2;
  }
  return placed.sort((a, b) => a.index - b.index).map(({ y }) => y);
}

/** Beside, above and below, close by first; further ones are tied to the point by a line. */
function positions({ x, y }: Labeled, width: number, fontSize: number): Spot[] {
  const line = fontSize + 3;
  const right = x + OFFSET;
  const left = x - OFFSET - width;
  const centered = x - width / 2;
  const rows = [0, -1, 1, -2, 2, -3, 3].map((row) => y + row * line);
  const far = 3 * OFFSET;
  return [
    { x: right, y },
    { x: left, y },
    { x: centered, y: y - line },
    { x: centered, y: y + line },
    ...rows.flatMap((row) => [
      { x: right, y: row },
      { x: left, y: row },
      { x: right + far, y: row },
      { x: left - far, y: row },
    ]),
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
