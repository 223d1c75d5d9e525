import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "../../basics/is-alive";
import { messageOf } from "../../basics/message-of";
import { closedError, StoreOpenError } from "./connect-error";
import { describeProcess, statusPid } from "./data-folder";
import { Joined, LostError } from "./join";
import { serve } from "./serve";
import { makePrivate } from "./socket";
import { hasTurn, takeTurn } from "./turn";
import { type Call, type Connection, collect, type Method, restream } from "./wire";

/** How long a holder may be busy, and another process open or close the store. */
const PATIENCE_MS = 60_000;

/** How long a process may hold the store and not serve it: it does when it ends. */
const UNSERVED_MS = 3000;

/** Whoever waits longer is told. */
const TOLD_AFTER_MS = 2000;

const AGAIN_MS = 50;

/**
 * The process that held the store ended while it carried out a statement that may not be sent twice: nobody knows whether it
 * was carried out.
 *
 * @example
 * const explain = (error: unknown) => {
 *   if (error instanceof StatementLostError) return "Look whether the rows are there, then insert what is missing.";
 *   throw error;
 * };
 */
export class StatementLostError extends Error {
  override readonly name = "StatementLostError";
}

/** How a process takes part in a store. */
export interface SharingOptions {
  /** Opens the engine on the folder, for this process to hold. @throws StoreOpenError held */
  open(): Promise<Connection>;
  /** This process holds the store as long as it uses it; one that holds it now is asked to give way. Default: it joins. */
  keeps?: boolean;
  /** Told what it waits for, and when another process has ended whose place it takes. Default: nobody is. */
  log?: (line: string) => void;
  /** Default 60,000. */
  patienceMs?: number;
}

/** The store is held by this process. */
interface Held {
  connection: Connection;
  /** Serves it no longer, when what is under way has been answered. */
  endServing(): Promise<void>;
}

type Params = Call["params"] & { values?: string | Readable };

/** The stores that this process uses: several clients of one have one access to it. */
const stores = new Map<string, SharedStore>();

/**
 * A store's folder, which one process can hold and others join: the first that needs it opens it and serves it through a
 * socket in that folder, and when that one ends, however it does, the next that needs it takes its place.
 *
 * @param store the folder; it is there
 * @throws StoreOpenError
 */
export async function shareStore(store: string, options: SharingOptions): Promise<Connection> {
  const shared = stores.get(store) ?? new SharedStore(store, options);
  stores.set(store, shared);
  return shared.join();
}

/** The process that holds the store, or the last one that has, in words; undefined: it is this one. */
export function holderOf(store: string): string | undefined {
  const pid = statusPid(store);
  if (pid === process.pid) return undefined;
  const hasEnded = pid !== undefined && !isAlive(pid);
  return `${describeProcess(pid)}${hasEnded ? ", which has ended: who needs the store next takes its place" : ""}`;
}

