import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { exportFormats, exportRows, exportTables } from "../queries/export";
import { latestRun } from "../queries/latest-run";
import { command, UsageError } from "./command";
import { withLab } from "./with-lab";

export default command({
  usage: "npm run export -- <file.csv | file.json | file.parquet> [options]",
  about:
    "Writes one row an episode, or one a step, of a run. The file's ending says the format. In CSV a text that a\nspreadsheet would run as a formula has ' before it.",
  options: {
    run: { value: "run", default: "latest", help: "the run's id" },
    table: { value: "table", default: "episodes", help: exportTables.join(" or ") },
  },
  takesWords: true,
  async run(values, words) {
    const [file = ""] = words;
    if (words.length !== 1)
      throw new UsageError(`One file is written at a time; got ${words.length}.`);
    const format = exportFormats.find((name) => extname(file) === `.${name}`);
    if (format === undefined)
      throw new UsageError(
        `${file} ends in none of: ${exportFormats.map((name) => `.${name}`).join(", ")}.`,
      );
    const table = exportTables.find((name) => name === values.table);
    if (table === undefined)
      throw new UsageError(`--table is ${values.table}, not ${exportTables.join(" or ")}.`);
    return withLab(async (lab) => {
      const run = values.run === "latest" ? await latestRun(lab.clickhouse) : values.run;
      const planned = run === null ? [] : await lab.episodes({ run });
      if (run === null || planned.length === 0) {
        console.error(
          run === null ? "The store has no run yet: npm start" : `The store has no run ${run}.`,
        );
        return 1;
      }
      await mkdir(dirname(file), { recursive: true });
      const rows = await exportRows(lab.clickhouse, { run, table, format });
      await pipeline(rows, createWriteStream(file));
      console.log(`Wrote the ${table} of run ${run} to ${file}`);
      const open = planned.filter(
        ({ success, error }) => success === null && error === null,
      ).length;
      if (open > 0) {
        console.warn(
          `The run is unfinished: ${planned.length - open} of ${planned.length} episodes ended. Those that succeed end early, so ` +
            "a mean over them is not that of the run.",
        );
      }
      return 0;
    });
  },
});
