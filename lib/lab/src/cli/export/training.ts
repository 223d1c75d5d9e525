import { readdir } from "node:fs/promises";
import { extname } from "node:path";
import { type TrainingForm, trainingRows, writeDataset, writeJsonl } from "../../export/training";
import type { Examples, ExamplesOptions } from "../../learn/examples";
import { ExamplesError } from "../../learn/examples-error";
import { type Preferred, preferred } from "../../learn/preferences";
import { latestRun } from "../../queries/latest-run";
import { UsageError } from "../command";
import { withLab } from "../with-lab";

/** The options of `npm run export` that say which examples. */
export interface TrainingValues {
  run: string;
  variant: string | undefined;
  where: readonly string[];
  render: string | undefined;
  "history-length": string | undefined;
  "val-fraction": string | undefined;
  "split-seed": string | undefined;
  prefer: string | undefined;
}

/** Writes examples to learn from: OpenAI's JSONL, or a Hugging Face data set. @returns the exit code */
export async function exportTraining(
  path: string,
  form: TrainingForm,
  values: TrainingValues,
): Promise<number> {
  const options = optionsOf(values);
  const by = preferredOf(form, values.prefer);
  const isFile = extname(path) === ".jsonl";
  if (isFile && options.split !== undefined)
    throw new UsageError("--val-fraction is for a folder; a file.jsonl has no splits.");
  if (!isFile && extname(path) !== "")
    throw new UsageError(`${path} is no file.jsonl, and a folder's name has no ending.`);
  return withLab(async (lab) => {
    try {
      const latest = options.run === "latest" ? await latestRun(lab.clickhouse) : options.run;
      if (latest === null) throw new ExamplesError("The store has no run yet: npm start");
      const there = isFile ? [] : await readdir(path).catch(() => []);
      if (there.length > 0) throw new ExamplesError(`${path} is not empty: name a new folder.`);
      const examples = await lab.examples({ ...options, run: latest });
      const counts = isFile
        ? { train: await writeJsonl(path, trainingRows(examples.train, form, by)) }
        : await writeDataset(lab.clickhouse, path, examples, {
            form,
            by,
            about: aboutOf(form, values),
          });
      console.log(describe(path, counts, examples));
      return 0;
    } catch (error) {
      if (!(error instanceof ExamplesError)) throw error;
      console.error(error.message);
      return 1;
    }
  });
}

function describe(
  path: string,
  counts: Readonly<Record<string, number>>,
  { train, validation, found }: Examples,
): string {
  const rows = Object.entries(counts).map(([split, count]) => `${count} for ${split}`);
  return `Wrote ${rows.join(", ")} to ${path}, of ${train.length + validation.length} of ${found} whole episodes.`;
}

/** The command again, for the card. */
function aboutOf(form: TrainingForm, values: TrainingValues): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const words = given.flatMap(([name, value]) =>
    [value].flat().map((text) => `--${name} ${/^[\w.,=/-]+$/.test(text) ? text : `'${text}'`}`),
  );
  return `\`npm run export -- <folder> --format ${form} ${words.join(" ")}\``;
}

function preferredOf(form: TrainingForm, given: string | undefined): Preferred {
  if (given !== undefined && form !== "dpo")
    throw new UsageError("--prefer is for --format dpo; leave it out.");
  const by = preferred.find((name) => name === (given ?? "expert"));
  if (by === undefined)
    throw new UsageError(`--prefer is ${given}, not ${preferred.join(" or ")}.`);
  return by;
}

/** The runs of `--run A,B`, each once. @throws UsageError one is blank */
export function idsOf(text: string): string[] {
  const ids = text.split(",").map((id) => id.trim());
  if (ids.includes(""))
    throw new UsageError(`--run is ${JSON.stringify(text)}, in which one is blank: give A,B.`);
  return [...new Set(ids)];
}

/** @throws UsageError */
function optionsOf(values: TrainingValues): ExamplesOptions {
  if (values.variant !== undefined)
    throw new UsageError("--variant is for --format balrog or inspect; give -w variant=….");
  const valFraction = numberOf("val-fraction", values["val-fraction"]);
  const seed = numberOf("split-seed", values["split-seed"]);
  if (valFraction === undefined && seed !== undefined)
    throw new UsageError("--split-seed is for --val-fraction; leave it out.");
  const ids = idsOf(values.run);
  return {
    run: ids.length === 1 ? ids[0]! : ids,
    where: whereOf(values.where),
    render: values.render,
    historyLength: numberOf("history-length", values["history-length"]),
    ...(valFraction !== undefined && { split: { valFraction, seed } }),
  };
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isNaN(number)) return number;
  throw new UsageError(`--${name} is ${JSON.stringify(text)}, no number.`);
}

/** `lab.examples` checks what the conditions say. */
function whereOf(conditions: readonly string[]): ExamplesOptions["where"] {
  const entries = conditions.map((condition): [string, unknown] => {
    const [, name, text] = /^(\w+)=(.+)$/s.exec(condition) ?? [];
    if (name === undefined || text === undefined)
      throw new UsageError(
        `--where is ${JSON.stringify(condition)}, which is not of the form success=true.`,
      );
    return [name, name === "variant" || name === "task" ? text.split(",") : readValue(text)];
  });
  const twice = entries.find(([name], i) => entries.findIndex(([other]) => other === name) !== i);
  if (twice !== undefined) throw new UsageError(`--where ${twice[0]}=… is given twice.`);
  return Object.fromEntries(entries);
}

function readValue(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}
