import type { ClickHouseClient } from "@clickhouse/client";

/**
 * The tables that are written, first those that the views of the later ones look up: feedback must come after the
 * inferences that it judges.
 */
const ORDER = [
  [
    "JsonInference",
    "ChatInference",
    "ModelInference",
    "ModelInferenceCache",
    "DynamicInContextLearningExample",
  ],
  ["FloatMetricFeedback", "CommentFeedback", "DemonstrationFeedback"],
  // An episode counts as done when its `success` is stored; so all else of it must be there before, also after kill -9.
  ["BooleanMetricFeedback"],
] as const;

/** A table that rows can be written to. */
export type WritableTable = (typeof ORDER)[number][number];

/** Rows could not be inserted. They are kept and sent again with the next flush. */
export class StoreWriteError extends Error {
  override readonly name = "StoreWriteError";
  constructor(
    readonly table: WritableTable,
    readonly rows: number,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `${rows} row(s) could not be written to ${table}: ${reason}. They are kept in memory; flush again once the store answers.`,
      { cause },
    );
  }
}

/** So many full batches may wait. */
const ROOM = 4;

export interface RowWriterOptions {
  /** A batch is sent at the latest this long after its first row, in milliseconds. Default 100. */
  intervalMs?: number;
  /** A batch is sent as soon as this many rows wait. Default 1000. */
  maxRows?: number;
  /** Called when a batch that nobody waits for fails, once for each row of failures. Default: one line on stderr. */
  onError?: (error: unknown) => void;
}

/**
 * Buffers rows and inserts them in batches, because an insert costs tens of milliseconds however many rows it has.
 *
 * A row is safe, also from `kill -9`, once a `flush()` that began after it has resolved. A waiting batch keeps the process
 * alive, so one that ends by itself loses nothing; before `process.exit()` call `close()`.
 */
export class RowWriter {
  private readonly intervalMs: number;
  private readonly maxRows: number;
  private readonly onError: (error: unknown) => void;
  private buffers = new Map<WritableTable, string[]>();
  private waiting = 0;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  private failing = false;

  constructor(
    private readonly client: ClickHouseClient,
    options: RowWriterOptions = {},
  ) {
    this.intervalMs = options.intervalMs ?? 100;
    this.maxRows = options.maxRows ?? 1000;
    this.onError = options.onError ?? ((error) => console.error(String(error)));
  }

  /** Rows that wait for a batch. */
  get pending(): number {
    return this.waiting;
  }

  write(table: WritableTable, row: object): void {
    const buffer = this.buffers.get(table);
    // subtle: turned into text here and not when the batch is sent, which would hold up the event loop.
    const line = `${JSON.stringify(row)}\n`;
    if (buffer === undefined) this.buffers.set(table, [line]);
    else buffer.push(line);
    this.waiting++;
    if (this.waiting >= this.maxRows && !this.failing) this.flushInBackground();
    else this.timer ??= setTimeout(this.flushInBackground, this.intervalMs);
  }

  /**
   * Resolves at once while few rows wait, else when the store has caught up; whoever makes rows awaits it, or they would
   * pile up in memory. A store that fails does not hold anybody up.
   */
  room(): Promise<void> | undefined {
    if (this.waiting < ROOM * this.maxRows || this.failing) return undefined;
    return this.flush().catch(() => {});
  }

  /**
   * Makes every row written so far visible to queries.
   *
   * @throws StoreWriteError some were refused; they stay buffered.
   */
  flush(): Promise<void> {
    this.next ??= this.running
      .catch(() => {})
      .then(() => {
        this.next = undefined;
        this.running = this.insertBuffered();
        return this.running;
      });
    return this.next;
  }

  /** Flushes; nothing may be written afterwards. */
  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.timer);
  }

  private readonly flushInBackground = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.next !== undefined) return;
    this.flush().catch((error) => {
      if (!this.failing) this.onError(error);
      this.failing = true;
      this.timer ??= setTimeout(this.flushInBackground, 10 * this.intervalMs);
    });
  };

  private async insertBuffered(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const buffers = this.buffers;
    this.buffers = new Map();
    this.waiting = 0;
    let failure: StoreWriteError | undefined;
    for (const group of ORDER) {
      // subtle: after a failure the later tables wait too, or feedback would overtake its inference.
      const results = await Promise.all(
        group.map((table) => this.insert(table, buffers.get(table), failure !== undefined)),
      );
      failure ??= results.find((result) => result !== undefined);
    }
    if (failure !== undefined) throw failure;
    this.failing = false;
  }

  private async insert(
    table: WritableTable,
    lines: string[] | undefined,
    keep: boolean,
  ): Promise<StoreWriteError | undefined> {
    if (lines === undefined) return undefined;
    try {
      if (keep) throw new Error("an earlier table failed");
      await this.client.command({
        query: `INSERT INTO ${table} FORMAT JSONEachRow\n${lines.join("")}`,
      });
      return undefined;
    } catch (cause) {
      this.buffers.set(table, lines.concat(this.buffers.get(table) ?? []));
      this.waiting += lines.length;
      return new StoreWriteError(table, lines.length, cause);
    }
  }
}
