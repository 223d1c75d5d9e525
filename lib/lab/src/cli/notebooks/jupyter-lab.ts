import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { command } from "../command";
import { registerKernel } from "./kernel-spec";

/** All that JupyterLab writes of its own stays under data/.local. */
export default command({
  usage: "npm run lab [-- arguments of JupyterLab's]",
  about: "Starts JupyterLab on this folder, with the project's kernel known to it alone.",
  options: {},
  takesWords: "any",
  async run(_values, words, root) {
    const { findJupyterLab } = require(join(root, "scripts", "jupyter-lab.cjs")) as {
      findJupyterLab(): [name: string, ...args: string[]];
    };
    const [name, ...args] = findJupyterLab();
    const folder = registerKernel(root);
    const own = [
      "--ServerApp.ip=127.0.0.1",
      // Kernel and browser are on this machine: a cell's thousand lines in a second are no attack.
      "--ZMQChannelsWebsocketConnection.limit_rate=False",
      `--ServerApp.root_dir=${root}`,
      "--LabApp.default_url=/lab/tree/notebooks/babyai.ipynb",
    ];
    const lab = spawn(name, [...args, ...own, ...words], {
      cwd: root,
      env: environment(folder),
      stdio: "inherit",
    });
    // JupyterLab asks or ends at Ctrl-C by itself; this waits for it and takes over its exit code.
    process.on("SIGINT", () => {});
    process.on("SIGTERM", () => lab.kill("SIGTERM"));
    return new Promise((resolve, reject) => {
      lab.once("error", reject).once("exit", (code) => resolve(code ?? 1));
    });
  },
});

function environment(jupyter: string): NodeJS.ProcessEnv {
  return {
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
}
