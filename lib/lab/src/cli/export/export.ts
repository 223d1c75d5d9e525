import { createWriteStream } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";

import { didYouMean } from "../../basics/did-you-mean";
import { withOutput } from "../../basics/output";
import { balrogFiles } from "../../export/balrog";
import { inspectLog } from "../../export/inspect";
import { ExportError, finishedPart } from "../../export/run";
import { trainingForms } from "../../export/training";
import type { Lab } from "../../lab";
import type { EpisodeRow } from "../../queries/episodes";
import { exportFormats, exportRows, exportTables } from "../../queries/export";
import { latestRun } from "../../queries/latest-run";
import { describeUnknownRun } from "../../queries/runs/unknown-run";
import { command, UsageError } from "../command";
import { withLab } from "../with-lab";
import { exportTraining, idsOf } from "./training";

/** Forms that other programs read, and that no file's ending tells. */
const forms = ["balrog", "inspect", ...trainingForms] as const;

/** What a run to export is, with its rows. */
interface Part {
  run: string;
  rows: readonly EpisodeRow[];
}

type Write = (lab: Lab, parts: readonly Part[]) => Promise<void>;

export default command({
  usage: "npm run export -- <file.csv | file.json | file.parquet | file.jsonl | folder> [options]",
  about:
    "Writes one row an episode, or one a step, of a run or of several. The file's ending says the format. In CSV a text that a\nspreadsheet would run as a formula has ' before it.",
  options: {
    run: {
      value: "run",
      default: "latest",
      help: "the run's id, or several: --run A,B; the column run tells their rows apart",
    },
    table: { value: "table", default: "episodes", help: exportTables.join(" or ") },
    format: {
      value: "form",
      help: "balrog: the BabyAI part of a submission to BALROG's leaderboard, into a new folder; inspect: a log for inspect_ai; sft, dpo: examples to learn from; default: what the file's ending says",
    },
    variant: {
      value: "name",
      help: "with --format balrog or inspect; default: the run's only one",
    },
    where: {
      value: "condition",
      short: "w",
      multiple: true,
      help: "with sft and dpo, any number of times, as in lab.examples: success=true, minReturn=0.9, noInvalidAnswers=true, stepsAboveExpert=2, demonstrations=true, variant=a,b, task=a,b; default: all whole episodes",
    },
    render: {
      value: "variant",
      help: "with sft and dpo: whose templates make the prompts; default: those of the variant that played",
    },
    "history-length": {
      value: "turns",
      help: "with sft and dpo: past turns in prompts with history; default: 8",
    },
    "val-fraction": {
      value: "share",
      help: "with sft and dpo into a folder: this share of the worlds is the split validation; default: none",
    },
    "split-seed": { value: "seed", help: "with --val-fraction; default: 42" },
    prefer: {
      value: "whose",
      help: "with dpo: the chosen answer is the expert's in the same state (expert), or that of the best episode of the same task and seed where the two part (better); default: expert",
    },
  },
  more: () =>
    "sft and dpo write OpenAI's JSONL into a file.jsonl, and else a Hugging Face data set in TRL's columns into a new folder.\n--run then also takes the id that lab.demonstrate gave, and several ids, a,b. OpenAI takes no new fine-tuning jobs\nfrom 2027-01-06 on.",
  takesWords: true,
  async run(values, words) {
    const [path = ""] = words;
    if (words.length !== 1)
      throw new UsageError(`One file is written at a time; got ${words.length}.`);
    const form = trainingForms.find((name) => name === values.format);
    if (form !== undefined) return exportTraining(path, form, values);
    const stray = TRAINING_OPTIONS.find(
      (name) => values[name] !== undefined && values[name].length > 0,
    );
    if (stray !== undefined)
      throw new UsageError(
        `--${stray} is for --format ${trainingForms.join(" or ")}; leave it out.`,
      );
    const runs = idsOf(values.run);
    const write = writerOf(path, values);
    const exportRuns = async (lab: Lab) => {
      const parts: Part[] = [];
      for (const named of runs) parts.push(await partOf(lab, named));
      await write(lab, parts);
    };
    // A balrog export's path is a folder that need not be there.
    const tried = values.format === "balrog" ? join(path, "episode") : path;
    await withOutput(tried, () => withLab(exportRuns));
  },
});

