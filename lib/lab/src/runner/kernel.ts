import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";
import { kernelCommand, preload, withoutDocs } from "./kernel-command";
import { createRequest, decode, encode, type Message } from "./wire";

/** A kernel that did not start, or that ended while something was asked of it. */
export class KernelError extends Error {
  override readonly name = "KernelError";
}

/** The answer to one piece of code. */
export interface ExecuteReply {
  /** tslab says "abort" for code that was queued behind code that failed. */
  status: "ok" | "error" | "abort";
  executionCount: number | null;
  /** False when the kernel never said that its outputs are complete: some of them were lost. */
  outputsComplete: boolean;
}

export interface KernelOptions {
  /** The kernel's working directory, from which its code resolves modules: the notebook's folder. */
  directory: string;
  /** Kills the kernel at once, even while it starts. */
  kill?: AbortSignal;
}

interface Request {
  onOutput: (message: Message) => void;
  reply: Deferred<Message>;
  idle: Deferred<void>;
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve!: Deferred<T>["resolve"];
  let reject!: Deferred<T>["reject"];
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {}); // subtle: a kernel may die while nobody waits for this promise
  return { promise, resolve, reject };
}

/** The promise's value, or "late" when it takes longer than `ms`. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const startLimitMs = 60_000;
const askAgainMs = 2_000;
const lookAgainMs = 20;
const idleLimitMs = 5_000;
const shutdownLimitMs = 5_000;
const terminateLimitMs = 2_000;

/** What tslab writes when it has lost a socket: something arrived on it while it was being opened. */
const socketLost = "Socket is blocked by a bind";
const startsAtMost = 3;

/**
 * Loaded into the kernel before tslab: ends it when this process is gone without a word (kill -9).
 * A worker thread looks, because a cell that never yields would hold up the main one.
 */
const orphanGuard = preload(`
  const { Worker } = await import("node:worker_threads");
  const watch = \`let asked = 0; setInterval(() => {
    if (process.ppid !== ${process.pid}) process.kill(process.pid, asked++ < 4 ? "SIGTERM" : "SIGKILL");
  }, 500)\`;
  new Worker(watch, { eval: true, execArgv: [] }).unref();`);

/**
 * A tslab kernel in a process of its own, driven over Jupyter's protocol. Its sockets are files in a
 * private folder: no port is opened and nothing but this user can reach it.
 */
export class Kernel {
  /** What the kernel says about its language, for the notebook's metadata. */
  languageInfo: Record<string, unknown> & { name: string } = { name: "typescript" };

  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #socketFiles: readonly string[];
  readonly #key: string;
  readonly #session = randomUUID();
  readonly #shell = new Dealer({ linger: 0, reconnectInterval: 20 });
  readonly #control = new Dealer({ linger: 0, reconnectInterval: 20 });
  // subtle: without a limit of its own the subscriber would drop messages of a talkative cell.
  readonly #iopub = new Subscriber({ linger: 0, reconnectInterval: 20, receiveHighWaterMark: 0 });
  /** By message id; kept after the reply, since a timer may write to its cell later on. */
  readonly #requests = new Map<string, Request>();
  readonly #subscribed = deferred<void>();
  readonly #exited = deferred<KernelError>();
  readonly #killNow = () => this.kill();
  #sending: Promise<void> = Promise.resolve();
  /** The end of what the process wrote itself, past Jupyter's channels: it explains a death. */
  #log = "";

