import {
  blocksSight,
  COLORS,
  colorOf,
  DOOR,
  stateOf,
  TYPES,
  typeOf,
  UNSEEN,
  WALL,
} from "./objects";
import type { RoomGrid } from "./room-grid";

/** Cells along a side of the agent's view: it sees 3 to either side and 6 ahead, nothing behind. */
export const VIEW_SIZE = 7;
/** Cells of a view, column by column: view cell (x, y) is at x * 7 + y, with y growing towards the agent. */
export const VIEW_CELLS = VIEW_SIZE * VIEW_SIZE;
/** Bytes of an observation's image: (type, color, state) of each cell. */
export const IMAGE_BYTES = VIEW_CELLS * 3;
const AGENT_X = 3;
const AGENT_Y = 6;
const AGENT_CELL = AGENT_X * VIEW_SIZE + AGENT_Y;

/**
 * How sight spreads within a row of the view and into the next row away from the agent, by
 * (cells seen so far) << 7 | (cells that do not block sight); a bit a column. The result holds the row's
 * seen cells in its low 7 bits and the next row's above them.
 *
 * Sight spreads from a seen, clear cell to the side and to the two cells ahead of those, first rightwards
 * through the row, then leftwards: Minigrid's `process_vis`, tabulated.
 */
const SPREAD = new Uint16Array(1 << (2 * VIEW_SIZE));
for (let seen = 0; seen < 1 << VIEW_SIZE; seen++) {
  for (let clear = 0; clear < 1 << VIEW_SIZE; clear++) {
    let row = seen;
    let next = 0;
    for (let x = 0; x < VIEW_SIZE - 1; x++) {
      if ((row & clear & (1 << x)) === 0) continue;
      row |= 2 << x;
      next |= 3 << x;
    }
    for (let x = VIEW_SIZE - 1; x > 0; x--) {
      if ((row & clear & (1 << x)) === 0) continue;
      row |= 1 << (x - 1);
      next |= 3 << (x - 1);
    }
    SPREAD[(seen << VIEW_SIZE) | clear] = row | (next << VIEW_SIZE);
  }
}

const CLEAR = Uint8Array.from({ length: 256 }, (_, code) => (blocksSight(code) ? 0 : 1));

/**
 * Writes what the agent sees: 49 cell looks (see `encode` in objects.ts), UNSEEN where sight is blocked.
 * The object in hand shows at the agent's own cell.
 */
export function look(world: RoomGrid, view: Uint8Array): void {
  const { grid, agentDir } = world;
  const { cells, codes } = grid;
  const forward = grid.ahead[agentDir]!;
  const rightward = grid.ahead[(agentDir + 1) & 3]!;
  let seen = 1 << AGENT_X;
  let rowStart = world.agentCell - AGENT_X * rightward;
  for (let y = AGENT_Y; y >= 0; y--, rowStart += forward) {
    let clear = 0;
    for (
      let x = 0, cell = rowStart, at = y;
      x < VIEW_SIZE;
      x++, cell += rightward, at += VIEW_SIZE
    ) {
      const code = codes[cells[cell]!]!;
      view[at] = code;
      clear |= CLEAR[code]! << x;
    }
    const spread = SPREAD[(seen << VIEW_SIZE) | clear]!;
    for (let x = 0, at = y; x < VIEW_SIZE; x++, at += VIEW_SIZE) {
      if ((spread & (1 << x)) === 0) view[at] = UNSEEN;
    }
    seen = spread >> VIEW_SIZE;
  }
  // subtle: id 0, nothing in hand, looks EMPTY, so the door that the agent stands in does not show.
  view[AGENT_CELL] = codes[world.carrying]!;
}

/** Writes a view's 147 image bytes: (type, color, state) of view cell (x, y) at (x * 7 + y) * 3. */
export function writeImage(view: Uint8Array, target: Uint8Array, offset: number): void {
  for (let i = 0, at = offset; i < VIEW_CELLS; i++, at += 3) {
    const code = view[i]!;
    target[at] = code & 7;
    target[at + 1] = (code >> 3) & 7;
    target[at + 2] = code >> 6;
  }
}

/** The cells of the grid that the agent sees. */
export function seenCells(world: RoomGrid): Set<number> {
  const view = new Uint8Array(VIEW_CELLS);
  look(world, view);
  const forward = world.grid.ahead[world.agentDir]!;
  const rightward = world.grid.ahead[(world.agentDir + 1) & 3]!;
  const seen = new Set<number>();
  for (let i = 0; i < VIEW_CELLS; i++) {
    const sideways = Math.floor(i / VIEW_SIZE) - AGENT_X;
    const ahead = AGENT_Y - (i % VIEW_SIZE);
    if (view[i] !== UNSEEN) seen.add(world.agentCell + sideways * rightward + ahead * forward);
  }
  return seen;
}

