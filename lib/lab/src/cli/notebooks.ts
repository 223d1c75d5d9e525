import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { TerminalListener } from "../display/terminal";
import { KernelError } from "../runner/kernel";
import { NotebookFileError, readNotebook, writeNotebook } from "../runner/nbformat";
import { ParameterError, parseAssignments } from "../runner/parameters";
import {
  type RunFailure,
  type RunOutcome,
  runNotebook,
  UnsupportedKernelError,
} from "../runner/runner";

const notebookUsage = `npm run notebook -- <notebook.ipynb> [-p name=value]… [-o out.ipynb] [--timeout seconds]

Runs a notebook in its kernel, without a browser. A failing cell ends it with exit code 1.

  -p, --parameter name=value  sets a variable of the cell tagged "parameters"
  -o, --output out.ipynb      where the executed notebook is written; default: nowhere
      --timeout seconds       time limit for each cell; default: none`;

const startUsage = `npm start -- [-p name=value]… [--resume run]

Evaluates the agents with notebooks/babyai.ipynb and prints the table of results.

  -p, --parameter name=value  sets a variable of the notebook's cell tagged "parameters"
      --resume run            plays what this run lacks, with its own variants, tasks, episodes, seed and
                              historyLength; npm run runs lists the runs`;

/** What a resumed run has of its own. */
const runParameters = ["variants", "tasks", "episodes", "seed", "historyLength"];

/** A command line that does not say what to do. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * What `npm run notebook` does: runs one notebook, papermill's way.
 * Returns the exit code: 0, 1 after a failure, 128 + n after the signal n.
 */
export async function notebookCommand(args: string[]): Promise<number> {
  return withUsage(notebookUsage, async () => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        parameter: { type: "string", short: "p", multiple: true },
        output: { type: "string", short: "o" },
        timeout: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return print(notebookUsage);
    const [path] = positionals;
    if (positionals.length !== 1 || path === undefined) {
      throw new UsageError(`One notebook is run at a time; got ${positionals.length}.`);
    }
    const cellTimeoutSeconds = values.timeout === undefined ? undefined : Number(values.timeout);
    if (cellTimeoutSeconds !== undefined && !(cellTimeoutSeconds > 0)) {
      throw new UsageError(`--timeout takes seconds above 0; got "${values.timeout}".`);
    }
    const terminal = new TerminalListener({ headings: true });
    const { outcome, exitCode } = await runInTerminal(terminal, {
      path,
      parameters: parseAssignments(values.parameter ?? []),
      cellTimeoutSeconds,
    });
    if (values.output !== undefined) {
      writeNotebook(values.output, outcome.notebook);
      terminal.note(`Wrote ${values.output}`);
    }
    return exitCode;
  });
}

/**
 * What `npm start` does in the repository at `root`: runs notebooks/babyai.ipynb, prints the table that
 * it reports and leaves the executed notebook beside the charts. Returns the exit code.
 */
export async function startCommand(root: string, args: string[]): Promise<number> {
  return withUsage(startUsage, async () => {
    const { values } = parseArgs({
      args,
      options: {
        parameter: { type: "string", short: "p", multiple: true },
        resume: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return print(startUsage);
    const parameters = parseAssignments(values.parameter ?? []);
    if (values.resume !== undefined) {
      const own = runParameters.find((name) => name in parameters);
      if (own) throw new UsageError(`A resumed run has ${own} of its own: leave out -p ${own}=….`);
      parameters.resume = values.resume;
    }
    const terminal = new TerminalListener({ headings: false });
    const { outcome, exitCode } = await runInTerminal(terminal, {
      path: join(root, "notebooks", "babyai.ipynb"),
      parameters,
    });
    const { report } = terminal;
    const unfinished = `unfinished-${new Date().toISOString().replaceAll(":", "-")}`;
    const directory = resolve(
      root,
      report?.directory ?? join("data", ".local", "runs", unfinished),
    );
    const executed = join(directory, "babyai.ipynb");
    writeNotebook(executed, outcome.notebook);
    const shown = (path: string) => `  ${relative(process.cwd(), resolve(root, path))}`;
    if (report) print(["", report.table, "", "Charts:", ...report.charts.map(shown)].join("\n"));
    print(["Executed notebook:", shown(executed)].join("\n"));
    return exitCode;
  });
}

function print(text: string): 0 {
  process.stdout.write(`${text}\n`);
  return 0;
}

/** Says what is wrong with the command line or the notebook, without a stack trace. */
async function withUsage(usage: string, command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const isUsage = error instanceof UsageError || code.startsWith("ERR_PARSE_ARGS");
    const isExpected = [
      NotebookFileError,
      ParameterError,
      UnsupportedKernelError,
      KernelError,
    ].some((type) => error instanceof type);
    if (!isUsage && !isExpected) throw error;
    process.stderr.write(`${message}\n${isUsage ? `\n${usage}\n` : ""}`);
    return 1;
  }
}

interface TerminalRun {
  path: string;
  parameters: Record<string, string>;
  cellTimeoutSeconds?: number;
}

/** A terminal's Ctrl-C arrives twice under npm, which forwards it; the echo is no second wish. */
const echoMs = 300;

/** Runs a notebook under the terminal's signals: Ctrl-C interrupts, once and again; a third one kills. */
async function runInTerminal(
  terminal: TerminalListener,
  { path, parameters, cellTimeoutSeconds }: TerminalRun,
): Promise<{ outcome: RunOutcome; exitCode: number }> {
  const interrupt = new AbortController();
  const interruptAgain = new AbortController();
  const kill = new AbortController();
  let exitCode = 0;
  let interruptedAt = 0;
  const onInterrupt = () => {
    const isEcho = Date.now() - interruptedAt <= echoMs;
    if (isEcho) return;
    interruptedAt = Date.now();
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
    });
    terminal.endBar();
    if (outcome.failure) terminal.note(failureText(outcome.failure));
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
