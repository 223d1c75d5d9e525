/** From `at` on, up to the next mark, a text is that below from `start` on. What comes before it ends below at `end`. */
interface Mark {
  at: number;
  end: number;
  start: number;
}

/** A text, or what became of one, such as by decoding its escapes; it is known where each part of it comes from. */
export class Derived {
  private readonly marks: Mark[] = [{ at: 0, end: 0, start: 0 }];
  private below: Derived | undefined;

  constructor(readonly text: string) {}

  /** The text with each match replaced; itself, where there is none. */
  replace(pattern: RegExp, by: (match: string) => string): Derived {
    const marks: Mark[] = [];
    let shift = 0;
    const text = this.text.replace(pattern, (match, ...rest) => {
      const offset = rest.find((item) => typeof item === "number") as number;
      const end = offset + match.length;
      const replacement = by(match);
      const at = offset - shift;
      shift += match.length - replacement.length;
      if (replacement === "") marks.push({ at, end: offset, start: end });
      else
        marks.push(
          { at, end: offset, start: offset },
          { at: at + replacement.length, end, start: end },
        );
      return replacement;
    });
    if (marks.length === 0) return this;
    const derived = new Derived(text);
    derived.below = this;
    for (const mark of marks) derived.add(mark);
    return derived;
  }

  private add(mark: Mark): void {
    const last = this.marks.at(-1)!;
    if (last.at === mark.at) last.start = mark.start;
    else this.marks.push(mark);
  }

  /** Where a part of this text comes from, in the text that all was made of. */
  origin(start: number, end: number): [start: number, end: number] {
    if (this.below === undefined) return [start, end];
    const [from, to] = [this.markAt(start), this.markAt(end)];
    return this.below.origin(
      from.start + start - from.at,
      to.at === end ? to.end : to.start + end - to.at,
    );
  }

  /** The last mark at or before a character. */
  private markAt(index: number): Mark {
    let [low, high] = [0, this.marks.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.marks[middle]!.at <= index) low = middle;
      else high = middle;
    }
    return this.marks[low]!;
  }
}

/**
 * Escapes of JSON, JavaScript, URLs and HTML. subtle: no more than a few backslashes at a time, so that a text full of them
 * takes linear time.
 */
const ESCAPE =
  /\\{1,4}(?:u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\}|x[0-9a-f]{2}|["'/\\nrt])|%(?:u[0-9a-f]{4}|[0-9a-f]{2})|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos);/gi;

/** What may be the beginning of an escape, at a text's end. */
const BEGUN =
  /(?:\\{1,4}(?:u[0-9a-f]{0,3}|u\{[0-9a-f]{0,6}|x[0-9a-f]?)?|%(?:u[0-9a-f]{0,3}|[0-9a-f])?|&#?\w{0,7})$/i;

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(given: string): string {
  if (given.startsWith("%")) return character(given.slice(1).replace(/^u/i, ""));
  if (given.startsWith("&")) {
    const name = given.slice(1, -1).toLowerCase();
    const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return NAMED[name] ?? character(code.toString(16));
  }
  const body = given.replace(/^\\+/, "");
  if (/^[ux]./i.test(body)) return character(body.slice(1).replace(/[{}]/g, ""));
  if (/^[nrt]/i.test(body)) return " ";
  return body === "" ? "\\" : body;
}

function character(hex: string): string {
  const code = Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
}

/** Escapes within escapes: JSON in a string of JSON, in a URL. */
const DEPTH = 3;

/** The text, and what it says with its escapes decoded, once and again. */
export function readings(text: string): Derived[] {
  const all = [new Derived(text)];
  for (let depth = 0; depth < DEPTH; depth++) {
    const last = all.at(-1)!;
    const next = last.replace(ESCAPE, decode);
    if (next === last) break;
    all.push(next);
  }
  return all;
}

/** How many characters at a text's end may be the beginning of an escape. */
export function escapeBegun(text: string): number {
  return BEGUN.exec(text.slice(-12))?.[0].length ?? 0;
}
