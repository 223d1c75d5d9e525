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

/** More is not held: a key, whatever it is encoded in, is shorter. */
const MOST_HELD = 8192;

/** Deeper values are not part of a message. */
const DEPTH = 12;

/**
 * Cuts keys from texts that come in pieces: the parts of a message, the events of a stream. What may be the beginning of a
 * key is held back, with all that comes behind it.
 */
export class SplitKeys {
  private readonly held: Said[] = [];
  /** The pieces of each text that are held. */
  private readonly texts = new Map<string, Piece[]>();

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
    if (typeof value === "string") {
      said.open += 1;
      this.texts.set(path, [...(this.texts.get(path) ?? []), { said, owner, key, text: value }]);
    } else if (typeof value === "object" && value !== null && depth < DEPTH) {
      const inner = value as Record<string, unknown>;
      for (const name of Object.keys(inner))
        this.collect(said, `${path}.${placeIn(inner, name)}`, inner, name, depth + 1);
    }
  }

  private release(isOver: boolean): string[] {
    for (const [path, pieces] of this.texts) {
      const left = pieces.slice(this.settle(pieces, isOver));
      if (left.length === 0) this.texts.delete(path);
      else this.texts.set(path, left);
    }
    const count = this.held.findIndex(({ open }) => open > 0);
    const free = this.held.splice(0, count < 0 ? this.held.length : count);
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
    for (const [index, piece] of pieces.entries()) {
      end += piece.text.length;
      if (end > settled) break;
      if (!ranges.some((range) => range[0] < end && end < range[1])) count = index + 1;
    }
    let start = 0;
    for (const piece of pieces.slice(0, count)) {
      redactPiece(piece, start, ranges);
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

/** @param start where the piece begins in the text of which the ranges are keys */
function redactPiece(piece: Piece, start: number, ranges: readonly Range[]): void {
  piece.said.open -= 1;
  const end = start + piece.text.length;
  const own = ranges.filter(([from, to]) => from < end && to > start);
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
