import { NOTHING } from "../world/grid";
import { EMPTY, WALL } from "../world/objects";
import type { RoomGrid } from "../world/room-grid";
import { describeCell, seenCells } from "./observation";
import type { Shape } from "./shape";
import {
  agentShapes,
  carriedShapes,
  FLOOR,
  GRID_LINE,
  objectShapes,
  VIEW_PAINT,
  WALL_PAINT,
} from "./tiles";

/** Pixels along a cell at the SVG's natural size. */
const CELL = 32;

/**
 * The whole grid as SVG: walls, objects, the agent with what it carries, each with its name as a tooltip, and a
 * shade over the cells that it sees.
 */
export function renderSvg(world: RoomGrid, mission: string, letters: boolean): string {
  const { grid } = world;
  const { width, height } = grid;
  const walls: string[] = [];
  const shade: string[] = [];
  const objects: string[] = [];
  const seen = seenCells(world);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = grid.cell(x, y);
      const code = grid.code(cell);
      const square = `M${x * CELL} ${y * CELL}h${CELL}v${CELL}h-${CELL}z`;
      if (code === WALL) walls.push(square);
      else if (code !== EMPTY)
        objects.push(group(x, y, objectShapes(code, letters), describeCell(code)));
      if (seen.has(cell)) shade.push(square);
    }
  }
  const agent = [...agentShapes(world.agentDir)];
  const held = world.carrying === NOTHING ? null : grid.codeOf(world.carrying);
  if (held !== null) agent.push(...carriedShapes(held, letters));
  const agentTitle = held === null ? "agent" : `agent, carrying a ${describeCell(held)}`;
  const lines = [
    ...Array.from({ length: width - 1 }, (_, i) => `M${(i + 1) * CELL} 0v${height * CELL}`),
    ...Array.from({ length: height - 1 }, (_, i) => `M0 ${(i + 1) * CELL}h${width * CELL}`),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width * CELL} ${height * CELL}" width="${width * CELL}" height="${height * CELL}" role="img">`,
    `<title>${mission}</title>`,
    `<rect width="100%" height="100%" fill="${FLOOR}"/>`,
    `<path d="${lines.join("")}" stroke="${GRID_LINE}" fill="none"/>`,
    `<path d="${walls.join("")}" fill="${WALL_PAINT}"><title>wall</title></path>`,
    `<path d="${shade.join("")}" fill="${VIEW_PAINT.fill}" fill-opacity="${VIEW_PAINT.opacity}" pointer-events="none"/>`,
    ...objects,
    group(grid.x(world.agentCell), grid.y(world.agentCell), agent, agentTitle),
    "</svg>",
  ].join("\n");
}

function group(x: number, y: number, shapes: readonly Shape[], title: string): string {
  return `<g transform="translate(${x * CELL} ${y * CELL})"><title>${title}</title>${shapes.map(element).join("")}</g>`;
}

function element(shape: Shape): string {
  const px = (value: number) => String(Math.round(value * CELL * 100) / 100);
  switch (shape.kind) {
    case "rect":
      return `<rect x="${px(shape.x)}" y="${px(shape.y)}" width="${px(shape.width)}" height="${px(shape.height)}" fill="${shape.fill}"/>`;
    case "circle":
      return `<circle cx="${px(shape.x)}" cy="${px(shape.y)}" r="${px(shape.radius)}" fill="${shape.fill}"/>`;
    case "ring":
      return `<circle cx="${px(shape.x)}" cy="${px(shape.y)}" r="${px(shape.radius - shape.width / 2)}" fill="none" stroke="${shape.fill}" stroke-width="${px(shape.width)}"/>`;
    case "polygon":
      return `<polygon points="${shape.points.map(([x, y]) => `${px(x)},${px(y)}`).join(" ")}" fill="${shape.fill}"/>`;
  }
}

/**
 * Puts pictures of one environment together into an animated SVG, which plays in browsers and READMEs.
 *
 * @example
 * const env = make("BabyAI-MixedTrainLocal-v0/goto");
 * env.reset({ seed: 200 });
 * const frames = [env.renderSvg()];
 * for (const action of solve(env.id, 200) ?? []) {
 *   env.step(action);
 *   frames.push(env.renderSvg());
 * }
 * await showSvg(animateSvg(frames, 0.5));
 * @param frames what `env.renderSvg()` gave at each step
 * @param secondsPerFrame the last frame stays three times as long
 */
export function animateSvg(frames: readonly string[], secondsPerFrame = 0.3): string {
  const pictures = frames.map((frame) => frame.split("\n"));
  const first = pictures[0];
  if (first === undefined) throw new RangeError("An animation needs at least one frame.");
  // Frames begin alike: size, floor and walls are drawn once.
  let shared = first.findIndex((line, i) => pictures.some((picture) => picture[i] !== line));
  if (shared < 0) shared = first.length - 1;
  const seconds = secondsPerFrame * (pictures.length + 2);
  const groups = pictures.map((picture, i) => {
    const begin = (i * secondsPerFrame) / seconds;
    const end = i === pictures.length - 1 ? 1 : ((i + 1) * secondsPerFrame) / seconds;
    // The first frame is what shows where animations do not run.
    const values = i === 0 ? "visible;hidden" : "hidden;visible;hidden";
    const times = (i === 0 ? [0, end] : [0, begin, end]).map((time) => time.toFixed(4)).join(";");
    return [
      i === 0 ? "<g>" : '<g visibility="hidden">',
      `<animate attributeName="visibility" values="${values}" keyTimes="${times}" calcMode="discrete" dur="${seconds.toFixed(2)}s" repeatCount="indefinite"/>`,
      ...picture.slice(shared, -1),
      "</g>",
    ].join("\n");
  });
  return [...first.slice(0, shared), ...groups, "</svg>"].join("\n");
}
