// Where JupyterLab is: npm run lab asks before it installs a gigabyte of packages, and again to start it.
const { spawnSync } = require("node:child_process");

/** The ways to JupyterLab: installed, or fetched by a tool that is. */
const ways = [
  ["jupyter-lab"],
  ["uvx", "--from", "jupyterlab", "jupyter-lab"],
  ["pipx", "run", "--spec", "jupyterlab", "jupyter-lab"],
];

/** The first of them that is there, as a command and its arguments; ends the process where there is none. */
exports.findJupyterLab = () => {
  const isThere = ([name]) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;
  const way = ways.find(isThere);
  if (way !== undefined) return way;
  console.error(`JupyterLab was not found, and nothing was installed. Install it, or a tool that fetches it, and run this again:
  pip install jupyterlab     https://jupyter.org/install
  or uv                      https://docs.astral.sh/uv/getting-started/installation
  or pipx                    https://pipx.pypa.io
Without it, notebooks run by: npm run notebook -- notebooks/babyai.ipynb`);
  process.exit(1);
};
