import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient, ClickHouseError } from "@clickhouse/client";
import { printable } from "../basics/printable";
import { isOfAView, isRefusal, keepRow, RowsRefusedError, ViewError } from "./refused-rows";
import { Rows } from "./rows";
import { storedOnce } from "./stored-once";

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
    super(
      `${rows} row(s) could not be written to ${table}: ${reasonOf(cause)}. They are kept in memory and sent again.`,
      { cause },
    );
  }
}

/** The writer was closed while the store took nothing. The rows are in a file. */
export class RowsUnstoredError extends Error {
  override readonly name = "RowsUnstoredError";
  constructor(
    readonly rows: number,
    readonly path: string,
    cause: StoreWriteError,
  ) {
    super(
      `${rows} row(s) are not stored, because ClickHouse took none at the end: ${reasonOf(cause.cause)}. They are kept in ` +
        `${path}; once it takes rows, insert each \`row\` into its \`table\`, in the order of the file.`,
      { cause },
    );
  }
}

/** subtle: what Node throws when no connection can be made has no message of its own, but a code. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code, type } = cause as { code?: string; type?: string };
  const message = cause.message.replace(/[\s.]+$/, "") || String(code ?? cause.name);
  return type === "NOT_ENOUGH_SPACE" ? `the disk is full (${message})` : message;
}

/** How many full batches may be unstored. */
const ROOM = 8;

/** A failing store is tried again after this many intervals. */
const AGAIN = 10;

/** How many intervals (90 s by default) writers wait for a failing store: time for it to restart. */
const OUTAGE = 900;

/** Between batches the store rests for so many intervals, or until half of the room is full. */
const REST = 10;

export interface RowWriterOptions {
  /** Time that a row waits for its batch to be sent, in milliseconds; ten times as long after another batch. Default 100. */
  intervalMs?: number;
  /** A batch is sent as soon as this many rows wait; four times as many after another batch. Default 1000. */
  maxRows?: number;
  /**
   * Called when a batch that nobody waits for fails, once for each row of failures, and with a RowsRefusedError when the
   * first rows are refused; if more follow, again on close. Default: one line on stderr.
   */
  onError?: (error: unknown) => void;
  /**
   * The file that refused rows are appended to, and on close those that could not be stored. Default: refused-rows.jsonl in
   * the system's folder for temporary files.
   */
  refusedPath?: string;
}

/** Rows that are sent together, and if need be again. */
interface Batch {
  table: WritableTable;
  rows: Rows;
  /** See `storedOnce`. */
  token: string;
  /** A view cannot take the rows: they go to the table and the other views only. */
  withoutViews?: boolean;
}

/**
 * Buffers rows and inserts them in batches, because an insert costs tens of milliseconds however many rows it has: with its
 * views one of each table makes a dozen parts of a dozen files. So a table gets one a second, or under load thousands of rows
 * at a time.
 *
 * A row is safe, also from `kill -9`, once a `flush()` that began after it has resolved. A waiting batch keeps the process
 * alive, so one that ends by itself loses nothing; before `process.exit()` call `close()`.
 *
 * A row that ClickHouse refuses for what it holds goes to a file, and the rows around it are stored: the batch is halved
 * until it is alone. While the store is in trouble, all rows stay here and are sent again.
 */
export class RowWriter {
  private readonly intervalMs: number;
  private readonly maxRows: number;
  private readonly onError: (error: unknown) => void;
  private readonly refusedPath: string;
  private buffers = new Map<WritableTable, Rows>();
  private buffered = 0;
  private unstored = 0;
  /** What is being sent, or could not be: groups of batches, in the order of `ORDER`. */
  private round: Batch[][] = [];
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  private isSending = false;
  private failingSince: number | undefined;
  private restUntil = 0;
  private hasTold = false;
  private refusedCount = 0;
  private refusedTold = 0;
  private lastRefusal: ClickHouseError | undefined;
  private hasToldOfView = false;

  constructor(
    private readonly client: ClickHouseClient,
    options: RowWriterOptions = {},
  ) {
    this.intervalMs = options.intervalMs ?? 100;
    this.maxRows = options.maxRows ?? 1000;
    this.onError = options.onError ?? ((error) => console.error(printable(String(error))));
    this.refusedPath = options.refusedPath ?? join(tmpdir(), "refused-rows.jsonl");
  }

  /** Rows that are not stored yet. */
  get pending(): number {
    return this.unstored;
  }

  /** Rows that ClickHouse has refused for what they hold. */
  get refused(): number {
    return this.refusedCount;
  }

  /** The store took nothing the last time that it was asked. */
  get isFailing(): boolean {
    return this.failingSince !== undefined;
  }

  write(table: WritableTable, row: object): void {
    const rows = this.buffers.get(table) ?? new Rows();
    this.buffers.set(table, rows);
    rows.add(row); // turned into bytes here and not when the batch is sent, which would hold up the event loop
    this.buffered++;
    this.unstored++;
    this.schedule();
  }

  /**
   * Resolves at once while few rows are unstored, otherwise when the store has caught up. Await it before making rows,
   * or they pile up in memory.
   *
   * @throws StoreWriteError there is no room, and the store has taken nothing for long
   */
  async room(): Promise<void> {
    while (this.unstored >= ROOM * this.maxRows) {
      try {
        const isSending = this.round.length > 0 && this.failingSince === undefined;
        await (isSending ? this.running : this.flush());
      } catch (error) {
        const since = this.failingSince ?? performance.now();
        if (performance.now() - since >= OUTAGE * this.intervalMs) throw error;
        await sleep(AGAIN * this.intervalMs);
      }
    }
  }

