import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreOpenError } from "./connect-error";
import { describeProcess, statusPid } from "./data-folder";
import { connectTo, isPrivate } from "./socket";
import {
  type Answer,
  type Call,
  collect,
  type Method,
  PROTOCOL,
  packCall,
  unpack,
  unpackError,
} from "./wire";

/** The connection to the holder broke, or none could be made. */
export class LostError extends Error {
  override readonly name = "LostError";
  constructor(
    /** The call may have been carried out. */
    readonly sent: boolean,
    cause: unknown,
  ) {
    super("The connection to the process that holds the store is lost.", { cause });
  }
}

/** Codes of a connection that was never made. */
const NOT_CONNECTED = new Set(["ENOENT", "ECONNREFUSED", "EAGAIN", "ENOTSOCK"]);

const RETURNS_BYTES: ReadonlySet<Method> = new Set(["query", "exec"]);

/** While a call takes long, the holder is asked this often whether it is still there. */
const ASK_EVERY_MS = 10_000;

/** Sends one message to the holder. @throws LostError */
async function send(
  store: string,
  path: string,
  body: Buffer,
  signal?: AbortSignal,
): Promise<{ status: number; message: Buffer }> {
  try {
    return await new Promise((resolve, reject) => {
      const sent = request({
        ...{ path, method: "POST", signal },
        createConnection: () => connectTo(store),
        headers: { host: "store", "content-length": body.length },
      });
      sent.once("error", reject).once("response", (response) => {
        const status = response.statusCode ?? 0;
        collect(response).then((message) => resolve({ status, message }), reject);
      });
      sent.end(body);
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new LostError(!NOT_CONNECTED.has((cause as NodeJS.ErrnoException).code ?? ""), cause);
  }
}

/** A store that another process holds, by way of that process. */
export class Joined {
  private constructor(
    private readonly store: string,
    /** The process that holds it. */
    readonly pid: number,
    private readonly patienceMs: number,
  ) {}

  /**
   * @param patienceMs how long a holder may take to say that it is there
   * @returns undefined: no process serves the store
   * @throws StoreOpenError the holder does not answer, speaks otherwise, or is another user's
   */
  static async find(store: string, patienceMs: number): Promise<Joined | undefined> {
    try {
      if (!isPrivate(store))
        throw new StoreOpenError(
          "held",
          `The folder .shared in the store's folder ${store} is another user's, or open to others: one user's processes can share a ` +
            "store. Name another folder for a store of your own; or, if no process uses this one, delete .shared.",
        );
      const { protocol, pid } = await whoHolds(store, patienceMs);
      if (protocol === PROTOCOL) return new Joined(store, pid, patienceMs);
      throw new StoreOpenError(
        "held",
        `The store's folder ${store} is held by ${describeProcess(pid)}, which runs another version of this library. Close that one.`,
      );
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // There is no folder yet, nobody listens, or the holder ends just now.
      if (error instanceof LostError || code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** @throws ClickHouseError; LostError; StoreOpenError the holder hangs */
  async call(call: Call): Promise<Answer> {
    const over = new AbortController();
    const given = call.params.abort_signal;
    const signal = given ? AbortSignal.any([given, over.signal]) : over.signal;
    try {
      const { status, message } = await Promise.race([
        send(this.store, "/call", packCall(call), signal),
        this.watch(over.signal),
      ]);
      const { head, bytes } = unpack<never>(message);
      if (status !== 200) throw unpackError(head);
      return { result: head, ...(RETURNS_BYTES.has(call.method) && { bytes }) };
    } finally {
      over.abort();
    }
  }

  /** Asks the holder to let go of the store. @returns whether it will */
  async askToGiveWay(): Promise<boolean> {
    return (await send(this.store, "/give-way", Buffer.alloc(0))).status === 202;
  }

  /** Ends when the holder does not answer. */
  private async watch(over: AbortSignal): Promise<never> {
    for (;;) {
      await sleep(ASK_EVERY_MS, undefined, { signal: over, ref: false });
      await whoHolds(this.store, this.patienceMs).catch((error) => {
        // subtle: one that ends takes no new connection, and still answers the calls that it has.
        if (!(error instanceof LostError)) throw error;
      });
    }
  }
}

async function whoHolds(store: string, patienceMs: number) {
  const limit = AbortSignal.timeout(patienceMs);
  try {
    const { message } = await send(store, "/holder", Buffer.alloc(0), limit);
    return unpack<{ protocol: number; pid: number }>(message).head;
  } catch (error) {
    if (!limit.aborted) throw error;
    throw new StoreOpenError(
      "held",
      `The store's folder ${store} is held by ${describeProcess(statusPid(store))}, which has not answered for ${Math.round(patienceMs / 1000)} s: ` +
        "it was stopped, or works without a pause. Let it go on, or end it: what it has stored is safe.",
      { cause: error },
    );
  }
}
