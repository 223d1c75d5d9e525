import { extname } from "node:path";
import { readTextFile } from "embedded-gateway";
import { withOutput } from "../../basics/output";
import { TerminalListener } from "../../display/terminal";
import { writeNotebook } from "../../runner/nbformat";
import { parseAssignments, parseParameters } from "../../runner/parameters";
import { command, UsageError } from "../command";
import { runInTerminal } from "./run-in-terminal";

/** Papermill's way, and its words. The exit code is 0, 1 after a failure, 128 + n after the signal n. */
export default command({
  usage: "npm run notebook -- <notebook.ipynb> [<output.ipynb>] [options]",
  about:
    "Runs a notebook in its kernel, without a browser. A failing cell ends it with exit code 1. The output is written after each cell.",
  options: {
    parameter: {
      short: "p",
      value: "name=value",
      multiple: true,
      help: 'sets a variable of the cell tagged "parameters", any number of times, also as -p name value; default: as it is there',
    },
    "parameters-file": {
      short: "f",
      value: "file.yaml",
      multiple: true,
      help: "sets those that a YAML or JSON file names; -p goes before it; default: none",
    },
    output: {
      short: "o",
      value: "out.ipynb",
      help: "where the executed notebook is written, also the second word; default: nowhere",
    },
    timeout: { value: "seconds", help: "time limit for each cell; default: none" },
  },
  takesWords: true,
  async run({ parameter, "parameters-file": files, output: named, timeout }, words) {
    const [path, second, ...more] = words;
    if (path === undefined || more.length > 0 || (named !== undefined && second !== undefined))
      throw new UsageError(
        `One notebook is run at a time, to one output; got ${[...words, ...(named === undefined ? [] : [`-o ${named}`])].join(", ") || "none"}.`,
      );
    const output = named ?? second;
    if (output !== undefined && extname(output) !== ".ipynb")
      throw new UsageError(`The output ${output} must end in .ipynb.`);
    const cellTimeoutSeconds = timeout === undefined ? undefined : Number(timeout);
    if (cellTimeoutSeconds !== undefined && !(cellTimeoutSeconds > 0))
      throw new UsageError(`--timeout takes seconds above 0; got "${timeout}".`);
    const fromFiles = files.map((file) => parseParameters(readTextFile(file), file));
    const parameters = Object.assign({}, ...fromFiles, parseAssignments(parameter));
    const terminal = new TerminalListener({ headings: true });
    const run = (onCell?: Parameters<typeof runInTerminal>[1]["onCell"]) =>
      runInTerminal(terminal, { path, parameters, cellTimeoutSeconds, onCell });
    if (output === undefined) return (await run()).exitCode;
    return withOutput(output, async () => {
      const { outcome, exitCode } = await run((notebook) => writeNotebook(output, notebook));
      writeNotebook(output, outcome.notebook);
      terminal.note(`Wrote ${output}`);
      return exitCode;
    });
  },
});
