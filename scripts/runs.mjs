// npm run runs: the runs in the store, the newest first, with their state, cost and age.
import { createRequire } from "node:module";
import { setup } from "./setup.mjs";

setup();
const require = createRequire(import.meta.url);
const { openLab } = require("../lib/dist/lab.js");
const { runsTable } = require("../lib/dist/experiment/runs-table.js");
const { textTable } = require("../lib/dist/notebook/table.js");

const lab = await openLab();
const runs = await lab.runs();
console.log(runs.length > 0 ? textTable(runsTable(runs)) : "No run yet: npm start makes one.");
await lab.close();