/** Options of the training forms alone. */
const TRAINING_OPTIONS = [
  "where",
  "render",
  "history-length",
  "val-fraction",
  "split-seed",
  "prefer",
] as const;

/** @throws ExportError the store has no such run */
async function partOf(lab: Lab, named: string): Promise<Part> {
  const run = named === "latest" ? await latestRun(lab.clickhouse) : named;
  if (run === null) throw new ExportError("The store has no run yet: npm start plays one.");
  const rows = await lab.episodes({ run });
  if (rows.length > 0) return { run, rows };
  throw new ExportError(await describeUnknownRun(lab.clickhouse, run));
}

/** @throws UsageError a form that is of one run, and several are given */
function only(parts: readonly Part[], form: string): Part {
  const [part] = parts;
  if (part !== undefined && parts.length === 1) return part;
  throw new UsageError(`--format ${form} takes one run; got ${parts.length}.`);
}

interface Values {
  table: string;
  format: string | undefined;
  variant: string | undefined;
}

/** What writes the run to a path. @throws UsageError */
function writerOf(path: string, { table: named, format: form, variant }: Values): Write {
  if (form === undefined) {
    if (variant !== undefined) throw new UsageError("--variant is for --format; leave it out.");
    return tableWriter(path, named);
  }
  if (form === "balrog") return balrogWriter(path, variant);
  if (form === "inspect") return inspectWriter(path, variant);
  throw new UsageError(`--format is ${form}, not ${forms.join(" or ")}.${didYouMean(form, forms)}`);
}

function tableWriter(file: string, named: string): Write {
  const format = exportFormats.find((name) => extname(file) === `.${name}`);
  if (format === undefined)
    throw new UsageError(
      `${file} ends in none of: ${exportFormats.map((name) => `.${name}`).join(", ")}.`,
    );
  const table = exportTables.find((name) => name === named);
  if (table === undefined)
    throw new UsageError(
      `--table is ${named}, not ${exportTables.join(" or ")}.${didYouMean(named, exportTables)}`,
    );
  return async (lab, parts) => {
    const runs = parts.map(({ run }) => run);
    await pipeline(
      await exportRows(lab.clickhouse, { run: runs, table, format }),
      createWriteStream(file),
    );
    console.log(
      `Wrote the ${table} of ${runs.length > 1 ? "runs" : "run"} ${runs.join(", ")} to ${file}`,
    );
    for (const { run, rows } of parts) {
      const open = rows.filter(({ success, error }) => success === null && error === null).length;
      if (open === 0) continue;
      console.warn(
        `Run ${run} is unfinished: ${rows.length - open} of ${rows.length} episodes ended. Those that succeed end early, so ` +
          "a mean over them is not that of the run.",
      );
    }
  };
}

function balrogWriter(folder: string, variant: string | undefined): Write {
  return async ({ clickhouse }, parts) => {
    const { run, rows } = only(parts, "balrog");
    // subtle: BALROG counts every JSON file in there as an episode.
    const there = await readdir(folder).catch(() => []);
    if (there.length > 0) throw new ExportError(`${folder} is not empty: name a new folder.`);
    const part = finishedPart(rows, variant);
    for await (const { path, text } of balrogFiles(clickhouse, part)) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    console.log(
      `Wrote ${part.variant} of run ${run} to ${folder}: BabyAI, one of the six games of BALROG. It is no entry of its ` +
        "leaderboard by itself.",
    );
  };
}

function inspectWriter(file: string, variant: string | undefined): Write {
  if (extname(file) !== ".json") throw new UsageError(`${file} must end in .json, for Inspect.`);
  return async ({ clickhouse }, parts) => {
    const { run, rows } = only(parts, "inspect");
    const part = finishedPart(rows, variant);
    await writeFile(file, await inspectLog(clickhouse, part));
    console.log(
      `Wrote ${part.variant} of run ${run} to ${file}: inspect_ai reads it (inspect view).`,
    );
  };
}
