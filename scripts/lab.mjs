// npm run lab: JupyterLab on this folder, with the project's kernel known to it alone. All that it
// writes of its own stays under data/.local; further arguments go to JupyterLab.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root, setup } from "./setup.mjs";

setup();

const jupyter = join(root, "data", ".local", "jupyter");

/** Writes the kernel's entry where only a Jupyter that gets our JUPYTER_PATH looks. */
function registerKernel() {
  const folder = join(jupyter, "kernels", "tslab");
  mkdirSync(folder, { recursive: true });
  const tslab = join(root, "node_modules", "tslab", "bin", "tslab");
  const spec = {
    argv: [process.execPath, tslab, "kernel", "--config-path", "{connection_file}"],
    display_name: "TypeScript (babyai-lab)",
    language: "typescript",
  };
  writeFileSync(join(folder, "kernel.json"), `${JSON.stringify(spec, null, 2)}\n`);
}

/** The first of the ways to JupyterLab that is there: installed, or fetched by a tool that is. */
function findJupyterLab() {
  const ways = [
    ["jupyter-lab"],
    ["uvx", "--from", "jupyterlab", "jupyter-lab"],
    ["pipx", "run", "--spec", "jupyterlab", "jupyter-lab"],
  ];
  return ways.find(
    ([command]) => spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0,
  );
}

const environment = {
  // Where uv and pipx keep what they fetch, unless the user said where.
  UV_CACHE_DIR: join(jupyter, "uv"),
  UV_PYTHON_INSTALL_DIR: join(jupyter, "python"),
  PIPX_HOME: join(jupyter, "pipx"),
  ...process.env,
  JUPYTER_PATH: [jupyter, process.env.JUPYTER_PATH].filter(Boolean).join(delimiter),
  JUPYTER_CONFIG_DIR: join(jupyter, "config"),
  JUPYTER_DATA_DIR: join(jupyter, "data"),
  JUPYTER_RUNTIME_DIR: join(jupyter, "runtime"),
  IPYTHONDIR: join(jupyter, "ipython"),
};

const way = findJupyterLab();
if (!way) {
  console.error(`JupyterLab was not found. Install it, or a tool that fetches it, and run this again:
  pip install jupyterlab     https://jupyter.org/install
  or uv                      https://docs.astral.sh/uv/getting-started/installation
  or pipx                    https://pipx.pypa.io
Without it, notebooks run by: npm run notebook -- notebooks/babyai.ipynb`);
  process.exit(1);
}
registerKernel();
const [command, ...args] = way;
const own = [
  "--ServerApp.ip=127.0.0.1",
  `--ServerApp.root_dir=${root}`,
  "--LabApp.default_url=/lab/tree/notebooks/babyai.ipynb",
];
const lab = spawn(command, [...args, ...own, ...process.argv.slice(2)], {
  cwd: root,
  env: environment,
  stdio: "inherit",
});
// JupyterLab asks or ends at Ctrl-C by itself; this waits for it and takes over its exit code.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => lab.kill("SIGTERM"));
lab.on("exit", (code, signal) => process.exit(signal ? 1 : code));
