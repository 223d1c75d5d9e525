import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { progressMime, reportMime } from "../../display/progress";
import { main } from "../../main";
import { type CodeCell, codeCell, readNotebook, writeNotebook } from "../../runner/nbformat";
import { catchPrinted, printed } from "../testing/printed";
import { NEEDS_CHANGE } from "./play-shard";

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
  const { cells } = readNotebook(output);
  expect(
    cells.map((cell) => (cell.cell_type === "code" ? cell.outputs.length : cell.source)),
  ).toEqual([
    "**Cell [4] failed, and none after it has run:** [see there](#stopped-here)\n\n`Error: boom`",
    ...[0, 0, 1],
    '<span id="stopped-here"></span>**This cell failed:**',
    ...[1, 0],
  ]);
  // Run again, it has no banner of before.
  expect(await notebookCommand([output, join(directory, "again.ipynb")])).toBe(1);
  expect(readNotebook(join(directory, "again.ipynb")).cells).toHaveLength(cells.length - 1);
});

test("papermill's forms: the output as second word, -p name value, a YAML file, True and None; it is there after each cell", async () => {
  const declared =
    'let n = 1, x = 0.5, quick = false, list = ["a"], title = "t", most: number | undefined = 3, why: string | null = "w";';
  const output = join(directory, "saved", "forms-out.ipynb");
  const path = write(
    "forms.ipynb",
    codeCell(declared, ["parameters"]),
    "console.log(JSON.stringify([n, x, quick, list, title, most ?? 'none', why]));",
    `import { readFileSync } from "fs"; console.log(readFileSync(${JSON.stringify(output)}, "utf8").includes("none"));`,
  );
  const file = join(directory, "parameters.yaml");
  writeFileSync(file, "n: 7\nlist: [b, c]\ntitle: 12\nwhy: null\nx: .25\n");
  const given = ["-p", "n", "5", "-p", "quick", "True", "-p", "most", "None", "-f", file];
  const code = await notebookCommand([path, output, ...given]);
  expect([code, printed.stderr]).toEqual([0, expect.stringContaining("Wrote")]);
  expect(printed.stdout).toBe('[5,0.25,true,["b","c"],"12","none",null]\ntrue\n');
  expect(existsSync(output)).toBe(true);
});

test("the output is tried before the run", async () => {
  const path = write("saves.ipynb", "console.log('one');");
  expect(await notebookCommand([path, join(path, "below.ipynb")])).toBe(1);
  expect([printed.stdout, printed.stderr]).toEqual([
    "",
    expect.stringContaining("below.ipynb cannot be written (ENOTDIR): name another path.\n"),
  ]);
  // A notebook that is not there leaves no folder.
  expect(await notebookCommand(["missing.ipynb", join(directory, "none", "out.ipynb")])).toBe(1);
  expect(existsSync(join(directory, "none"))).toBe(false);
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
  [["--run", "r", "-p", "resume=r"], "A shard has no parameter resume. Valid are variants, tasks,"],
  [["--run", "a b"], 'run is "a b": a name has up to 100 letters'],
  [["--run", "r", "--shard", "3/2"], 'shard is "3/2": give a part'],
  [["--run", "r", "-p", "variants=auto"], "depends on the machine: name the variants"],
])("start %p is refused in a line", async (args, message) => {
  expect(await startCommand(directory, args)).toBe(args[0] === "--run" ? NEEDS_CHANGE : 1);
  expect(printed.stderr).toContain(message);
});

test.each([
  [[], "One notebook is run at a time, to one output; got none."],
  [["a.ipynb", "b.ipynb", "c.ipynb"], "got a.ipynb, b.ipynb, c.ipynb."],
  [["a.ipynb", "params.yaml"], "The output params.yaml must end in .ipynb."],
  [["a.ipynb", "-f", __filename], "is no YAML"],
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
