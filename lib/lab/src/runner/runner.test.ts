import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import Ajv from "ajv";
import { progressMime, reportMime } from "../display/progress";
import { Kernel } from "./kernel";
import {
  type CodeCell,
  codeCell,
  formatNotebook,
  type MimeBundle,
  type Notebook,
} from "./nbformat";
import { type RunOptions, runNotebook, UnsupportedKernelError } from "./runner";

// Each test starts the real kernel, in a folder inside the repository: from there it finds tslab.
const root = resolve(__dirname, "..", "..", "..", "..");
mkdirSync(join(root, "data", ".local"), { recursive: true });
const directory = mkdtempSync(join(root, "data", ".local", "runner-test-"));
/** This library as `npm test` has compiled it, for code outside of jest: the kernel and a process to kill. */
const compiled = join(root, "lib", "lab", "dist");

afterAll(() => rmSync(directory, { recursive: true }));

function notebook(...cells: (string | CodeCell)[]): Notebook {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "tslab", display_name: "TypeScript" } },
    cells: cells.map((cell) => (typeof cell === "string" ? codeCell(cell) : cell)),
  };
}

function run(given: Notebook, options: Partial<RunOptions> = {}) {
  return runNotebook(given, { directory, ...options });
}

// Without the banners of a run that failed.
const codeCells = ({ cells }: Notebook) =>
  cells.filter((cell): cell is CodeCell => cell.cell_type === "code");

function textOf(cell: CodeCell, name: "stdout" | "stderr"): string {
  return cell.outputs
    .map((output) => (output.output_type === "stream" && output.name === name ? output.text : ""))
    .join("");
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 20));
}

test("cells run in order with parameters; outputs are merged and updated; an error ends the run", async () => {
  const given = notebook(
    codeCell("let episodes = 20;\nlet label: string = '', hostile = '';", ["parameters"]),
    "process.stdout.write('a'); process.stdout.write('b\\n'); console.error('e');\n({ episodes: episodes, label: label, hostile: escape(hostile) })",
    "setTimeout(() => console.log('late'), 50);\nnull",
    Array.from({ length: 300 }, (_, i) => `function f${i}(x: number) { return x + ${i}; }`).join(
      "\n",
    ),
    `const { progressBar, publishReport } = require(${JSON.stringify(join(compiled, "display", "progress-bar.js"))});
const { showTable } = require(${JSON.stringify(join(compiled, "display", "table.js"))});
const update = progressBar();
for (let done = 0; done <= 3; done++) {
  update({ done, total: 3, success: done, failed: 0, answers: done, invalid: 0, inputTokens: 0, outputTokens: 0, answersPerSecond: 1,
    spentUsd: 0, invalidAnswers: [], variants: [], seconds: done, secondsLeft: 3 - done, state: done < 3 ? "running" : "finished" });
}
showTable([{ answer: "<script>" }]);
publishReport({ run: "r1", directory: process.cwd() + "/r1", table: "t", charts: ["r1/a.svg"] });`,
    "const stdin = await new Promise((done) => process.stdin.on('end', () => done('eof')).resume());\nconsole.log('y'.repeat(1_000_000), stdin);",
    "let sum: number = f299(1);\nsum = 'text';",
    "console.log('never');",
  );
  const hostile = "\u2028\u2029\0\"'`\\";
  const before = structuredClone(given);
  const shown: MimeBundle[] = [];
  const started: number[] = [];
  const { notebook: result, failure } = await run(given, {
    parameters: { episodes: "5", label: "7", hostile },
    listener: {
      cellStarted: (_cell, index, count) => started.push(index / count),
      display: (data) => shown.push(data),
    },
  });

  expect(given).toEqual(before);
  const [, injected, streams, late, long, displays, big, failing, never] = codeCells(result);
  expect(failure).toMatchObject({ reason: "error", cell: failing });
  expect(failure!.message).toContain("Type 'string' is not assignable to type 'number'");
  expect(textOf(failing!, "stderr")).toContain(failure!.message);
  expect(injected!.metadata.tags).toEqual(["injected-parameters"]);
  expect(injected!.outputs).toEqual([]);
  expect(streams!.outputs).toEqual([
    { output_type: "stream", name: "stdout", text: "ab\n" },
    { output_type: "stream", name: "stderr", text: "e\n" },
    {
      output_type: "stream",
      name: "stdout",
      text: `{ episodes: 5, label: '7', hostile: '${escape(hostile)}' }\n`,
    },
  ]);
  // tslab sends what a timer prints to the cell that runs by then
  expect(textOf(late!, "stdout") + textOf(long!, "stdout") + textOf(displays!, "stdout")).toBe(
    "late\n",
  );
  expect(textOf(big!, "stdout")).toHaveLength(1_000_000 + " eof\n".length);

  const bundles = displays!.outputs.flatMap((output) => ("data" in output ? [output.data] : []));
  expect(bundles).toHaveLength(3);
  expect(bundles[0]).toMatchObject({
    [progressMime]: { done: 3, total: 3, state: "finished" },
    "text/plain": "3 of 3 episodes · in 3.0 s · 3 solved (100 %) · 3 answers (1.0/s) · 0 tokens",
    "text/html": expect.stringContaining("3 of 3 episodes"),
  });
  expect(bundles[1]!["text/html"]).toContain("&lt;script&gt;");
  expect(bundles[2]![reportMime]).toEqual({
    run: "r1",
    directory: join(relative(root, directory), "r1"),
    table: "t",
    charts: ["r1/a.svg"],
  });
  expect(shown.filter((data) => progressMime in data).length).toBeGreaterThan(1);

  expect(never).toMatchObject({ execution_count: null, outputs: [] });
  expect(codeCells(result).map((cell) => cell.execution_count)).toEqual([
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    null,
  ]);
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((index) => index / 9));
  expect(result.metadata.language_info).toMatchObject({ name: "typescript" });

  const valid = new Ajv({ allErrors: true }).compile(notebookSchema);
  valid(JSON.parse(formatNotebook(result)));
  expect(valid.errors).toBeNull();
});

