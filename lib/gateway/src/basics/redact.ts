import { type Derived, escapeBegun, readings } from "./unescape";

/** What is written in place of a key. */
export const MASK = "[key]";

/**
 * Keys as providers print them back: "Incorrect API key provided: sk-ab***yz", "Bearer …", and anything that begins as
 * OpenAI's, Anthropic's and others' keys do. Partly masked keys too: a part of a key is secret as well.
 */
const KEYS = [
  /(?<=\bapi[ _-]?key(?: provided)?["']?(?:: ?|=)["']?)[^\s"',}&]+/gi,
  /(?<=\bBearer )[^\s"',}]+/gi,
  /(?<=\bBasic )[\w+/=-]{12,}/gi,
  /\b(?:sk|pk|rk|gsk|xai)[-_][\w*.-]{6,}/g,
  /\b(?:AIza|hf_|nvapi-)[\w*.-]{16,}/g,
];

/**
 * Shorter ones are placeholders for servers without keys ("none", "lm-studio"); to remove them would cut holes into
 * ordinary text.
 */
const SHORTEST_SECRET = 12;
/** So many characters of a key in a row are cut from an answer. */
const PART_OF_ANSWER = 16;
/** So many in a row in what is said of an error. */
const PART_OF_ERROR = 6;

/** Characters that one of a secret may become by escapes within escapes. */
const LONGEST_ESCAPE = 24;

/** From, and up to but without. */
export type Range = [start: number, end: number];

/** The text without the keys in it. Error messages go through it before they are shown or stored. */
export function redactKeys(text: string): string {
  return cut(text, readings(text).flatMap(looksLikeKeys));
}

/**
 * Secrets that are known, and are to be cut from what others say. They are found in any letter case, with JSON's, URLs' and
 * HTML's escapes, also within each other, broken over lines, in base64 at any offset, and in hex.
 */
export class Secrets {
  private readonly plain: string[];
  private readonly forms: string[];
  private readonly longest: number;

  constructor(secrets: readonly string[]) {
    const long = [...new Set(secrets)].filter(({ length }) => length >= SHORTEST_SECRET);
    this.plain = long.map(lowerCase);
    const forms = long.flatMap((secret) => {
      const bytes = Buffer.from(secret);
      return [secret, bytes.toString("hex"), ...[0, 1, 2].flatMap((n) => base64(bytes, n))];
    });
    this.forms = [...new Set(forms.map(lowerCase))];
    this.longest = Math.max(0, ...this.forms.map(({ length }) => length));
  }

  /** No secret is so long that it is looked for. */
  get isEmpty(): boolean {
    return this.forms.length === 0;
  }

  /** For answers, which must otherwise stay as they are: the text without secrets and long parts of them. */
  redact(text: string): string {
    return cut(text, this.find(text));
  }

  /** For what is said of errors: also without short parts, masked ones and what looks like any key. */
  redactError(text: string): string {
    const found = readings(text).flatMap((reading) => {
      const lower = lowerCase(reading.text);
      const known = this.plain.flatMap((secret) => [
        ...parts(lower, secret, PART_OF_ERROR),
        ...masked(lower, secret),
      ]);
      return [...known.map((part) => reading.origin(...part)), ...looksLikeKeys(reading)];
    });
    return cut(text, [...this.find(text), ...found]);
  }

  /** Where in the text secrets, and long parts of them, are. */
  find(text: string): Range[] {
    if (this.isEmpty || text.length < SHORTEST_SECRET) return [];
    return unbroken(text).flatMap((reading) => {
      const lower = lowerCase(reading.text);
      return this.forms
        .flatMap((form) => parts(lower, form, Math.min(form.length, PART_OF_ANSWER)))
        .map((part) => reading.origin(...part));
    });
  }

  /** Where a secret may begin that the text breaks off in; else the text's length. */
  begun(text: string): number {
    const skipped = Math.max(0, text.length - this.longest * LONGEST_ESCAPE);
    let earliest = text.length;
    for (const reading of unbroken(text.slice(skipped))) {
      const whole = reading.text.length - escapeBegun(reading.text);
      const lower = lowerCase(reading.text).slice(0, whole);
      const beginnings = this.forms.map((form) => lengthOfBeginning(form, lower));
      const open = whole - Math.max(...beginnings);
      if (open === reading.text.length) continue;
      const [start] = reading.origin(open, reading.text.length);
      earliest = Math.min(earliest, skipped + start);
    }
    return earliest;
  }
}

/** As `readings`, and as one that was broken over lines, or has NULs between its characters as UTF-16 read as UTF-8. */
function unbroken(text: string): Derived[] {
  const all = readings(text);
  return [...all, all.at(-1)!.replace(/[\s\p{Cc}\p{Cf}]+/gu, () => "")];
}

/** How much of a secret's beginning, but not all, the text ends with. */
function lengthOfBeginning(secret: string, text: string): number {
  for (let length = Math.min(secret.length - 1, text.length); length > 0; length--)
    if (text.endsWith(secret.slice(0, length))) return length;
  return 0;
}

/** subtle: no other character has small letters of another length, which would move those behind it. */
function lowerCase(text: string): string {
  return text.replaceAll("\u0130", "I").toLowerCase();
}

/** What base64 makes of the bytes behind `before` others, without the characters that these and what follows have a part in. */
function base64(bytes: Buffer, before: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]);
  const range = [Math.ceil((before * 8) / 6), Math.floor((whole.length * 8) / 6)] as const;
  return (["base64", "base64url"] as const).map((alphabet) =>
    whole.toString(alphabet).slice(...range),
  );
}