  private constructor(directory: string) {
    this.#folder = mkdtempSync(join(tmpdir(), "tslab-"));
    this.#key = randomBytes(32).toString("hex");
    const address = join(this.#folder, "kernel");
    const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
    const connection = {
      ...ports,
      transport: "ipc",
      ip: address,
      key: this.#key,
      signature_scheme: "hmac-sha256",
      kernel_name: "tslab",
    };
    this.#socketFiles = Object.values(ports).map((port) => `${address}:${port}`);
    const connectionFile = join(this.#folder, "connection.json");
    writeFileSync(connectionFile, JSON.stringify(connection), { mode: 0o600 });
    this.#shell.connect(`ipc://${address}:${ports.shell_port}`);
    this.#control.connect(`ipc://${address}:${ports.control_port}`);
    this.#iopub.connect(`ipc://${address}:${ports.iopub_port}`);
    this.#iopub.subscribe();
    const [node = "", ...args] = kernelCommand(connectionFile, withoutDocs, orphanGuard);
    this.#process = spawn(
      node,
      args,
      // A process group of its own: the terminal's Ctrl-C reaches the kernel only through interrupt().
      { cwd: directory, stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      stream.on("data", (text) => {
        this.#log = (this.#log + text).slice(-4000);
      });
    }
    this.#process.once("error", (cause) => this.#onExit("could not be started", cause));
    this.#process.once("exit", this.#killNow); // what it started and left behind
    this.#process.once("close", (code, signal) =>
      this.#onExit(signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
    );
    process.once("exit", this.#killNow);
    this.#receive(this.#shell, (message) => this.#onReply(message));
    this.#receive(this.#control, (message) => this.#onReply(message));
    this.#receive(this.#iopub, (message) => this.#onOutput(message));
  }

  /** Starts a kernel and waits until it answers. @throws KernelError it does not */
  static async start({ directory, kill }: KernelOptions): Promise<Kernel> {
    for (let starts = 1; ; starts++) {
      kill?.throwIfAborted();
      const kernel = new Kernel(directory);
      kill?.addEventListener("abort", kernel.#killNow);
      kernel.#exited.promise.then(() => kill?.removeEventListener("abort", kernel.#killNow));
      try {
        await kernel.#handshake();
        return kernel;
      } catch (error) {
        kernel.kill();
        if (starts === startsAtMost || !kernel.#hasLostSocket) throw error;
        await kernel.#exited.promise;
      }
    }
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /**
   * Runs code; `onOutput` gets each message that the iopub channel carries for it, late ones too.
   * @throws KernelError the kernel ends before it answers
   */
  async execute(code: string, onOutput: (message: Message) => void): Promise<ExecuteReply> {
    const { reply, idle } = this.#request(
      this.#shell,
      "execute_request",
      {
        code,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
      },
      onOutput,
    );
    const { content } = await reply.promise;
    // subtle: outputs travel on another socket than the reply and may arrive after it; "idle" is the
    // last of them.
    const outputsComplete = (await within(idleLimitMs, idle.promise)) !== "late";
    return {
      status: content.status as ExecuteReply["status"],
      executionCount: (content.execution_count as number | undefined) ?? null,
      outputsComplete,
    };
  }

  /**
   * Interrupts the running code, as a notebook's stop button does.
   * subtle: tslab may miss an interrupt in the first milliseconds of a cell, before its first await.
   */
  interrupt(): void {
    this.#signal("SIGINT");
  }

  /** Ends the kernel and everything it started, at once. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  /** Asks the kernel to end, so that its exit handlers run; insists when it does not. */
  async shutdown(): Promise<void> {
    this.#request(this.#control, "shutdown_request", { restart: false });
    if ((await within(shutdownLimitMs, this.#exited.promise)) !== "late") return;
    this.#signal("SIGTERM");
    if ((await within(terminateLimitMs, this.#exited.promise)) !== "late") return;
    this.kill();
    await this.#exited.promise;
  }

  /** A subscription takes effect some time after connecting; what was published before is lost. */
  async #handshake(): Promise<void> {
    const replies: Promise<Message>[] = [];
    let info: Message | "late" = "late";
    const startedAt = performance.now();
    const isEarly = () => performance.now() - startedAt < startLimitMs && !this.#hasLostSocket;
    // subtle: what arrives while tslab opens its sockets gets no answer, and may cost it a socket for good.
    while (isEarly() && !this.#socketFiles.every((path) => existsSync(path))) {
      if ((await within(lookAgainMs, this.#exited.promise)) !== "late") break;
    }
    while (info === "late" && isEarly()) {
      replies.push(this.#request(this.#shell, "kernel_info_request", {}).reply.promise);
      info = await within(askAgainMs, Promise.race(replies));
    }
    if (info === "late") {
      throw new KernelError(
        `The kernel did not answer within ${startLimitMs / 1000} s.${this.#logText()}`,
      );
    }
    this.languageInfo = info.content.language_info as Kernel["languageInfo"];
    while ((await within(50, this.#subscribed.promise)) === "late") {
      await this.#request(this.#shell, "kernel_info_request", {}).reply.promise;
    }
  }

  #request(
    socket: Dealer,
    type: string,
    content: Record<string, unknown>,
    onOutput: Request["onOutput"] = () => {},
  ): Request {
    const message = createRequest(type, content, this.#session);
    const request = { onOutput, reply: deferred<Message>(), idle: deferred<void>() };
    this.#requests.set(message.header.msg_id, request);
    this.#exited.promise.then((error) => {
      request.reply.reject(error);
      request.idle.reject(error);
    });
    // One send at a time is all that a socket takes.
    this.#sending = this.#sending.then(() => socket.send(encode(message, this.#key)));
    this.#sending.catch(() => {}); // the socket is closed: the kernel has ended, which rejects above
    return request;
  }

  async #receive(socket: Dealer | Subscriber, onMessage: (message: Message) => void) {
    try {
      for await (const frames of socket) onMessage(decode(frames, this.#key));
    } catch (error) {
      this.#log += error;
      this.kill();
    }
  }

  #onReply(message: Message): void {
    this.#requests.get(message.parent.msg_id ?? "")?.reply.resolve(message);
  }

  #onOutput(message: Message): void {
    this.#subscribed.resolve();
    const request = this.#requests.get(message.parent.msg_id ?? "");
    if (message.header.msg_type !== "status") request?.onOutput(message);
    else if (message.content.execution_state === "idle") request?.idle.resolve();
  }

  #onExit(what: string, cause?: Error): void {
    process.removeListener("exit", this.#killNow);
    this.#exited.resolve(new KernelError(`The kernel ${what}.${this.#logText()}`, { cause }));
    for (const socket of [this.#shell, this.#control, this.#iopub]) socket.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #hasLostSocket(): boolean {
    return this.#log.includes(socketLost);
  }

  #logText(): string {
    return this.#log && ` It wrote:\n${this.#log.trimEnd()}`;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#process.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, signal);
    } catch (error) {
      // Gone already; macOS says EPERM of a group that holds only what has ended.
      if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
}
