import { textWidth, type Weight } from "../text/font";

/** A point with a label to place near it; all in pixels, y downwards. */
export interface Labeled {
  x: number;
  y: number;
  /** The ends of the bars through it, along x and along y. */
  xBar: readonly [number, number];
  yBar: readonly [number, number];
  text: string;
  weight?: Weight;
}

/** Where a label starts (its left end, vertical middle), in pixels. */
export interface Place {
  x: number;
  y: number;
  /** Where a line from its point ends, which tells whose it is; null: it stands close by its point, and no other is nearer. */
  line: { x: number; y: number } | null;
  /** It covers no point, no bar and no label before it, and lies in the plot; so does its line. */
  isClear: boolean;
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
/** How much worse it is to cover a label or a point than a bar. */
const WORSE = 40;
const THROUGH_POINT = 600;

/**
 * Places each label beside, above or below its point, first come first served: the position that covers least of the
 * points, their bars and the other labels, and stays within the plot. A label that is not the nearest to its point
 * is tied to it by a line.
 */
export function placeLabels(
  points: readonly Labeled[],
  size: { width: number; height: number; fontSize: number },
): Place[] {
  const bars = points.flatMap(({ x, y, xBar, yBar }) => [
    { left: xBar[0], right: xBar[1], top: y - BAR, bottom: y + BAR },
    { left: x - BAR, right: x + BAR, top: yBar[0], bottom: yBar[1] },
  ]);
  const candidates = points.map((point) => {
    const others = points.filter(({ x, y }) => x !== point.x || y !== point.y);
    const near = others.map(({ x, y }) => box(x - DISTANCE, y, 2 * DISTANCE, 2 * DISTANCE));
    const width = textWidth(point.text, size.fontSize, point.weight);
    return positions(point, width, size.fontSize).map((spot): Candidate => {
      const area = box(spot.x, spot.y, width, size.fontSize + 2);
      const line = lineTo(area, point, others);
      const length = line === null ? 0 : LINE + distance(line, point);
      const weigh = once(() => {
        const covered = WORSE * (cover(area, near) + outside(area, size)) + cover(area, bars);
        const path = line === null ? [] : along(point, line);
        const isTouched = (other: Spot) =>
          path.some((part) => distance(part, other) < DISTANCE / 2);
        const touched = others.filter(isTouched).length;
        return {
          ...{ path, cost: covered + length + THROUGH_POINT * touched },
          isClear: covered + touched < 1e-6,
        };
      });
      return { spot, area, line, length, weigh };
    });
  });
  const labels: Box[] = [];
  let placed: Chosen[] = [];
  const isClear = () => placed.every((each) => each.isClear);
  // The first that were placed knew nothing of the last: they may move again.
  for (let round = 0; round < ROUNDS && (round === 0 || !isClear()); round++) {
    placed = candidates.map((all, i) => {
      const others = labels.filter((_, other) => other !== i);
      const best = cheapest(all, others);
      labels[i] = best.area;
      return best;
    });
  }
  return placed.map(({ spot, line, isClear }) => ({ ...spot, line, isClear }));
}

const ROUNDS = 5;

/** A place for a label. */
interface Candidate {
  spot: Spot;
  area: Box;
  line: Place["line"];
  /** What its line costs. */
  length: number;
  /** What it costs whatever labels stand beside it, which takes longer to say; and spots along the line. */
  weigh: () => { cost: number; isClear: boolean; path: readonly Spot[] };
}

type Chosen = Candidate & { isClear: boolean };

/** The one that costs least beside other labels, the first of equals. Those whose part alone costs more are not looked into. */
function cheapest(candidates: readonly Candidate[], labels: readonly Box[]): Chosen {
  let best: Chosen | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate.length >= least) continue;
    const { cost, isClear, path } = candidate.weigh();
    if (cost >= least) continue;
    const isCrossed = (label: Box) => path.some((part) => isWithin(label, part));
    const beside =
      WORSE * cover(candidate.area, labels) + THROUGH_POINT * labels.filter(isCrossed).length;
    if (cost + beside >= least) continue;
    least = cost + beside;
    best = { ...candidate, isClear: isClear && beside < 1e-6 };
  }
  return best!;
}

type Spot = Pick<Labeled, "x" | "y">;

/** From a point to its label: none where the label is near, and nearer to no other point. */
function lineTo(area: Box, point: Spot, others: readonly Spot[]): Place["line"] {
  const end = nearest(area, point);
  const own = distance(end, point);
  const isNearer = (spot: Spot) => distance(nearest(area, spot), spot) < own;
  return own <= 1.5 * OFFSET && !others.some(isNearer) ? null : end;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function along(from: Spot, to: Spot): Spot[] {
  return Array.from({ length: 9 }, (_, i) => ({
    x: from.x + ((to.x - from.x) * i) / 8,
    y: from.y + ((to.y - from.y) * i) / 8,
  }));
}

function cover(area: Box, boxes: readonly Box[]): number {
  return boxes.reduce((total, other) => total + overlap(area, other), 0);
}

/** The spot of a box that is nearest to another. */
function nearest({ left, right, top, bottom }: Box, { x, y }: Spot): Spot {
  return { x: Math.min(right, Math.max(left, x)), y: Math.min(bottom, Math.max(top, y)) };
}

function isWithin({ left, right, top, bottom }: Box, { x, y }: Spot): boolean {
  return left <= x && x <= right && top <= y && y <= bottom;
}

/** subtle: `Math.hypot` takes ten times as long, and millions of these are asked for. */
function distance(a: Spot, b: Spot): number {
  return Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2);
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
  const rows = [0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5].map((row) => y + row * line);
  const beside = [0, 2, 5, 9].map((times) => times * OFFSET);
  return [
    { x: right, y },
    { x: left, y },
    { x: centered, y: y - line },
    { x: centered, y: y + line },
    ...rows.flatMap((row) =>
      beside.flatMap((far) => [
        { x: right + far, y: row },
        { x: left - far, y: row },
      ]),
    ),
    ...[2, 3, 4, 5, 7, 10, 14].flatMap((times) =>
      Array.from({ length: 24 }, (_, i) => (i * Math.PI) / 12).map((angle) => ({
        x: centered + times * OFFSET * Math.cos(angle),
        y: y + times * OFFSET * Math.sin(angle),
      })),
    ),
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