const steps = (count: number): string => (count === 1 ? "1 step" : `${count} steps`);

/** By view cell: "2 steps left and 1 step forward". */
const WHERE = Array.from({ length: VIEW_CELLS }, (_, i) => {
  const sideways = Math.floor(i / VIEW_SIZE) - AGENT_X;
  const ahead = AGENT_Y - (i % VIEW_SIZE);
  const parts: string[] = [];
  if (sideways !== 0) parts.push(`${steps(Math.abs(sideways))} ${sideways < 0 ? "left" : "right"}`);
  if (ahead !== 0 || sideways === 0) parts.push(`${steps(ahead)} forward`);
  return parts.join(" and ");
});

/** By look: "red ball", or for a door "a open red door" without its article. */
const WHAT = Array.from({ length: 256 }, (_, code) => {
  const state = typeOf(code) === DOOR ? `${["open", "closed", "locked"][stateOf(code)]} ` : "";
  return `${state}${COLORS[colorOf(code)]} ${TYPES[typeOf(code)]}`;
});

/** An object's look in words. */
export const describeCell = (code: number): string => WHAT[code]!;

/** By look * 49 + view cell: "a red ball 1 step forward". Filled as lines are first needed. */
const LINES: string[] = new Array(256 * VIEW_CELLS).fill("");

/** The straight lines on which the text names a wall: ahead, to the left, to the right, from the agent outwards. */
const RAYS = [
  [1, 2, 3, 4, 5, 6].map((n) => AGENT_CELL - n),
  [1, 2, 3].map((n) => AGENT_CELL - n * VIEW_SIZE),
  [1, 2, 3].map((n) => AGENT_CELL + n * VIEW_SIZE),
];

/**
 * A view in BALROG's words, one line each: what the agent carries; walls straight ahead, left and right
 * unless an object stands before them; objects column by column from the left, far to near.
 * @param prefix put before each thing seen: the fork's own descriptions start with "You see "
 */
export function describeView(view: Uint8Array, prefix = ""): string[] {
  const lines: string[] = [];
  if (typeOf(view[AGENT_CELL]!) >= DOOR) lines.push(`You carry a ${WHAT[view[AGENT_CELL]!]}`);
  for (const ray of RAYS) {
    for (const i of ray) {
      const code = view[i]!;
      if (typeOf(code) < 2) continue;
      if (code === WALL) lines.push(`${prefix}a wall ${WHERE[i]}`);
      break;
    }
  }
  for (let i = 0; i < VIEW_CELLS; i++) {
    const code = view[i]!;
    if (typeOf(code) >= DOOR && i !== AGENT_CELL) lines.push(prefix + line(code, i));
  }
  return lines;
}

function line(code: number, i: number): string {
  const at = code * VIEW_CELLS + i;
  if (LINES[at] === "") LINES[at] = `a ${WHAT[code]} ${WHERE[i]}`;
  return LINES[at]!;
}

/**
 * What the agent perceives at one moment. It stays as it is when the environment moves on, so it can be kept;
 * text and image are made when first read.
 */
export class Observation {
  private textMade: string | undefined;
  private imageMade: Uint8Array | undefined;

  constructor(
    /** What the agent is asked to do, such as "go to the red ball". */
    readonly mission: string,
    /** Where the agent faces: 0 right (+x), 1 down (+y), 2 left, 3 up. */
    readonly direction: number,
    private readonly view: Uint8Array,
  ) {}

  /** BALROG's text: one line for what is carried, each wall and each object in view; "" if there is none. */
  get text(): string {
    this.textMade ??= describeView(this.view).join("\n");
    return this.textMade;
  }

  /**
   * Minigrid's partial view, 7 * 7 * 3 bytes: (type, color, state) of view cell (x, y) at (x * 7 + y) * 3.
   * The agent is at (3, 6) looking towards y = 0; type 0 is unseen. The array is this observation's own.
   */
  get image(): Uint8Array {
    if (this.imageMade === undefined) {
      this.imageMade = new Uint8Array(IMAGE_BYTES);
      writeImage(this.view, this.imageMade, 0);
    }
    return this.imageMade;
  }

  /** The fork's `info["descriptions"]`: the lines of `text`, things seen starting with "You see ". */
  get descriptions(): string[] {
    return describeView(this.view, "You see ");
  }

  toJSON(): { mission: string; text: string; direction: number; image: number[] } {
    return {
      mission: this.mission,
      text: this.text,
      direction: this.direction,
      image: [...this.image],
    };
  }

  /** What Node and notebooks print. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return { mission: this.mission, text: this.text, direction: this.direction, image: this.image };
  }
}
