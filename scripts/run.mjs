// npm start and npm run <name>: makes the clone ready, then runs a command of lib/lab/src/cli.
import { findJupyterLab } from "./jupyter-lab.cjs";
import { setup } from "./setup.mjs";

const [name, ...args] = process.argv.slice(2);
// Looked for before anything is installed for its sake.
if (name === "lab" && !args.some((word) => ["-h", "--help"].includes(word))) findJupyterLab();
setup();
const { main } = await import("../lib/lab/dist/main.js");
const { INIT_CWD: folder, npm_lifecycle_script: script = "" } = process.env;
// npm runs its scripts in the project's folder; paths are meant from where one stands.
if (folder !== undefined && script.includes("run.mjs")) process.chdir(folder);
process.exitCode = await main(name, args);
