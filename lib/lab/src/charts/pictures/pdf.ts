import { deflateSync } from "node:zlib";

/**
 * A picture as a PDF of one page, at 72 units an inch, of its size in CSS pixels at 96 an inch. All is vectors, and the bytes are
 * the same each time. Source of the format: ISO 32000-1:2008.
 *
 * @param svg as resvg writes it: of groups and paths, in absolute M, L, C, Q and Z, without text
 */
export function pdfOf(svg: string, size: { width: number; height: number }): Uint8Array {
  const [width, height] = [0.75 * size.width, 0.75 * size.height];
  const opacities = new Map<string, string>();
  const content = `0.75 0 0 -0.75 0 ${height} cm\n${draw(svg, opacities)}`;
  const states = [...opacities].map(([state, name]) => `/${name} << ${state} >>`);
  const packed = deflateSync(Buffer.from(content));
  return file([
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width} ${height}] /Contents 4 0 R /Resources << /ExtGState << ${states.join(" ")} >> >> >>`,
    Buffer.concat([
      Buffer.from(`<< /Filter /FlateDecode /Length ${packed.length} >>\nstream\n`),
      packed,
      Buffer.from("\nendstream"),
    ]),
  ]);
}

type Attributes = Readonly<Record<string, string>>;

const TAG = /<(\/?)(g|path|defs)\b([^>]*?)(\/?)>/g;

function draw(svg: string, opacities: Map<string, string>): string {
  const lines: string[] = [];
  // subtle: a group's opacity counts for each of its parts, which here do not overlap.
  const stack = [1];
  let definitions = 0;
  for (const [, end, name, text = "", empty] of svg.matchAll(TAG)) {
    const attributes: Attributes = Object.fromEntries(
      [...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    );
    if (name === "defs") definitions += end ? -1 : empty ? 0 : 1;
    else if (definitions > 0) continue;
    else if (name === "path") lines.push(drawPath(attributes, stack.at(-1) ?? 1, opacities));
    else if (end) {
      stack.pop();
      lines.push("Q");
    } else {
      stack.push((stack.at(-1) ?? 1) * Number(attributes.opacity ?? 1));
      lines.push("q", ...transform(attributes));
    }
  }
  return lines.join("\n");
}

function drawPath(path: Attributes, opacity: number, opacities: Map<string, string>): string {
  const { fill = "#000000", stroke = "none" } = path;
  const paint = `${fill === "none" ? "" : path["fill-rule"] === "evenodd" ? "f*" : "f"}`;
  const operator =
    stroke === "none" ? paint || "n" : paint === "" ? "S" : paint === "f" ? "B" : "B*";
  const share = (name: string) => round(opacity * Number(path[name] ?? 1));
  const state = `/ca ${share("fill-opacity")} /CA ${share("stroke-opacity")}`;
  if (!opacities.has(state)) opacities.set(state, `o${opacities.size}`);
  return [
    "q",
    `/${opacities.get(state)} gs`,
    ...transform(path),
    ...(fill === "none" ? [] : [`${color(fill)} rg`]),
    ...(stroke === "none" ? [] : strokeStyle(path, stroke)),
    operators(path.d ?? ""),
    operator,
    "Q",
  ].join("\n");
}

function strokeStyle(path: Attributes, stroke: string): string[] {
  const cap = ["butt", "round", "square"].indexOf(path["stroke-linecap"] ?? "butt");
  const join = ["miter", "round", "bevel"].indexOf(path["stroke-linejoin"] ?? "miter");
  return [
    `${color(stroke)} RG`,
    `${path["stroke-width"] ?? 1} w ${Math.max(0, cap)} J ${Math.max(0, join)} j`,
    `[${path["stroke-dasharray"] ?? ""}] 0 d`,
  ];
}

function transform({ transform: text }: Attributes): string[] {
  const [, matrix] = /^matrix\(([^)]*)\)$/.exec(text ?? "") ?? [];
  return matrix === undefined ? [] : [`${matrix} cm`];
}

const OPERATORS: Readonly<Record<string, string>> = { M: "m", L: "l", C: "c", Z: "h" };

function operators(d: string): string {
  let [x, y] = [0, 0];
  const drawn = [...d.matchAll(/([MLCQZ])([^MLCQZ]*)/g)].map(([, command = "", text = ""]) => {
    let numbers =
      text.trim() === ""
        ? []
        : text
            .trim()
            .split(/[\s,]+/)
            .map(Number);
    let operator = OPERATORS[command];
    if (command === "Q") {
      // A quadratic curve as a cubic one.
      const [cx = 0, cy = 0, toX = 0, toY = 0] = numbers;
      const third = (from: number, control: number) => from + (2 / 3) * (control - from);
      numbers = [third(x, cx), third(y, cy), third(toX, cx), third(toY, cy), toX, toY];
      operator = "c";
    }
    [x, y] = [numbers.at(-2) ?? x, numbers.at(-1) ?? y];
    return [...numbers.map(round), operator].join(" ");
  });
  return drawn.join("\n");
}

function color(hex: string): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  return channels.map(round).join(" ");
}

const round = (value: number) => String(Math.round(value * 1e4) / 1e4);

/** The objects, numbered from 1, with the table of where each begins. */
function file(objects: readonly (string | Buffer)[]): Uint8Array {
  const parts: Buffer[] = [Buffer.from("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "latin1")];
  const starts: number[] = [];
  let length = parts[0]!.length;
  const add = (part: Buffer) => {
    parts.push(part);
    length += part.length;
  };
  objects.forEach((object, i) => {
    starts.push(length);
    add(
      Buffer.concat([
        Buffer.from(`${i + 1} 0 obj\n`),
        Buffer.from(object),
        Buffer.from("\nendobj\n"),
      ]),
    );
  });
  const table = starts.map((start) => `${String(start).padStart(10, "0")} 00000 n \n`).join("");
  const count = objects.length + 1;
  add(
    Buffer.from(
      `xref\n0 ${count}\n0000000000 65535 f \n${table}trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}