test("whatever a cell writes in one go arrives, and that it has ended; a level and an agent of one's own play", async () => {
  const { notebook: result, failure } = await run(
    notebook(
      "for (let i = 0; i < 5000; i++) console.log('line', i);",
      `const { showTable } = require(${JSON.stringify(join(compiled, "display", "table.js"))});
for (let i = 0; i < 1000; i++) showTable([{ i: i }]);`,
      `import { BALL, defineLevel, GoTo, like, make, oneRoom, register } from "babyai-lab";
const level = defineLevel({
  summary: "Go to the ball.",
  competences: ["Room", "GoTo"],
  options: { roomSize: 6 },
  shape: ({ roomSize }) => oneRoom(roomSize),
  navigations: () => 1,
  generate(world) {
    const ball = world.addObject(0, 0, { type: BALL });
    world.placeAgent();
    return new GoTo(like(world, ball));
  },
});
register("My-Level-v0", level);
const env = make("My-Level-v0");`,
      `import { type Agent, Expert, play } from "babyai-lab";
const expert = new Expert(env);
const agent: Agent = { act: async ({ step }) => ({ action: step === 0 ? "drop" : expert.act() }) };
for await (const { decision } of await play(env, agent, { seed: 1 })) console.log(decision.action);
console.log(env.mission, env.reward > 0);`,
    ),
  );
  const [lines, displays, , playing] = codeCells(result);
  expect(failure).toBeUndefined();
  expect(textOf(lines!, "stdout").split("\n")).toEqual([
    ...Array.from({ length: 5000 }, (_, i) => `line ${i}`),
    "",
  ]);
  expect(displays!.outputs).toHaveLength(1000);
  expect(textOf(lines!, "stderr") + textOf(displays!, "stderr")).toBe("");
  const played = textOf(playing!, "stdout").trim().split("\n");
  expect([played[0], played.at(-1)]).toEqual([
    "drop",
    expect.stringMatching(/^go to the .* ball true$/),
  ]);
});

test("two at once: a kernel that dies and one that is interrupted, each with its outputs so far", async () => {
  const interrupt = new AbortController();
  const [died, interrupted] = await Promise.all([
    run(notebook("console.log(process.pid);", "console.error('why'); process.exit(3);", "1")),
    run(notebook("await 0; console.log(process.pid); await new Promise(() => {});", "1"), {
      interrupt: interrupt.signal,
      listener: { stream: (name) => name === "stdout" && interrupt.abort() },
    }),
  ]);

  expect(died.failure).toMatchObject({
    reason: "kernel died",
    cell: codeCells(died.notebook)[1],
    message: expect.stringContaining("ended with exit code 3"),
  });
  expect(codeCells(died.notebook)[1]!.outputs.at(-1)).toMatchObject({
    output_type: "error",
    ename: "kernel died",
  });
  const [waiting, next] = codeCells(interrupted.notebook);
  expect(interrupted.failure).toMatchObject({ reason: "interrupted", cell: waiting });
  expect(waiting!.outputs.at(-1)).toMatchObject({ output_type: "error", ename: "interrupted" });
  expect(next!.outputs).toEqual([]);
  for (const { notebook: result } of [died, interrupted]) {
    const pid = Number(textOf(codeCells(result)[0]!, "stdout"));
    expect(pid).toBeGreaterThan(0);
    expect(isAlive(pid)).toBe(false);
  }
});

