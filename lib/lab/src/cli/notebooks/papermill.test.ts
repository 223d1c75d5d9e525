import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type CodeCell, codeCell, readNotebook, writeNotebook } from "../../runner/nbformat";
import { registerKernel } from "./kernel-spec";

// Papermill and nbconvert run notebooks with the kernel that `npm run setup` has registered. Skipped where Python lacks one.

const root = resolve(__dirname, "..", "..", "..", "..", "..");
const local = join(root, "data", ".local");
mkdirSync(local, { recursive: true });
const folder = mkdtempSync(join(local, "papermill-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const python = (...args: string[]) =>
  spawnSync("python3", args, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, JUPYTER_PATH: join(root, "data", ".local", "jupyter") },
  });
const has = (name: string) => python("-c", `import ${name}`).status === 0;

const programs: [string, string[]][] = [
  ["papermill", ["-m", "papermill", "in.ipynb", "out.ipynb"]],
  ["nbconvert", "-m nbconvert --to notebook --execute in.ipynb --output out.ipynb".split(" ")],
];

describe.each(programs)("%s", (name, args) => {
  (has(name) ? test : test.skip)("runs a notebook, to the last of 1,000 lines", () => {
    registerKernel(root);
    writeNotebook(join(folder, "in.ipynb"), {
      nbformat: 4,
      nbformat_minor: 5,
      metadata: {
        kernelspec: { name: "tslab", display_name: "TypeScript", language: "typescript" },
      },
      cells: [codeCell("for (let i = 0; i < 1000; i++) console.log(i);"), codeCell("1 + 1")],
    });
    const { status, stderr } = python(...args);
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    const cells = readNotebook(join(folder, "out.ipynb")).cells as CodeCell[];
    const texts = cells.map(({ outputs }) =>
      outputs.map((output) => ("text" in output ? output.text : "")).join(""),
    );
    expect(texts[0]?.trim().split("\n")).toHaveLength(1000);
    expect(texts[1]).toBe("2\n");
  });
});
