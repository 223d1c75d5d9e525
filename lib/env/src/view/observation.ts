import { type Direction, turned } from "../world/grid";
import {
  BALL,
  BOX,
  COLORS,
  colorOf,
  DOOR,
  EMPTY,
  encode,
  KEY,
  stateOf,
  TYPES,
  typeOf,
  UNSEEN,
  WALL,
} from "../world/objects";
import type { RoomGrid } from "../world/room-grid";

// Looks are bytes, view cells run from 0 to 48, and the grid has a margin: every index below exists, hence `!`.

/** Cells along a side of the agent's view: it sees 3 to either side and 6 ahead, nothing behind. */
export const VIEW_SIZE = 7;
/** Cells of a view, column by column: view cell (x, y) is at x * 7 + y, with y growing towards the agent. */
const VIEW_CELLS = VIEW_SIZE * VIEW_SIZE;
/** Bytes of an observation's image: (type, color, state) of each cell. */
export const IMAGE_BYTES = VIEW_CELLS * 3;
const IMAGE_WORDS = Math.ceil(IMAGE_BYTES / 4);
const AGENT_X = 3;
const AGENT_Y = 6;
/** The view cell that the agent itself is in. */
export const AGENT_CELL = AGENT_X * VIEW_SIZE + AGENT_Y;

/**
 * How sight spreads within a row of the view and into the next row away from the agent, by
 * (cells seen so far) << 7 | (cells that block sight); a bit a column. The result holds the row's
 * seen cells in its low 7 bits and the next row's above them.
 *
 * Sight spreads from a seen, clear cell to the side and to the two cells ahead of those, first rightwards
 * through the row, then leftwards: Minigrid's `process_vis`, tabulated.
 */
const SPREAD = new Uint16Array(1 << (2 * VIEW_SIZE));
for (let seen = 0; seen < 1 << VIEW_SIZE; seen++) {
  for (let blocked = 0; blocked < 1 << VIEW_SIZE; blocked++) {
    let row = seen;
    let next = 0;
    for (let x = 0; x < VIEW_SIZE - 1; x++) {
      if ((row & ~blocked & (1 << x)) === 0) continue;
      row |= 2 << x;
      next |= 3 << x;
    }
    for (let x = VIEW_SIZE - 1; x > 0; x--) {
      if ((row & ~blocked & (1 << x)) === 0) continue;
      row |= 1 << (x - 1);
      next |= 3 << (x - 1);
    }
    SPREAD[(seen << VIEW_SIZE) | blocked] = row | (next << VIEW_SIZE);
  }
}

/**
 * Writes what the agent sees into 49 bytes of `view` from `start`: cell looks (see `encode` in objects.ts),
 * UNSEEN where sight is blocked. The object in hand shows at the agent's own cell.
 */
function look(world: RoomGrid, view: Uint8Array, start: number): void {
  const { ahead, cells } = world.grid;
  const forward = ahead[world.agentDir];
  const right = ahead[turned(world.agentDir, 1)];
  let seen = 1 << AGENT_X;
  // Row by row from the agent's own to the farthest. Unrolled over the row's seven cells, which halves the time.
  let middle = world.agentCell;
  for (let at = start + AGENT_Y; at >= start; at--) {
    const c0 = cells[middle - 3 * right]!;
    const c1 = cells[middle - 2 * right]!;
    const c2 = cells[middle - right]!;
    const c3 = cells[middle]!;
    const c4 = cells[middle + right]!;
    const c5 = cells[middle + 2 * right]!;
    const c6 = cells[middle + 3 * right]!;
    const blocked =
      ((c0 >> 8) & 1) |
      ((c1 >> 7) & 2) |
      ((c2 >> 6) & 4) |
      ((c3 >> 5) & 8) |
      ((c4 >> 4) & 16) |
      ((c5 >> 3) & 32) |
      ((c6 >> 2) & 64);
    const spread = SPREAD[(seen << VIEW_SIZE) | blocked]!;
    // -(bit) is all ones where the cell is seen and 0, UNSEEN, where not; a Uint8Array keeps the look's byte.
    view[at] = c0 & -(spread & 1);
    view[at + 7] = c1 & -((spread >> 1) & 1);
    view[at + 14] = c2 & -((spread >> 2) & 1);
    view[at + 21] = c3 & -((spread >> 3) & 1);
    view[at + 28] = c4 & -((spread >> 4) & 1);
    view[at + 35] = c5 & -((spread >> 5) & 1);
    view[at + 42] = c6 & -((spread >> 6) & 1);
    seen = spread >> VIEW_SIZE;
    middle += forward;
  }
  // subtle: id 0, nothing in hand, looks EMPTY, so the door that the agent stands in does not show.
  view[start + AGENT_CELL] = world.grid.codeOf(world.carrying);
}

