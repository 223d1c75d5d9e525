// npm start: evaluates the agents with notebooks/babyai.ipynb and prints the table of results.
import { root, setup } from "./setup.mjs";

setup();
const { startCommand } = await import("../lib/lab/dist/cli/notebooks.js");
process.exitCode = await startCommand(root, process.argv.slice(2));
