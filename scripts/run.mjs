// npm start and npm run <name>: makes the clone ready, then runs a command of lib/lab/src/cli.
import { setup } from "./setup.mjs";

setup();
const { main } = await import("../lib/lab/dist/main.js");
const [name, ...args] = process.argv.slice(2);
process.exitCode = await main(name, args);
