import { isRecord } from "../../basics/reader";
import { joined, MASK, type Range, type Secrets } from "../../basics/redact";

/** A whole answer, or an event of a stream. */
interface Said {
  raw: string;
  body: unknown;
  isChanged: boolean;
  /** Texts in it that may still have a part of a key. */
  open: number;
}

/** A text in an answer, and where it stands. */
interface Piece {
  said: Said;
  owner: Record<string, unknown>;
  key: string;
  text: string;
}

/** What is held of one text of an answer. */
interface Held {
  pieces: Piece[];
  length: number;
  /** subtle: looked through again at twice the length, so that a text in many pieces takes linear time. */
  due: number;
}

/** More is not held: a key, whatever it is encoded in, is shorter. */
const MOST_HELD = 8192;

/** Up to so many characters are looked through with each piece. */
const FEW = 128;

/** Deeper values are not part of a message. */
const DEPTH = 12;

/**
 * Cuts keys from texts that come in pieces: the parts of a message, the events of a stream. What may be the beginning of a
 * key is held back, with all that comes behind it.
 */
export class SplitKeys {
  private held: Said[] = [];
  private readonly texts = new Map<string, Held>();
  /** Texts that have got a piece since the last release. */
  private readonly touched = new Set<string>();

  constructor(private readonly secrets: Secrets) {}

  /** @returns what can be passed on, in order */
  add(raw: string): string[] {
    if (this.secrets.isEmpty) return [raw];
    const body = parse(raw);
    if (!isRecord(body)) return [...this.end(), raw];
    const said: Said = { raw, body, isChanged: false, open: 0 };
    this.held.push(said);
    this.collect(said, "", body, "choices", 0);
    return this.release(false);
  }

  /** What is left, when nothing follows. */
  end(): string[] {
    return this.release(true);
  }

  private collect(
    said: Said,
    path: string,
    owner: Record<string, unknown>,
    key: string,
    depth: number,
  ): void {
    const value = owner[key];
    if (typeof value === "string" && value !== "") {
      said.open += 1;
      const text = this.texts.get(path) ?? { pieces: [], length: 0, due: 0 };
      text.pieces.push({ said, owner, key, text: value });
      text.length += value.length;
      this.texts.set(path, text);
      this.touched.add(path);
    } else if (typeof value === "object" && value !== null && depth < DEPTH) {
      const inner = value as Record<string, unknown>;
      for (const name of Object.keys(inner))
        this.collect(said, `${path}.${placeIn(inner, name)}`, inner, name, depth + 1);
    }
  }

  private release(isOver: boolean): string[] {
    for (const path of isOver ? this.texts.keys() : this.touched) {
      const text = this.texts.get(path)!;
      if (!isOver && text.length < text.due) continue;
      const left = text.pieces.slice(this.settle(text.pieces, isOver));
      const length = left.reduce((sum, piece) => sum + piece.text.length, 0);
      if (left.length === 0) this.texts.delete(path);
      else this.texts.set(path, { pieces: left, length, due: length < FEW ? 0 : 2 * length });
    }
    this.touched.clear();
    const count = this.held.findIndex(({ open }) => open > 0);
    if (count === 0) return [];
    const free = this.held.slice(0, count < 0 ? this.held.length : count);
    this.held = this.held.slice(free.length);
    return free.map(({ raw, body, isChanged }) => (isChanged ? JSON.stringify(body) : raw));
  }

  /** Cuts what is surely a key. @returns how many pieces have no part in what may become one */
  private settle(pieces: readonly Piece[], isOver: boolean): number {
    const text = pieces.map((piece) => piece.text).join("");
    const ranges = joined(this.secrets.find(text));
    const last = ranges.at(-1);
    // A key that goes to the end may go on.
    const mayGoOn = last?.[1] === text.length ? last[0] : text.length;
    const settled =
      isOver || text.length > MOST_HELD ? text.length : Math.min(this.secrets.begun(text), mayGoOn);
    let end = 0;
    let count = 0;
    let next = 0;
    for (const [index, piece] of pieces.entries()) {
      end += piece.text.length;
      if (end > settled) break;
      while (next < ranges.length && ranges[next]![1] <= end) next++;
      const isInside = next < ranges.length && ranges[next]![0] < end;
      if (!isInside) count = index + 1;
    }
    let start = 0;
    let first = 0;
    for (const piece of pieces.slice(0, count)) {
      while (first < ranges.length && ranges[first]![1] <= start) first++;
      let after = first;
      while (after < ranges.length && ranges[after]![0] < start + piece.text.length) after++;
      redactPiece(piece, start, ranges.slice(first, after));
      start += piece.text.length;
    }
    return count;
  }
}

/** What tells a value in an object or a list from the others: in a list, its own `index`. */
function placeIn(owner: object, key: string): string {
  if (!Array.isArray(owner)) return key;
  const element: unknown = owner[Number(key)];
  return isRecord(element) && typeof element.index === "number" ? `#${element.index}` : "#";
}

/**
 * @param start where the piece begins in the text of which the ranges are keys
 * @param own the ranges that have a part in the piece
 */
function redactPiece(piece: Piece, start: number, own: readonly Range[]): void {
  piece.said.open -= 1;
  if (own.length === 0) return;
  let redacted = "";
  let at = start;
  for (const [from, to] of own) {
    // What began in an earlier piece has its mask there.
    redacted +=
      piece.text.slice(at - start, Math.max(0, from - start)) + (from < start ? "" : MASK);
    at = to;
  }
  piece.owner[piece.key] = redacted + piece.text.slice(at - start);
  piece.said.isChanged = true;
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
