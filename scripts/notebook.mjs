// npm run notebook -- notebooks/X.ipynb -p episodes=5 -o out.ipynb
import { setup } from "./setup.mjs";

setup();
const { notebookCommand } = await import("../lib/lab/dist/cli/notebooks.js");
process.exitCode = await notebookCommand(process.argv.slice(2));