class SharedStore {
  private clients = 0;
  private access: Promise<Held | Joined> | undefined;
  private hasJoined = false;
  /** Calls of this process under way, while it holds the store. */
  private readonly running = new Set<Promise<unknown>>();
  private leaving: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: string,
    private readonly options: SharingOptions,
  ) {}

  /** A connection for one client. */
  async join(): Promise<Connection> {
    this.clients++;
    let isClosed = false;
    const close = async () => {
      if (isClosed) return;
      isClosed = true;
      if (--this.clients === 0) await this.close();
    };
    await this.ready().catch((error) => close().then(() => Promise.reject(error)));
    const call = async (method: Method, params: object) => {
      if (isClosed) throw closedError();
      return (await this.call(method, params as Params)) as never;
    };
    return {
      query: (params) => call("query", params),
      insert: (params) => call("insert", params),
      command: (params) => call("command", params),
      exec: (params) => call("exec", params),
      ping: ({ abort_signal }) =>
        call("command", { query: "SELECT 1", abort_signal }).then(
          () => ({ success: true }),
          (error) => ({ success: false, error }),
        ),
      close,
    };
  }

  private async call(method: Method, { values, ...params }: Params): Promise<object> {
    const begun = performance.now();
    let call: Call | undefined;
    for (;;) {
      const access = this.ready();
      const at = await access;
      if (!(at instanceof Joined)) {
        const given = call === undefined ? values : restream(call.values);
        const run = at.connection[method] as (params: object) => Promise<object>;
        return this.track(
          run.call(at.connection, { ...params, ...(given !== undefined && { values: given }) }),
        );
      }
      call ??= { method, params, values: await read(values) };
      try {
        const { result, bytes } = await at.call(call);
        return { ...result, ...(bytes !== undefined && { stream: restream(bytes) }) };
      } catch (error) {
        if (!(error instanceof LostError)) throw error;
        if (this.access === access) this.access = undefined;
        if (error.sent && !mayRepeat(params)) throw statementLost(at, error);
        if (performance.now() - begun > this.patienceMs) throw error;
      }
    }
  }

  private get patienceMs(): number {
    return this.options.patienceMs ?? PATIENCE_MS;
  }

  private track<T>(call: Promise<T>): Promise<T> {
    this.running.add(call);
    const end = () => this.running.delete(call);
    call.then(end, end);
    return call;
  }

  private ready(): Promise<Held | Joined> {
    this.access ??= this.leaving
      .then(() => this.find())
      .catch((error) => {
        this.access = undefined;
        throw error;
      });
    return this.access;
  }

  private async find(): Promise<Held | Joined> {
    const { store, options, patienceMs } = this;
    const begun = performance.now();
    const telling = setTimeout(() => this.tellOfHolder(), TOLD_AFTER_MS).unref();
    let endTurn: (() => void) | undefined;
    let heldSince: number | undefined;
    let isGivingWay = false;
    makePrivate(store);
    try {
      for (;;) {
        const joined = await Joined.find(store, patienceMs);
        if (joined !== undefined && !options.keeps) {
          this.hasJoined = true;
          return joined;
        }
        endTurn ??= takeTurn(store);
        if (endTurn !== undefined || performance.now() - begun > patienceMs) {
          if (joined !== undefined && !(await joined.askToGiveWay())) throw kept(store, joined);
          isGivingWay ||= joined !== undefined;
          try {
            return await this.hold();
          } catch (error) {
            if (!(error instanceof StoreOpenError && error.code === "held")) throw error;
            heldSince ??= performance.now();
            const limitMs = isGivingWay ? patienceMs : UNSERVED_MS;
            if (performance.now() - heldSince > limitMs) throw error;
          }
        }
        await sleep(AGAIN_MS);
      }
    } finally {
      endTurn?.();
      clearTimeout(telling);
    }
  }

  private tellOfHolder(): void {
    const pid = hasTurn(this.store) ?? statusPid(this.store);
    if (pid !== process.pid)
      this.options.log?.(`Waiting for ${describeProcess(pid)}, which has the store.`);
  }

  private async hold(): Promise<Held> {
    const { store, options } = this;
    const connection = await options.open();
    const held: Held = { connection, endServing: async () => {} };
    const giveWay = () => {
      this.access = undefined;
      this.leaving = Promise.allSettled(this.running).then(() => letGo(held));
    };
    held.endServing = await serve(store, {
      connection,
      ...(options.keeps ? {} : { giveWay }),
    }).catch((error) => {
      options.log?.(`Other processes cannot join this one in ${store}: ${messageOf(error)}.`);
      return held.endServing;
    });
    if (this.hasJoined)
      options.log?.("The process that held the store has ended; this one does now.");
    return held;
  }

  private async close(): Promise<void> {
    const { store, access } = this;
    stores.delete(store);
    const endTurn = takeTurn(store);
    try {
      const at = await access?.catch(() => undefined);
      if (at !== undefined && !(at instanceof Joined)) await letGo(at);
      await this.leaving;
    } finally {
      endTurn?.();
    }
  }
}

async function letGo({ connection, endServing }: Held): Promise<void> {
  await endServing();
  await connection.close();
}

async function read(values: string | Readable | undefined): Promise<string | Buffer | undefined> {
  return values instanceof Readable ? collect(values) : values;
}

const READS = /^[\s(]*(SELECT|WITH(?!.*\bINSERT\b)|SHOW|DESCRIBE|DESC|EXISTS|EXPLAIN|CHECK)\b/is;

/** Whether a statement that may have been carried out can be sent again: it only reads, or its rows are known by a token. */
function mayRepeat({ query, session_id, clickhouse_settings }: Call["params"]): boolean {
  if (session_id !== undefined) return false;
  return READS.test(query) || clickhouse_settings?.insert_deduplication_token !== undefined;
}

function statementLost({ pid }: Joined, cause: LostError): StatementLostError {
  return new StatementLostError(
    `Process ${pid}, which held the store, ended while it carried out a statement, and nobody knows whether it was carried out. ` +
      "Look whether it was; if not, run it again: another process holds the store then.",
    { cause },
  );
}

function kept(store: string, { pid }: Joined): StoreOpenError {
  return new StoreOpenError(
    "held",
    `The store's folder ${store} is held by ${describeProcess(pid)}, which keeps it for what it serves. Close that one first.`,
  );
}
