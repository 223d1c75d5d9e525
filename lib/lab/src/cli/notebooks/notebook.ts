import { TerminalListener } from "../../display/terminal";
import { writeNotebook } from "../../runner/nbformat";
import { parseAssignments } from "../../runner/parameters";
import { command, UsageError } from "../command";
import { runInTerminal } from "./run-in-terminal";

/** Papermill's way. The exit code is 0, 1 after a failure, 128 + n after the signal n. */
export default command({
  usage: "npm run notebook -- <notebook.ipynb> [options]",
  about:
    "Runs a notebook in its kernel, without a browser. A failing cell ends it with exit code 1.",
  options: {
    parameter: {
      short: "p",
      value: "name=value",
      multiple: true,
      help: 'sets a variable of the cell tagged "parameters", any number of times; default: as it is there',
    },
    output: {
      short: "o",
      value: "out.ipynb",
      help: "where the executed notebook is written; default: nowhere",
    },
    timeout: { value: "seconds", help: "time limit for each cell; default: none" },
  },
  takesWords: true,
  async run({ parameter, output, timeout }, words) {
    const [path] = words;
    if (words.length !== 1 || path === undefined)
      throw new UsageError(`One notebook is run at a time; got ${words.length}.`);
    const cellTimeoutSeconds = timeout === undefined ? undefined : Number(timeout);
    if (cellTimeoutSeconds !== undefined && !(cellTimeoutSeconds > 0))
      throw new UsageError(`--timeout takes seconds above 0; got "${timeout}".`);
    const terminal = new TerminalListener({ headings: true });
    const { outcome, exitCode } = await runInTerminal(terminal, {
      path,
      parameters: parseAssignments(parameter),
      cellTimeoutSeconds,
    });
    if (output !== undefined) {
      writeNotebook(output, outcome.notebook);
      terminal.note(`Wrote ${output}`);
    }
    return exitCode;
  },
});