/** By look: the bytes type, color, state as the low, middle and high byte of a number. */
const PIXELS = Uint32Array.from(
  { length: 256 },
  (_, code) => typeOf(code) | (colorOf(code) << 8) | (stateOf(code) << 16),
);
/**
 * Writes a view's 147 image bytes as words, the last one's high byte being 0. Four cells are twelve bytes are
 * three words: a third of the time of writing bytes. Needs a little-endian machine.
 */
function paint(view: Uint8Array, start: number, words: Uint32Array, startWord: number): void {
  let word = startWord;
  for (let i = start; i < start + VIEW_CELLS - 1; i += 4) {
    const a = PIXELS[view[i]!]!;
    const b = PIXELS[view[i + 1]!]!;
    const c = PIXELS[view[i + 2]!]!;
    const d = PIXELS[view[i + 3]!]!;
    words[word] = a | (b << 24);
    words[word + 1] = (b >> 8) | (c << 16);
    words[word + 2] = (c >> 16) | (d << 8);
    word += 3;
  }
  words[word] = PIXELS[view[start + VIEW_CELLS - 1]!]!;
}

const scratchView = new Uint8Array(VIEW_CELLS);
const scratchWords = new Uint32Array(IMAGE_WORDS);
const scratchImage = new Uint8Array(scratchWords.buffer, 0, IMAGE_BYTES);

/** Writes the 147 bytes of what the agent sees now (see `Observation.image`) into `target` from `offset`. */
export function writeImage(world: RoomGrid, target: Uint8Array, offset: number): void {
  look(world, scratchView, 0);
  paint(scratchView, 0, scratchWords, 0);
  target.set(scratchImage, offset);
}

// Views and images lie in pools that are replaced when full and freed with the last observation in them: to
// allocate a buffer for each would take V8 longer than the step.
const POOLED = 55;
let viewPool = new Uint8Array(0);
let viewsUsed = POOLED;
let imagePool = new Uint32Array(0);
let imagesUsed = POOLED;

/** What the agent perceives now. */
export function observe(world: RoomGrid, mission: string): Observation {
  if (viewsUsed === POOLED) {
    viewPool = new Uint8Array(POOLED * VIEW_CELLS);
    viewsUsed = 0;
  }
  const start = viewsUsed++ * VIEW_CELLS;
  look(world, viewPool, start);
  return new Observation(mission, world.agentDir, viewPool, start);
}

function imageOf(view: Uint8Array, start: number): Uint8Array {
  if (imagesUsed === POOLED) {
    imagePool = new Uint32Array(POOLED * IMAGE_WORDS);
    imagesUsed = 0;
  }
  const word = imagesUsed++ * IMAGE_WORDS;
  paint(view, start, imagePool, word);
  return new Uint8Array(imagePool.buffer, word * 4, IMAGE_BYTES);
}

/** The looks of what the agent sees now, by view cell; UNSEEN where sight is blocked. */
export function viewOf(world: RoomGrid): Uint8Array {
  const view = new Uint8Array(VIEW_CELLS);
  look(world, view, 0);
  return view;
}

