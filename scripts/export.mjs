// npm run export: a run's episodes or steps from ClickHouse, as CSV, JSON or Parquet.
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { readArguments } from "./arguments.mjs";
import { openLabOrStop } from "./open-lab.mjs";
import { setup } from "./setup.mjs";

const usage = `npm run export -- <file.csv | file.json | file.parquet> [--run <run>] [--table episodes | steps]

Writes one row an episode, or one a step, of a run. The file's ending says the format.

  --run    the run's id; default: latest
  --table  default: episodes`;

const { values, positionals, stop } = readArguments(usage, {
  run: { type: "string", default: "latest" },
  table: { type: "string", default: "episodes" },
});

setup();
const { exportFormats, exportRows, exportTables, latestRun } = createRequire(import.meta.url)(
  "babyai-lab",
);
const { table } = values;
const [file] = positionals;
if (positionals.length !== 1) stop(`One file is written at a time; got ${positionals.length}.`);
const format = extname(file).slice(1);
if (!exportFormats.includes(format))
  stop(`${file} ends in none of: ${exportFormats.map((name) => `.${name}`).join(", ")}.`);
if (!exportTables.includes(table)) stop(`--table is ${table}, not ${exportTables.join(" or ")}.`);

const lab = await openLabOrStop();
try {
  const run = values.run === "latest" ? await latestRun(lab.clickhouse) : values.run;
  const planned = run === null ? [] : await lab.episodes({ run });
  if (planned.length > 0) {
    await mkdir(dirname(file), { recursive: true });
    const rows = await exportRows(lab.clickhouse, { run, table, format });
    await pipeline(rows, createWriteStream(file));
    console.log(`Wrote the ${table} of run ${run} to ${file}`);
    const open = planned.filter(({ success, error }) => success === null && error === null).length;
    if (open > 0) {
      console.warn(
        `The run is unfinished: ${planned.length - open} of ${planned.length} episodes ended. Those that succeed end early, so ` +
          "a mean over them is not that of the run.",
      );
    }
  } else {
    console.error(
      run === null ? "The store has no run yet: npm start" : `The store has no run ${run}.`,
    );
    process.exitCode = 1;
  }
} finally {
  await lab.close();
}