  /**
   * Makes every row written so far visible to queries, but for those that are refused.
   *
   * @throws StoreWriteError some could not be stored; they stay buffered.
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

  /**
   * Flushes; nothing may be written afterwards.
   *
   * @throws RowsUnstoredError the store takes nothing: the rows are in the file of refused ones
   */
  async close(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      throw this.keepUnstored(error as StoreWriteError);
    } finally {
      clearTimeout(this.timer);
      this.tellOfRefused();
    }
  }

  private keepUnstored(failure: StoreWriteError): RowsUnstoredError {
    const error = reasonOf(failure.cause);
    for (const { table, rows } of [...this.round, ...this.takeBuffered()].flat()) {
      for (const row of rows.lines) keepRow(this.refusedPath, { table, row, error });
    }
    return new RowsUnstoredError(this.unstored, this.refusedPath, failure);
  }

  private schedule(): void {
    const isFailing = this.failingSince !== undefined;
    const restMs = isFailing ? AGAIN * this.intervalMs : this.restUntil - performance.now();
    const isResting = this.isSending || restMs > 0;
    const enough = isResting ? (ROOM / 2) * this.maxRows : this.maxRows;
    if (this.buffered >= enough && !isFailing) this.flushInBackground();
    // What comes while a batch is being sent waits for its end, and then for the rest.
    else if (!this.isSending)
      this.timer ??= setTimeout(this.flushInBackground, Math.max(this.intervalMs, restMs));
  }

  private readonly flushInBackground = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.next !== undefined) return;
    this.flush().catch((error) => {
      if (!this.hasTold) this.onError(error);
      this.hasTold = true;
    });
  };

  private async insertBuffered(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isSending = true;
    try {
      await this.sendRound(); // what could not be sent before
      this.round = this.takeBuffered();
      await this.sendRound();
      this.failingSince = undefined;
      this.hasTold = false;
    } catch (error) {
      this.failingSince ??= performance.now();
      throw error;
    } finally {
      this.isSending = false;
      this.restUntil = performance.now() + REST * this.intervalMs;
      if (this.unstored > 0) this.schedule();
      if (this.refusedTold === 0) this.tellOfRefused();
    }
  }

  private tellOfRefused(): void {
    if (this.lastRefusal === undefined || this.refusedTold === this.refusedCount) return;
    this.refusedTold = this.refusedCount;
    this.onError(new RowsRefusedError(this.refusedCount, this.refusedPath, this.lastRefusal));
  }

  private takeBuffered(): Batch[][] {
    const buffers = this.buffers;
    this.buffers = new Map();
    this.buffered = 0;
    return ORDER.map((group) =>
      group.flatMap((table): Batch[] => {
        const rows = buffers.get(table);
        return rows === undefined ? [] : [{ table, rows, token: randomUUID() }];
      }),
    );
  }

  /** subtle: after a failure the later groups wait too, or feedback would overtake its inference. */
  private async sendRound(): Promise<void> {
    for (let group = this.round[0]; group !== undefined; group = this.round[0]) {
      const results = await Promise.all(group.map((batch) => this.send(batch)));
      this.round[0] = results.flatMap(({ left }) => left);
      const failure = results.find(({ error }) => error !== undefined)?.error;
      if (failure !== undefined) throw failure;
      this.round.shift();
    }
  }

  /** Sends a batch; what could not be sent is left. */
  private async send(batch: Batch): Promise<{ left: Batch[]; error?: StoreWriteError }> {
    let left = [batch];
    try {
      for (let first = left[0]; first !== undefined; first = left[0])
        left = [...(await this.attempt(first)), ...left.slice(1)];
      return { left };
    } catch (cause) {
      const count = left.reduce((sum, { rows }) => sum + rows.count, 0);
      return { left, error: new StoreWriteError(batch.table, count, cause) };
    }
  }

  /**
   * Stores a batch, or puts its one refused row away. @returns what to send instead: its halves, in order. subtle: a
   * half has a token of its own and keeps it, so that it is recognized if its answer is lost.
   */
  private async attempt(batch: Batch): Promise<Batch[]> {
    const { table, rows, token } = batch;
    try {
      await this.insert(batch);
    } catch (cause) {
      if (!isRefusal(cause)) throw cause;
      // subtle: then the table has the rows already, and would take halves of them a second time.
      if (isOfAView(cause) && !batch.withoutViews) {
        if (!this.hasToldOfView) this.onError(new ViewError(table, cause));
        this.hasToldOfView = true;
        return [{ ...batch, withoutViews: true }];
      }
      if (rows.count > 1)
        return rows.halves.map((half, i) => ({ ...batch, rows: half, token: `${token}.${i}` }));
      for (const row of rows.lines) {
        keepRow(this.refusedPath, { table, row, error: cause.message });
      }
      this.refusedCount++;
      this.lastRefusal = cause;
    }
    this.unstored -= rows.count;
    return [];
  }

  private async insert({ table, rows, token, withoutViews }: Batch): Promise<void> {
    const { stream } = await this.client.exec({
      query: `INSERT INTO ${table} FORMAT JSONEachRow`,
      values: rows.bytes,
      clickhouse_settings: {
        ...storedOnce(token),
        ...(withoutViews ? { materialized_views_ignore_errors: 1 } : {}),
      },
    });
    await finished(stream.resume());
  }
}
