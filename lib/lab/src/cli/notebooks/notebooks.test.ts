import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { progressMime, reportMime } from "../../display/progress";
import { main } from "../../main";
import { type CodeCell, codeCell, readNotebook, writeNotebook } from "../../runner/nbformat";
import { catchPrinted, printed } from "../testing/printed";

const notebookCommand = (args: string[]) => main("notebook", args);
const startCommand = (root: string, args: string[]) => main("start", args, root);

const local = resolve(__dirname, "..", "..", "..", "..", "..", "data", ".local");
mkdirSync(local, { recursive: true });
const directory = mkdtempSync(join(local, "commands-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

catchPrinted();

function write(name: string, ...cells: (string | CodeCell)[]): string {
  const path = join(directory, name);
  writeNotebook(path, {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "tslab", display_name: "TypeScript" } },
    cells: cells.map((cell) => (typeof cell === "string" ? codeCell(cell) : cell)),
  });
  return path;
}

test("a failing cell ends the command with 1, is shown, and the notebook so far is written", async () => {
  const path = write(
    "fails.ipynb",
    codeCell("let episodes = 20;", ["parameters"]),
    "console.log('episodes:', episodes);",
    "const cause = 'boom';\nthrow new Error(cause);",
    "console.log('never');",
  );
  const output = join(directory, "new", "out.ipynb");
  expect(await notebookCommand([path, "-p", "episodes=5", "-o", output])).toBe(1);
  expect(printed.stdout).toBe("episodes: 5\n");
  expect(printed.stderr).toContain("[3/5] console.log('episodes:', episodes);");
  expect(printed.stderr).toContain("Error: boom");
  expect(printed.stderr).toContain(
    "cell [4]:\n  │ const cause = 'boom';\n  │ throw new Error(cause);\n",
  );
  expect((readNotebook(output).cells as CodeCell[]).map((cell) => cell.outputs.length)).toEqual([
    0, 0, 1, 1, 0,
  ]);
});

test("start follows the progress and prints what the notebook reports", async () => {
  const publish = (data: object) =>
    `(globalThis as any).__tslab__.require("tslab/dist/jupyter.js").lastWriteDisplayData(${JSON.stringify({ data, metadata: {}, transient: {} })}, false);`;
  const counts = { total: 4, success: 1, failed: 0, answers: 9, invalid: 0 };
  const speed = { answersPerSecond: 4.5, seconds: 2, secondsLeft: 2 };
  const tokens = { inputTokens: 900, outputTokens: 10 };
  const progress = {
    ...counts,
    ...speed,
    ...tokens,
    spentUsd: 0,
    invalidAnswers: [],
    variants: [],
  };
  write(
    join("notebooks", "babyai.ipynb"),
    publish({ [progressMime]: { ...progress, done: 2, state: "running" } }),
    publish({ [progressMime]: { ...progress, done: 4, state: "finished" } }),
    publish({
      [reportMime]: {
        run: "r",
        directory: "runs/r",
        table: "a  b\n1  2",
        charts: ["runs/r/x.svg", "runs/r/x.png", "runs/r/y.svg", "runs/r/y.png"],
      },
    }),
  );
  expect(await startCommand(directory, [])).toBe(0);
  expect(printed.stderr.split("\n")).toEqual([
    "████████████░░░░░░░░░░░░ 2 of 4 episodes · 2.0 s left · 1 solved (25–75 % of all) · 9 answers (4.5/s) · 910 tokens",
    "████████████████████████ 4 of 4 episodes · in 2.0 s · 1 solved (25 %) · 9 answers (4.5/s) · 910 tokens",
    "",
  ]);
  expect(printed.stdout).toMatch(/^\na {2}b\n1 {2}2\n\n2 charts:\n.*runs\/r\nExecuted notebook:\n/);
  expect(existsSync(join(directory, "runs", "r", "babyai.ipynb"))).toBe(true);
});

test("start --resume hands the run to the notebook, and refuses what the run has of its own", async () => {
  write(
    join("notebooks", "babyai.ipynb"),
    codeCell('let resume = "", episodes = 20, budgetUsd = 10;', ["parameters"]),
    "console.log(resume, episodes, budgetUsd);",
  );
  expect(await startCommand(directory, ["--resume", "r1", "-p", "budgetUsd=5"])).toBe(0);
  expect(printed.stdout).toMatch(/^r1 20 5\n/);
  expect(await startCommand(directory, ["--resume", "r1", "-p", "episodes=5"])).toBe(1);
  expect(printed.stderr).toContain(
    "A resumed run has episodes of its own: leave out -p episodes=….",
  );
});

test.each([
  [["--shard", "1/2"], "--shard is a part of a run: name that with --run."],
  [["--run", "r", "--resume", "r"], "Give --run, which begins or goes on, or --resume, not both."],
  [["--run", "r", "-p", "resume=r"], "A shard has no parameter resume; valid are variants, tasks,"],
  [["--run", "r", "-p", "variants=auto"], "depends on the machine: name the variants"],
])("start %p is refused in a line", async (args, message) => {
  expect(await startCommand(directory, args)).toBe(1);
  expect(printed.stderr).toContain(message);
});

test.each([
  [[], "One notebook is run at a time; got 0."],
  [["a.ipynb", "b.ipynb"], "got 2."],
  [["a.ipynb", "--fast"], "Unknown option --fast."],
  [["a.ipynb", "--timeout", "soon"], '--timeout takes seconds above 0; got "soon".'],
  [["a.ipynb", "-p", "episodes"], 'such as episodes=5; got "episodes".'],
  [["missing.ipynb"], "Cannot read the notebook missing.ipynb"],
  [[__filename], "it is not JSON"],
])("%p is refused in a line, with exit code 1", async (args, message) => {
  expect(await notebookCommand(args)).toBe(1);
  expect(printed.stderr).toContain(message);
  expect(printed.stderr).not.toContain("    at ");
});

test("a parameter that the notebook does not declare is refused before anything runs", async () => {
  const path = write("takes.ipynb", codeCell("let episodes = 20, seed = 1;", ["parameters"]));
  expect(await notebookCommand([path, "-p", "epsodes=5"])).toBe(1);
  expect(printed.stderr).toBe(
    'Unknown parameter epsodes. Did you mean "episodes"? Valid are episodes, seed.\n',
  );
});
