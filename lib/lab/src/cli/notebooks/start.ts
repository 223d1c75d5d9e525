import { join, parse, relative, resolve } from "node:path";
import { printable } from "embedded-gateway";
import { TerminalListener } from "../../display/terminal";
import { scheduledShard } from "../../experiment/shards/scheduler";
import { readNotebook, writeNotebook } from "../../runner/nbformat";
import { parameterLines, parseAssignments } from "../../runner/parameters";
import { command, UsageError } from "../command";
import { NEEDS_CHANGE, needsChange, playShard } from "./play-shard";
import { runInTerminal } from "./run-in-terminal";

/** What a resumed run has of its own. */
const runParameters = ["variants", "tasks", "episodes", "seed", "historyLength"];

const ENDS = `With --run it ends with 0 when all of its part is played; with ${NEEDS_CHANGE} when something must be changed first, a budget
that does not pay for another episode, a setting or a key; with 143 when it was terminated; else with 1: another start plays what is
missing.`;

const notebookIn = (root: string) => join(root, "notebooks", "babyai.ipynb");

/** Leaves the executed notebook beside the charts. */
export default command({
  usage: "npm start [-- options]",
  about: "Evaluates the agents with notebooks/babyai.ipynb and prints the table of results.",
  options: {
    parameter: {
      short: "p",
      value: "name=value",
      multiple: true,
      help: "sets a parameter of the notebook, any number of times; default: as below",
    },
    resume: {
      value: "run",
      help: `plays what this run lacks, with its own ${runParameters.join(", ")}, and -p worlds=… beside them; default: a new run`,
    },
    run: {
      value: "name",
      help: "the name of a run that several processes play, on any machines; -p variants=… begins it, whoever comes first; default: a run of this process alone",
    },
    shard: {
      value: "i/N",
      help: "the part that this process plays, from 1/N to N/N; default: what Kubernetes's Indexed Job, a Slurm array or GNU parallel gave it, else 1/1",
    },
  },
  more: (root) => {
    const lines = parameterLines(readNotebook(notebookIn(root)));
    const parameters = ["Parameters, with their defaults:", ...lines].join("\n  ");
    return `${parameters}\n\n${ENDS}`;
  },
  exitCode: (error, args) =>
    args.some((word) => /^--run(=|$)/.test(word)) && needsChange(error) ? NEEDS_CHANGE : 1,
  async run({ parameter, resume, run, shard }, _words, root) {
    const parameters = parseAssignments(parameter);
    const blank = Object.keys(parameters).find((name) => parameters[name]?.trim() === "");
    if (blank) throw new UsageError(`-p ${blank}= has no value: give one, or leave it out.`);
    if (shard !== undefined && run === undefined)
      throw new UsageError("--shard is a part of a run: name that with --run.");
    if (run !== undefined) {
      if (resume !== undefined)
        throw new UsageError("Give --run, which begins or goes on, or --resume, not both.");
      return playShard(
        { run, shard: shard ?? scheduledShard(process.env) ?? "1/1" },
        parameters,
        root,
      );
    }
    if (resume !== undefined) {
      const own = runParameters.find((name) => name in parameters);
      if (own) throw new UsageError(`A resumed run has ${own} of its own: leave out -p ${own}=….`);
      parameters.resume = resume;
    }
    const terminal = new TerminalListener({ headings: false });
    const { outcome, exitCode } = await runInTerminal(terminal, {
      path: notebookIn(root),
      parameters,
    });
    const { report, hasPlayed } = terminal;
    // Of a start that came to nothing, nothing is left.
    if (outcome.failure && !report && !hasPlayed) return exitCode;
    const unfinished = `unfinished-${new Date().toISOString().replaceAll(":", "-")}`;
    const directory = resolve(
      root,
      report?.directory ?? join("data", ".local", "runs", unfinished),
    );
    const executed = join(directory, "babyai.ipynb");
    writeNotebook(executed, outcome.notebook);
    const shown = (path: string) => `  ${relative(process.cwd(), resolve(root, path))}`;
    const charts = new Set(report?.charts.map((path) => parse(path).name)).size;
    if (report) print(["", report.table, "", `${charts} charts:`, shown(directory)]);
    print(["Executed notebook:", shown(executed)]);
    return exitCode;
  },
});

function print(lines: readonly string[]): void {
  process.stdout.write(`${printable(lines.join("\n"))}\n`);
}
