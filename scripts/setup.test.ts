import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "setup-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | object): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
}

test("npm run lab looks for JupyterLab before it installs anything, and --help does nothing", () => {
  const project = join(folder, "bare");
  for (const name of ["run.mjs", "setup.mjs", "jupyter-lab.cjs"])
    cpSync(join(__dirname, name), join(project, "scripts", name));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, args, {
      cwd: project,
      encoding: "utf8",
      env: { PATH: join(folder, "nowhere") },
    });
  const { status, stderr } = run("scripts/run.mjs", "lab");
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining("JupyterLab was not found, and nothing was installed."),
  ]);
  for (const flag of ["-h", "--help"])
    expect(run("scripts/setup.mjs", flag)).toMatchObject({ status: 0, stderr: "" });
  expect(readdirSync(project)).toEqual(["scripts"]);
});

test("what npm's settings of a production machine leave out is installed all the same, once", () => {
  // A project whose packages are folders of its own, so that npm needs no registry. Its compiler copies.
  cpSync(join(__dirname, "setup.mjs"), join(folder, "scripts", "setup.mjs"));
  const own = {
    name: "project",
    workspaces: ["lib/lab"],
    devDependencies: { typescript: "file:own/typescript" },
    optionalDependencies: { engine: "file:own/engine" },
  };
  write("package.json", own);
  write("lib/lab/package.json", { name: "lab", version: "1.0.0" });
  write("lib/lab/src/index.ts", "");
  write("lib/lab/src/cli/notebooks/kernel-spec.js", "exports.registerKernel = () => {};");
  write("lib/lab/tsconfig.json", {});
  write("lib/tsconfig.compile.json", {});
  write("tsconfig.json", {});
  write("own/typescript/package.json", { name: "typescript", version: "1.0.0" });
  write(
    "own/typescript/bin/tsc",
    "require('node:fs').cpSync('lib/lab/src', 'lib/lab/dist', { recursive: true })",
  );
  write("own/engine/package.json", { name: "engine", version: "1.0.0" });
  const npm = (...args: string[]) =>
    spawnSync("npm", args, { cwd: folder, encoding: "utf8", env: { ...process.env } });
  expect(npm("install", "--package-lock-only", "--offline").status).toBe(0);

  const setup = () =>
    spawnSync(process.execPath, ["scripts/setup.mjs"], {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...process.env,
        NODE_ENV: "production",
        npm_config_omit: "dev\n\noptional",
        npm_config_offline: "true",
      },
    });
  const first = setup();
  expect([first.status, first.stderr]).toEqual([0, expect.stringContaining("Installing packages")]);
  for (const made of ["node_modules/typescript", "node_modules/engine", "lib/lab/dist/index.ts"])
    expect([made, existsSync(join(folder, made))]).toEqual([made, true]);
  expect(setup().stderr).toBe("");
});
