import { dirname, resolve } from "node:path";
import type { TerminalListener } from "../../display/terminal";
import { type Notebook, readNotebook } from "../../runner/nbformat";
import { type RunFailure, type RunOutcome, runNotebook } from "../../runner/runner";

export interface TerminalRun {
  path: string;
  parameters: Readonly<Record<string, unknown>>;
  cellTimeoutSeconds?: number;
  /** Gets the notebook with the outputs so far, after each cell. */
  onCell?(notebook: Notebook): void;
}

/** A terminal's Ctrl-C arrives twice under npm, which forwards it; the echo is not a second interrupt. */
const echoMs = 300;

/** Runs a notebook under the terminal's signals: Ctrl-C interrupts, once and again; a third one kills. */
export async function runInTerminal(
  terminal: TerminalListener,
  { path, parameters, cellTimeoutSeconds, onCell }: TerminalRun,
): Promise<{ outcome: RunOutcome; exitCode: number }> {
  const interrupt = new AbortController();
  const interruptAgain = new AbortController();
  const kill = new AbortController();
  let exitCode = 0;
  let interruptedAt = Number.NEGATIVE_INFINITY;
  const onInterrupt = () => {
    const isEcho = performance.now() - interruptedAt <= echoMs;
    if (isEcho) return;
    interruptedAt = performance.now();
    if (!interrupt.signal.aborted) {
      exitCode = 130;
      terminal.note("Interrupting the running cell; Ctrl-C again stops at once.");
      interrupt.abort();
    } else if (!interruptAgain.signal.aborted) {
      interruptAgain.abort();
    } else {
      kill.abort();
    }
  };
  const onTerminate = () => {
    exitCode = 143;
    kill.abort();
  };
  const onHangUp = () => {
    exitCode = 129;
    kill.abort();
  };
  process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate).on("SIGHUP", onHangUp);
  try {
    const outcome = await runNotebook(readNotebook(path), {
      directory: dirname(resolve(path)),
      parameters,
      cellTimeoutSeconds,
      interrupt: interrupt.signal,
      interruptAgain: interruptAgain.signal,
      kill: kill.signal,
      listener: terminal,
      onCell,
    });
    terminal.endBar();
    if (outcome.failure && !terminal.hasSaidWhy) terminal.note(failureText(outcome.failure));
    return { outcome, exitCode: exitCode || (outcome.failure ? 1 : 0) };
  } finally {
    process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate).off("SIGHUP", onHangUp);
  }
}

function failureText({ reason, cell, message }: RunFailure): string {
  const source = cell?.source.split("\n").map((line) => `  │ ${line}`) ?? [];
  // An error's message stands above already, as the last that the cell wrote.
  const why = reason === "error" ? "The error above ended" : `${message}\nThat ended`;
  return cell ? [`\n${why} cell [${cell.execution_count ?? "*"}]:`, ...source].join("\n") : message;
}
