import { Readable } from "node:stream";
import { collect } from "../../basics/limited-body";
import { messageOf } from "../../basics/message-of";
import type { Rows } from "./infile";
import type { Statement } from "./statements";

/** Bytes of rows that go in together, at most; more follow after them. */
const MAX_BYTES = 16 * 1024 * 1024;

type Insert = (rows: Rows) => Promise<Buffer>;

interface Waiting {
  bytes: Buffer;
  insert: Insert;
  resolve(output: Buffer): void;
  reject(error: unknown): void;
}

/** Whether an INSERT asks to be put together with others, as ClickHouse's `async_insert` does. */
export function isAsyncInsert({ text, rows }: Statement, settings: Record<string, string>) {
  const isAsked = settings.async_insert === "1" || /\bSETTINGS\b.* async_insert = 1\b/.test(text);
  return isAsked && rows === "JSONEachRow";
}

/**
 * Inserts that go together: an insert costs the engine some 30 ms whatever its rows, and TensorZero's gateway sends one for each
 * row, any number at once. What comes while one runs is the next one. Each request is answered when its rows are stored.
 */
export class AsyncInserts {
  private readonly waiting = new Map<string, Waiting[]>();

  /**
   * @param key of those that may go together: the same statement, settings and database
   * @param insert stores rows, those of the request or of several
   */
  async add(key: string, rows: Rows, insert: Insert): Promise<Buffer> {
    if (rows.compression !== "none") return insert(rows);
    const bytes = await collect(rows.chunks);
    if (!isWhole(bytes)) return insert(asRows([bytes]));
    return new Promise((resolve, reject) => {
      const before = this.waiting.get(key);
      const queue = before ?? [];
      queue.push({ bytes, insert, resolve, reject });
      this.waiting.set(key, queue);
      if (before === undefined) void this.storeAll(key, queue);
    });
  }

  private async storeAll(key: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, 1);
      let size = batch[0]?.bytes.length ?? 0;
      for (const next of queue) {
        size += next.bytes.length;
        if (size > MAX_BYTES) break;
        batch.push(next);
      }
      queue.splice(0, batch.length - 1);
      await storeTogether(batch);
    }
    this.waiting.delete(key);
  }
}

/** ClickHouse's words where a row cannot be read; nothing of the INSERT is stored then. */
const UNREADABLE = /\(at row \d+\)/;

/** If some row cannot be read, each half is stored by itself, so that none fails for another's. */
async function storeTogether(batch: readonly Waiting[]): Promise<void> {
  const [first] = batch;
  if (first === undefined) return;
  try {
    const output = await first.insert(asRows(batch.map(({ bytes }) => bytes)));
    for (const { resolve } of batch) resolve(output);
  } catch (error) {
    if (batch.length === 1 || !UNREADABLE.test(messageOf(error))) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const half = Math.ceil(batch.length / 2);
    await storeTogether(batch.slice(0, half));
    await storeTogether(batch.slice(half));
  }
}

const asRows = (parts: readonly Buffer[]): Rows => ({
  chunks: Readable.from(parts.flatMap((part) => [part, Buffer.from("\n")])),
  compression: "none",
});

/** Rows that end where the request does, so that none goes on in the next one's. */
function isWhole(bytes: Buffer): boolean {
  try {
    for (const line of bytes.toString("utf8").trim().split("\n")) JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
