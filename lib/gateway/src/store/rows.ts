import { Readable } from "node:stream";

const CHUNK_BYTES = 1 << 18;
const LINE_FEED = 10;

/**
 * Rows as the bytes that are sent, a line each. subtle: bytes lie outside JavaScript's heap, whose collector would else copy
 * every row that waits and hold up the inferences under way meanwhile.
 */
export class Rows {
  count = 0;
  private full: Buffer[] = [];
  private chunk = Buffer.alloc(0);
  private used = 0;

  add(row: object): void {
    const line = JSON.stringify(row);
    const most = 3 * line.length + 1; // UTF-8 takes at most three bytes for a UTF-16 unit
    if (this.used + most > this.chunk.length) {
      this.full.push(this.chunk.subarray(0, this.used));
      this.chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, Buffer.byteLength(line) + 1));
      this.used = 0;
    }
    this.used += this.chunk.write(line, this.used);
    this.chunk[this.used++] = LINE_FEED;
    this.count++;
  }

  get bytes(): Readable {
    return Readable.from(this.chunks, { objectMode: false });
  }

  /** Each row as JSON text. */
  get lines(): string[] {
    return this.chunks.flatMap(linesOf).map((line) => line.toString().trimEnd());
  }

  /** The first half of at least two rows, and the rest. */
  get halves(): [Rows, Rows] {
    const lines = this.chunks.flatMap(linesOf);
    const middle = lines.length >> 1;
    return [Rows.of(lines.slice(0, middle)), Rows.of(lines.slice(middle))];
  }

  private static of(lines: Buffer[]): Rows {
    const rows = new Rows();
    rows.full = lines;
    rows.count = lines.length;
    return rows;
  }

  private get chunks(): Buffer[] {
    return [...this.full, this.chunk.subarray(0, this.used)];
  }
}

/** No row lies in two chunks, and JSON has no line feed inside. */
function linesOf(chunk: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < chunk.length; ) {
    const end = chunk.indexOf(LINE_FEED, start) + 1;
    lines.push(chunk.subarray(start, end));
    start = end;
  }
  return lines;
}
