import { textWidth } from "../text/font";

/** A part of a drawn chart, in CSS pixels of the whole. */
export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
  what: string;
  fill: string;
}

type Matrix = readonly [number, number, number, number, number, number];

const multiply = ([a, b, c, d, e, f]: Matrix, [g, h, i, j, k, l]: Matrix): Matrix => [
  a * g + c * h,
  b * g + d * h,
  a * i + c * j,
  b * i + d * j,
  a * k + c * l + e,
  b * k + d * l + f,
];

function matrixOf(transform: string): Matrix {
  let matrix: Matrix = [1, 0, 0, 1, 0, 0];
  for (const [, name, text = ""] of transform.matchAll(/(\w+)\(([^)]*)\)/g)) {
    const [x = 0, y = 0] = text.split(/[\s,]+/).map(Number);
    const [cos, sin] = [Math.cos((x * Math.PI) / 180), Math.sin((x * Math.PI) / 180)];
    if (name === "translate") matrix = multiply(matrix, [1, 0, 0, 1, x, y]);
    else if (name === "scale") matrix = multiply(matrix, [x, 0, 0, x, 0, 0]);
    else if (name === "rotate") matrix = multiply(matrix, [cos, sin, -sin, cos, 0, 0]);
    else throw new Error(`${name} is not read`);
  }
  return matrix;
}

const attribute = (attributes: string, name: string) =>
  new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1];

/** Every visible line of text, and every symbol, of an SVG by `chartToSvg`. */
export function boxesOf(svg: string): {
  texts: Box[];
  symbols: Box[];
  width: number;
  height: number;
} {
  const [, width = 0, height = 0] = (/viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []).map(Number);
  const texts: Box[] = [];
  const symbols: Box[] = [];
  const stack: { matrix: Matrix; fill: string; isHidden: boolean; isSymbols: boolean }[] = [
    { matrix: [1, 0, 0, 1, 0, 0], fill: "none", isHidden: false, isSymbols: false },
  ];
  let line: { text: string; end: number; weight: string } | undefined;
  const add = (
    to: Box[],
    corners: readonly (readonly [number, number])[],
    matrix: Matrix,
    rest: { what: string; fill: string },
  ) => {
    const placed = corners.map(([x, y]) => multiply(matrix, [1, 0, 0, 1, x, y]).slice(4));
    const xs = placed.map(([x = 0]) => x);
    const ys = placed.map(([, y = 0]) => y);
    to.push({
      left: Math.min(...xs),
      right: Math.max(...xs),
      top: Math.min(...ys),
      bottom: Math.max(...ys),
      ...rest,
    });
  };
  const body = svg
    .replace(/<defs>.*?<\/defs>/s, "")
    .replace(/<title>.*?<\/title>|<desc>.*?<\/desc>/gs, "");
  for (const [, end, name, attributes = "", empty, content = ""] of body.matchAll(
    /<(\/?)(g|path|use|text|a)\b([^>]*?)(\/?)>([^<]*)/g,
  )) {
    const top = stack.at(-1)!;
    if (name === "text" && !end && !top.isHidden) {
      const [x = 0, y = 0, w = 0, size = 0] = ["x", "y", "textLength", "font-size"].map((key) =>
        Number.parseFloat(attribute(attributes, key) ?? "0"),
      );
      add(
        texts,
        [
          [x, y - 0.75 * size],
          [x + w, y + 0.2 * size],
        ],
        top.matrix,
        { what: content, fill: top.fill },
      );
    }
    if (name === "use" && line) {
      const [, weight = "400", code = "20"] = /#g(\d+)-([0-9a-f]+)/.exec(attributes) ?? [];
      const character = String.fromCodePoint(Number.parseInt(code, 16));
      line.end =
        Number(attribute(attributes, "x")) +
        textWidth(character, 1000, weight === "600" ? "600" : "400");
      line.text += character;
    }
    if (name === "path" && top.isSymbols && !top.isHidden) {
      // Of a square, which is drawn from a corner by its sides, the corner alone.
      const d = (attribute(attributes, "d") ?? "").replace(/[hv].*/, "");
      const numbers = [...d.matchAll(/-?[\d.]+/g)].map(([number]) => Math.abs(Number(number)));
      const radius = Math.max(...numbers);
      const matrix = multiply(top.matrix, matrixOf(attribute(attributes, "transform") ?? ""));
      add(
        symbols,
        [
          [-radius, -radius],
          [radius, radius],
        ],
        matrix,
        { what: "symbol", fill: attribute(attributes, "fill") ?? "" },
      );
    }
    if (name !== "g" && name !== "a") continue;
    if (end) {
      if (line && line.text !== "" && !top.isHidden) {
        add(
          texts,
          [
            [0, -750],
            [line.end, 200],
          ],
          top.matrix,
          { what: line.text, fill: top.fill },
        );
      }
      line = undefined;
      stack.pop();
    } else if (!empty) {
      const transform = attribute(attributes, "transform") ?? "";
      stack.push({
        matrix: multiply(top.matrix, matrixOf(transform)),
        fill: attribute(attributes, "fill") ?? top.fill,
        isHidden: top.isHidden || attribute(attributes, "opacity") === "0",
        isSymbols:
          top.isSymbols ||
          / mark-symbol |^mark-symbol/.test(` ${attribute(attributes, "class") ?? ""} `),
      });
      line = transform.includes("scale(") ? { text: "", end: 0, weight: "" } : undefined;
    }
  }
  return { texts, symbols, width, height };
}

/** Pixels by which two boxes overlap in the direction in which they do least. */
export function overlap(a: Box, b: Box): number {
  return Math.min(
    Math.min(a.right, b.right) - Math.max(a.left, b.left),
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top),
  );
}
