import { withBanners, withoutBanners } from "./banner";
import { Kernel, KernelError } from "./kernel";
import type { CodeCell, MimeBundle, Notebook } from "./nbformat";
import { OutputCollector } from "./outputs";
import { injectParameters } from "./parameters";
import type { Message } from "./wire";

/** What a running notebook reports. Every callback is optional. */
export interface RunListener {
  /** A code cell starts; `index` counts the code cells from 0. */
  cellStarted?(cell: CodeCell, index: number, count: number): void;
  /** A code cell ended without failing. */
  cellFinished?(cell: CodeCell, index: number, count: number, seconds: number): void;
  /** A cell wrote text. */
  stream?(name: "stdout" | "stderr", text: string): void;
  /** A cell showed something, or changed what it had shown. */
  display?(data: MimeBundle): void;
}

export interface RunOptions {
  /** The kernel's working directory: the notebook's folder. */
  directory: string;
  /** Values, texts as typed, by the name that the parameters cell declares. */
  parameters?: Readonly<Record<string, unknown>>;
  /** Time limit for each cell; default: none. */
  cellTimeoutSeconds?: number;
  /** Aborting it interrupts the running cell, as the stop button does, and runs no further one. */
  interrupt?: AbortSignal;
  /** Aborting it interrupts the cell once more, at which a run of episodes stops and stores what it has; after 5 s the kernel is killed. */
  interruptAgain?: AbortSignal;
  /** Aborting it kills the kernel at once. */
  kill?: AbortSignal;
  listener?: RunListener;
  /** Gets the notebook with the outputs so far, after each cell. */
  onCell?(notebook: Notebook): void;
}

/** Why a run stopped before its end. */
export interface RunFailure {
  reason: "error" | "timeout" | "interrupted" | "kernel died";
  /** The cell that was running; absent when the kernel had not started. */
  cell?: CodeCell;
  /** What the kernel wrote about it. */
  message: string;
}

export interface RunOutcome {
  /** The notebook with the outputs so far, also after a failure. */
  notebook: Notebook;
  failure?: RunFailure;
}

/** A notebook that this runner cannot run. */
export class UnsupportedKernelError extends Error {
  override readonly name = "UnsupportedKernelError";
}

/** How long a cell may take to end after an interrupt that is the last. */
const interruptLimitMs = 5_000;

/**
 * Runs the notebook's code cells in order in a tslab kernel of its own and collects their outputs.
 * The first cell that fails ends the run; the kernel has ended when this returns.
 *
 * @throws ParameterError the notebook does not declare one of the parameters
 * @throws UnsupportedKernelError the notebook is for another kernel
 * @throws KernelError the kernel does not start
 */
export async function runNotebook(notebook: Notebook, options: RunOptions): Promise<RunOutcome> {
  const { directory, parameters = {}, interrupt, kill, listener, onCell } = options;
  const { kernelspec } = notebook.metadata;
  if (kernelspec && kernelspec.name !== "tslab") {
    throw new UnsupportedKernelError(
      `The notebook is for the kernel "${kernelspec.name}"; only tslab's can be run.`,
    );
  }
  const result = structuredClone(injectParameters(withoutBanners(notebook), parameters));
  const cells = result.cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
  for (const cell of cells) {
    cell.outputs = [];
    cell.execution_count = null;
  }
  const stopped = (): RunOutcome => ({
    notebook: result,
    failure: { reason: "interrupted", message: "The run was interrupted before its next cell." },
  });

  let kernel: Kernel;
  try {
    kernel = await Kernel.start({ directory, kill });
  } catch (error) {
    if (kill?.aborted) return stopped();
    throw error;
  }
  try {
    result.metadata.language_info = kernel.languageInfo;
    const collector = new OutputCollector();
    for (const [index, cell] of cells.entries()) {
      if (interrupt?.aborted || kill?.aborted) return stopped();
      if (cell.source.trim() === "") continue;
      listener?.cellStarted?.(cell, index, cells.length);
      const started = performance.now();
      const failure = await runCell(kernel, cell, collector, options);
      if (failure) {
        const marked = withBanners(result, failure);
        onCell?.(marked);
        return { notebook: marked, failure };
      }
      onCell?.(result);
      listener?.cellFinished?.(cell, index, cells.length, (performance.now() - started) / 1000);
    }
    return { notebook: result };
  } finally {
    await kernel.shutdown();
  }
}

async function runCell(
  kernel: Kernel,
  cell: CodeCell,
  collector: OutputCollector,
  { cellTimeoutSeconds, interrupt, interruptAgain, kill, listener }: RunOptions,
): Promise<RunFailure | undefined> {
  let errors = "";
  const onOutput = (message: Message) => {
    collector.apply(cell, message);
    const { name, text, data } = message.content as {
      name: string;
      text: string;
      data: MimeBundle;
    };
    if (message.header.msg_type === "stream") {
      if (name === "stderr") errors += text;
      listener?.stream?.(name as "stdout" | "stderr", text);
    } else if (data) {
      listener?.display?.(data);
    }
  };
  const fail = (reason: RunFailure["reason"], message: string): RunFailure => {
    // What tslab says of its own errors is among the outputs already.
    if (reason !== "error") {
      cell.outputs.push({
        output_type: "error",
        ename: reason,
        evalue: message,
        traceback: [message],
      });
    }
    return { reason, cell, message };
  };

  let timedOut = false;
  const timers: NodeJS.Timeout[] = [];
  if (cellTimeoutSeconds !== undefined) {
    const onTimeout = () => {
      timedOut = true;
      onLastInterrupt();
    };
    timers.push(setTimeout(onTimeout, cellTimeoutSeconds * 1000));
  }
  const onInterrupt = () => kernel.interrupt();
  const onLastInterrupt = () => {
    kernel.interrupt();
    timers.push(setTimeout(() => kernel.kill(), interruptLimitMs));
  };
  interrupt?.addEventListener("abort", onInterrupt);
  interruptAgain?.addEventListener("abort", onLastInterrupt);
  const early = (): RunFailure | undefined => {
    if (timedOut) return fail("timeout", `The cell ran longer than ${cellTimeoutSeconds} s.`);
    if (interrupt?.aborted || kill?.aborted)
      return fail("interrupted", "The cell was interrupted.");
    return undefined;
  };

  try {
    const reply = await kernel.execute(cell.source, onOutput);
    cell.execution_count = reply.executionCount;
    if (!reply.outputsComplete) {
      const text =
        "Outputs of this cell may be missing: the kernel did not say that they are complete.\n";
      cell.outputs.push({ output_type: "stream", name: "stderr", text });
      listener?.stream?.("stderr", text);
    }
    return early() ?? (reply.status === "ok" ? undefined : fail("error", errors.trimEnd()));
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return early() ?? fail("kernel died", error.message);
  } finally {
    timers.forEach(clearTimeout);
    interrupt?.removeEventListener("abort", onInterrupt);
    interruptAgain?.removeEventListener("abort", onLastInterrupt);
  }
}