test("a second interrupt reaches the cell, which may still end by itself", async () => {
  const interrupt = new AbortController();
  const interruptAgain = new AbortController();
  const source = `
    await new Promise((resolve) => setImmediate(resolve)); // tslab listens from the first await on
    process.removeAllListeners("SIGINT");
    let interrupts = 0;
    const done = new Promise((resolve) => process.on("SIGINT", () => {
      console.log("interrupt", ++interrupts);
      if (interrupts === 2) resolve(0);
    }));
    console.log("ready");
    await done;`;
  const { notebook: result, failure } = await runNotebook(notebook(source), {
    directory,
    interrupt: interrupt.signal,
    interruptAgain: interruptAgain.signal,
    listener: {
      stream: (_, text) => {
        if (text.includes("ready")) interrupt.abort();
        if (text.includes("interrupt 1")) interruptAgain.abort();
      },
    },
  });
  expect(failure?.reason).toBe("interrupted");
  expect(JSON.stringify(codeCells(result)[0]!.outputs)).toContain("interrupt 2");
});

test("a cell's time limit interrupts it", async () => {
  const { failure } = await run(notebook("while (true) {}"), { cellTimeoutSeconds: 0.3 });
  expect(failure).toMatchObject({ reason: "timeout", message: "The cell ran longer than 0.3 s." });
});

test("a kernel answers abort to what was queued behind an error, works on, and can be killed in a loop", async () => {
  const kill = new AbortController();
  const kernel = await Kernel.start({ directory, kill: kill.signal });
  const ignore = () => {};
  const replies = await Promise.all([
    kernel.execute("throw new Error('x')", ignore),
    kernel.execute("1", ignore),
  ]);
  expect(replies.map(({ status }) => status)).toEqual(["error", "abort"]);
  let next = await kernel.execute("1", ignore);
  while (next.status === "abort") next = await kernel.execute("1", ignore); // for 0.2 s tslab refuses everything
  expect(next).toMatchObject({ status: "ok", outputsComplete: true });

  const begun = join(directory, "begun"); // a file, since an output may not get out before the loop
  const looping = kernel.execute(
    `import { writeFileSync } from "fs"; writeFileSync(${JSON.stringify(begun)}, ""); while (true) {}`,
    ignore,
  );
  const ended = expect(looping).rejects.toThrow("ended by SIGKILL");
  while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 10));
  kill.abort();
  await ended;
  expect(isAlive(kernel.pid)).toBe(false);
  await kernel.shutdown();
});

test("a kernel ends by itself when the process that started it is killed", async () => {
  const script = `
    const { Kernel } = require(${JSON.stringify(join(compiled, "runner", "kernel.js"))});
    Kernel.start({ directory: process.cwd() }).then(async (kernel) => {
      kernel.execute("await 0; console.log('on'); while (true) {}", () => console.log(kernel.pid));
    });`;
  const runner = spawn(process.execPath, ["-e", script], { cwd: directory });
  let printed = "";
  runner.stdout.on("data", (text) => {
    printed += text;
  });
  await until(() => printed.includes("\n"));
  const pid = Number.parseInt(printed, 10);
  expect(isAlive(pid)).toBe(true);
  runner.kill("SIGKILL");
  await until(() => !isAlive(pid));
});

test("another kernel's notebook is refused", async () => {
  const given = notebook("1");
  given.metadata.kernelspec = { name: "python3", display_name: "Python 3" };
  await expect(run(given)).rejects.toThrow(UnsupportedKernelError);
});

/** What nbformat 4.5 asks of a stored notebook, for the parts that a run writes. */
const lines = { type: "array", items: { type: "string", pattern: "^[^\\n]*\\n?$" } };
const strict = (properties: Record<string, object>, optional: string[] = []) => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});
const count = { type: ["integer", "null"], minimum: 0 };
const notebookSchema = strict({
  nbformat: { const: 4 },
  nbformat_minor: { const: 5 },
  metadata: { type: "object", required: ["kernelspec", "language_info"] },
  cells: {
    type: "array",
    items: {
      anyOf: [
        strict({
          cell_type: { const: "markdown" },
          id: { type: "string", pattern: "^[a-zA-Z0-9-_]{1,64}$" },
          metadata: strict({ tags: { type: "array", items: { type: "string" } } }),
          source: lines,
        }),
        strict({
          cell_type: { const: "code" },
          id: { type: "string", pattern: "^[a-zA-Z0-9-_]{1,64}$" },
          metadata: strict({ tags: { type: "array", items: { type: "string" } } }, ["tags"]),
          source: lines,
          execution_count: count,
          outputs: {
            type: "array",
            items: {
              anyOf: [
                strict({
                  output_type: { const: "stream" },
                  name: { enum: ["stdout", "stderr"] },
                  text: lines,
                }),
                strict({
                  output_type: { const: "display_data" },
                  metadata: { type: "object" },
                  data: {
                    type: "object",
                    patternProperties: {
                      "^application/.*\\+json$": { type: "object" },
                      "^text/": lines,
                    },
                    additionalProperties: { type: "string" },
                  },
                }),
              ],
            },
          },
        }),
      ],
    },
  },
});