/** The cells of the grid that the agent sees. */
export function seenCells(world: RoomGrid): Set<number> {
  const view = viewOf(world);
  const forward = world.grid.ahead[world.agentDir];
  const rightward = world.grid.ahead[turned(world.agentDir, 1)];
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

/** By look * 49 + view cell: "a red ball 1 step forward". */
const LINES: string[] = new Array(256 * VIEW_CELLS).fill("");
for (const [type, states] of [
  [DOOR, 3],
  [KEY, 1],
  [BALL, 1],
  [BOX, 1],
] as const) {
  for (let color = 0; color < COLORS.length; color++) {
    for (let state = 0; state < states; state++) {
      const code = encode(type, color, state);
      for (const [i, where] of WHERE.entries()) {
        LINES[code * VIEW_CELLS + i] = `\na ${WHAT[code]} ${where}`;
      }
    }
  }
}
const WALL_LINES = WHERE.map((where) => `\na wall ${where}`);
const CARRIED = WHAT.map((what) => `\nYou carry a ${what}`);

/** A line for the wall in the first cell of a ray that is seen and not empty, if it is a wall. */
function wallLine(view: Uint8Array, start: number, step: number, length: number): string {
  for (let n = 1, i = start + AGENT_CELL + step; n <= length; n++, i += step) {
    const code = view[i]!;
    if (code !== UNSEEN && code !== EMPTY) return code === WALL ? WALL_LINES[i - start]! : "";
  }
  return "";
}

/**
 * A view in BALROG's words, one line each: what the agent carries; walls straight ahead, left and right
 * unless an object stands before them; objects column by column from the left, far to near.
 */
function describeView(view: Uint8Array, start: number): string {
  const carried = view[start + AGENT_CELL]!;
  let text = carried === EMPTY ? "" : CARRIED[carried]!;
  text += wallLine(view, start, -1, 6);
  text += wallLine(view, start, -VIEW_SIZE, 3);
  text += wallLine(view, start, VIEW_SIZE, 3);
  for (let i = 0; i < VIEW_CELLS; i++) {
    const code = view[start + i]!;
    if (typeOf(code) >= DOOR && i !== AGENT_CELL) text += LINES[code * VIEW_CELLS + i]!;
  }
  // Every line begins with a line break.
  return text.slice(1);
}

/**
 * A text that no observation in this world is longer than: everything in sight, and every line the longest of its kind.
 *
 * @example
 * const env = make("BabyAI-MixedTrainLocal-v0/goto");
 * const { observation } = env.reset({ seed: 200 });
 * observation.text.length <= longestText(env.world).length; // true
 */
export function longestText(world: RoomGrid): string {
  const types = world.grid.encode().filter((_, i) => i % 3 === 0);
  const objects = Math.min(VIEW_CELLS - 1, types.filter((type) => type >= DOOR).length);
  const longest = (lines: readonly string[]) =>
    lines.reduce((a, b) => (b.length > a.length ? b : a), "");
  const text = [CARRIED, WALL_LINES, WALL_LINES, WALL_LINES].map(longest).join("");
  return (text + longest(LINES).repeat(objects)).slice(1);
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
    readonly direction: Direction,
    /** Holds the 49 looks from `start`. */
    private readonly view: Uint8Array,
    private readonly start: number,
  ) {}

  /** BALROG's text: one line for what is carried, each wall and each object in view; "" if there is none. */
  get text(): string {
    this.textMade ??= describeView(this.view, this.start);
    return this.textMade;
  }

  /**
   * Minigrid's partial view, 7 * 7 * 3 bytes: (type, color, state) of view cell (x, y) at (x * 7 + y) * 3.
   * The agent is at (3, 6) looking towards y = 0; type 0 is unseen. The array is this observation's own, but
   * it lies in a buffer with others, as Node's small Buffers do: reach for `image`, not `image.buffer`.
   */
  get image(): Uint8Array {
    this.imageMade ??= imageOf(this.view, this.start);
    return this.imageMade;
  }

  /** The fork's `info["descriptions"]`: the lines of `text`, things seen starting with "You see ". */
  get descriptions(): string[] {
    if (this.text === "") return [];
    return this.text
      .split("\n")
      .map((line) => (line.startsWith("You carry ") ? line : `You see ${line}`));
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
