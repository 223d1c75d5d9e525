// npm run runs: the runs in the store, the newest first, with their state, cost and age.
import { createRequire } from "node:module";
import { openLabOrStop } from "./open-lab.mjs";
import { setup } from "./setup.mjs";

setup();
const require = createRequire(import.meta.url);
const { runsTable } = require("../lib/lab/dist/experiment/runs-table.js");
const { textTable } = require("../lib/lab/dist/display/table.js");

const lab = await openLabOrStop();
const runs = await lab.runs();
console.log(runs.length > 0 ? textTable(runsTable(runs)) : "No run yet: npm start makes one.");
await lab.close();