/** Where the text has at least so many characters in a row of a secret. */
function parts(text: string, secret: string, least: number): Range[] {
  const found: Range[] = [];
  // Whoever has so many in a row has a whole block of half as many.
  const size = Math.floor((least + 1) / 2);
  for (let block = 0; block + size <= secret.length; block += size) {
    const wanted = secret.slice(block, block + size);
    for (let at = text.indexOf(wanted); at >= 0; ) {
      let [start, end] = [at, at + size];
      while (
        start > 0 &&
        block - (at - start) > 0 &&
        text[start - 1] === secret[block - (at - start) - 1]
      )
        start--;
      while (end < text.length && text[end] === secret[block + end - at]) end++;
      const isLong = end - start >= least;
      if (isLong) found.push([start, end]);
      at = text.indexOf(wanted, isLong ? end : at + 1);
    }
  }
  return found;
}

/** Words that may be a masked key, and what providers mask with. */
const WORDS = /[\w*•…./+=-]{4,}/g;
const MASKS = /[*•…]+|\.{3,}/g;
const LETTER = /[a-z0-9]/;

/** `sk-ab***yz` of a key that begins and ends so, also behind a prefix such as `key=`. */
function masked(text: string, secret: string): Range[] {
  const found: Range[] = [];
  for (const { 0: word, index } of text.matchAll(WORDS)) {
    const masks = [...word.matchAll(MASKS)];
    const [first, last] = [masks[0], masks.at(-1)];
    if (first === undefined || last === undefined) continue;
    const end = last.index + last[0].length;
    const head = word.slice(Math.max(0, first.index - secret.length), first.index);
    const tail = word.slice(end, end + secret.length);
    const beginning = longest(
      head.length,
      (length) =>
        secret.startsWith(head.slice(head.length - length)) &&
        !LETTER.test(head[head.length - length - 1] ?? ""),
    );
    const ending = longest(
      tail.length,
      (length) => secret.endsWith(tail.slice(0, length)) && !LETTER.test(tail[length] ?? ""),
    );
    if (beginning === undefined || ending === undefined || beginning + ending === 0) continue;
    found.push([index + first.index - beginning, index + end + ending]);
  }
  return found;
}

function longest(most: number, fits: (length: number) => boolean): number | undefined {
  for (let length = most; length >= 0; length--) if (fits(length)) return length;
  return undefined;
}

function looksLikeKeys(reading: Derived): Range[] {
  return KEYS.flatMap((key) =>
    [...reading.text.matchAll(key)].map(({ 0: { length }, index }) =>
      reading.origin(index, index + length),
    ),
  );
}

/** The text with a mask for each of the ranges. */
function cut(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  const kept: string[] = [];
  let at = 0;
  for (const [start, end] of joined(ranges)) {
    kept.push(text.slice(at, start), MASK);
    at = end;
  }
  return kept.join("") + text.slice(at);
}

/** The ranges in order, those that overlap as one. */
export function joined(ranges: readonly Range[]): Range[] {
  const all: Range[] = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = all.at(-1);
    if (last !== undefined && start < last[1]) last[1] = Math.max(last[1], end);
    else all.push([start, end]);
  }
  return all;
}

/** Whether a header of this name holds a secret. */
export function isSecretHeader(name: string): boolean {
  return /auth|key|token|secret|password|credential|cookie|session/i.test(name);
}

/** Secret values of a request's headers, without the scheme before them; of Basic ones the password, too. */
export function secretsIn(headers: Record<string, string>): string[] {
  return Object.entries(headers)
    .filter(([name]) => isSecretHeader(name))
    .flatMap(([, value]) => {
      const secret = value.replace(/^(?:Bearer|Basic) +/i, "").trim();
      if (!/^Basic /i.test(value)) return [secret];
      const password = Buffer.from(secret, "base64")
        .toString()
        .replace(/^[^:]*:/, "");
      return [secret, password];
    });
}
