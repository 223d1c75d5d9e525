import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import type { ChatMessage } from "../agents/local/reading/prompt";
import type { ExampleEpisode, Examples } from "../learn/examples";
import { type Preferred, preferencesOf } from "../learn/preferences";

/** What a trainer learns from: answers to imitate, or pairs of answers of which one is preferred. */
export const trainingForms = ["sft", "dpo"] as const;
export type TrainingForm = (typeof trainingForms)[number];

/** Where an answer was given. */
interface Origin {
  run: string;
  variant: string;
  task: string;
  seed: number;
  episode_id: string;
  inference_id: string;
  /** From 0. */
  step: number;
}

type Messages = readonly ChatMessage[];

/** A row of TRL's conversational prompt-completion data set. */
interface SftRow extends Origin {
  prompt: Messages;
  completion: Messages;
}

/** A row of TRL's conversational preference data set. */
interface DpoRow extends Origin {
  prompt: Messages;
  chosen: Messages;
  rejected: Messages;
}

export type TrainingRow = SftRow | DpoRow;

/** The rows of one side of the examples, rendered one at a time. @throws ExamplesError see `lab.examples` */
export function* trainingRows(
  episodes: readonly ExampleEpisode[],
  form: TrainingForm,
  by: Preferred,
): Generator<TrainingRow> {
  if (form === "dpo") {
    for (const [episode, { step, inference_id, ...answers }] of preferencesOf(episodes, by))
      yield { ...answers, ...originOf(episode), inference_id, step };
    return;
  }
  for (const episode of episodes)
    for (const { step, inference_id, prompt, completion } of episode.examples())
      yield { prompt, completion, ...originOf(episode), inference_id, step };
}

function originOf({ run, variant, task, seed, episode_id }: ExampleEpisode) {
  return { run, variant, task, seed, episode_id };
}

/** A line of OpenAI's JSONL: `messages`, or for pairs `input`, `preferred_output` and `non_preferred_output`. */
export function openAiLine(row: TrainingRow): string {
  const line =
    "completion" in row
      ? { messages: [...row.prompt, ...row.completion] }
      : {
          input: { messages: row.prompt, tools: [], parallel_tool_calls: true },
          preferred_output: row.chosen,
          non_preferred_output: row.rejected,
        };
  return `${JSON.stringify(line)}\n`;
}

/** Writes rows as a JSONL file; where that fails there is no file. @returns how many */
export async function writeJsonl(file: string, rows: Iterable<TrainingRow>): Promise<number> {
  let count = 0;
  function* lines() {
    for (const row of rows) {
      yield openAiLine(row);
      count += 1;
    }
  }
  await mkdir(dirname(file), { recursive: true });
  try {
    await pipeline(Readable.from(lines()), createWriteStream(file));
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return count;
}

export interface DatasetOptions {
  /** "sft": answers to imitate; "dpo": pairs, of which one is preferred. Default "sft". */
  form?: TrainingForm;
  /** With "dpo", whose answer is: the "expert"'s in the same state, or that of a "better" episode of the same world. Default "expert". */
  by?: Preferred;
  /** What the card says of how it was made. Default: `lab.examples`. */
  about?: string;
}

/**
 * Writes a Hugging Face data set into a new folder, for `load_dataset(folder)`: a Parquet file for each split, in the columns that TRL
 * names, and a card. ClickHouse writes the Parquet. `npm run export -- folder --format sft` does the same.
 *
 * @example
 * const examples = await lab.examples({ run: run.id, render: "rule_based" });
 * const { train } = await writeDataset(lab.clickhouse, "examples", examples);
 * console.log(train); // how many decisions
 * @returns rows by split
 * @throws ExamplesError the variant thinks before it acts, and a step has no thinking to learn from
 */
export async function writeDataset(
  clickhouse: ClickHouseClient,
  folder: string,
  { train, validation }: Pick<Examples, "train" | "validation">,
  { form = "sft", by = "expert", about = "`lab.examples`" }: DatasetOptions = {},
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const files: Record<string, string> = {};
  const data = join(folder, "data");
  await mkdir(data, { recursive: true });
  for (const [split, episodes] of Object.entries({ train, validation })) {
    if (episodes.length === 0) continue;
    const file = join(data, split);
    counts[split] = await writeParquet(clickhouse, file, form, trainingRows(episodes, form, by));
    // `datasets` keeps what it has read under the folder's last name and the card's configuration: without the content in that,
    // it would take another folder of the same name for this one.
    files[split] = `${split}-${await digestOf(file)}.parquet`;
    await rename(file, join(data, files[split]));
  }
  const card = cardOf(form, counts, files, { train, validation }, about);
  await writeFile(join(folder, "README.md"), card);
  return counts;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex").slice(0, 16);
}

const MESSAGES = "Array(Tuple(role String, content String))";

const COLUMNS: Record<TrainingForm, string> = {
  sft: `prompt ${MESSAGES}, completion ${MESSAGES}`,
  dpo: `prompt ${MESSAGES}, chosen ${MESSAGES}, rejected ${MESSAGES}`,
};

const ORIGIN =
  "run String, variant String, task String, seed Int64, episode_id String, inference_id String, step Int32";

/** Rows of one insert. */
const BLOCK = 2000;

async function writeParquet(
  clickhouse: ClickHouseClient,
  file: string,
  form: TrainingForm,
  rows: Iterable<TrainingRow>,
): Promise<number> {
  const session_id = randomUUID();
  const query = `CREATE TEMPORARY TABLE training_row (number UInt64, ${COLUMNS[form]}, ${ORIGIN})`;
  await clickhouse.command({ query, session_id });
  let count = 0;
  let values: object[] = [];
  const insert = async () => {
    await clickhouse.insert({ table: "training_row", values, format: "JSONEachRow", session_id });
    values = [];
  };
  for (const row of rows) {
    values.push({ number: count++, ...row });
    if (values.length === BLOCK) await insert();
  }
  if (values.length > 0) await insert();
  const { stream } = await clickhouse.exec({
    query:
      "SELECT * EXCEPT (number) FROM training_row ORDER BY number FORMAT Parquet SETTINGS output_format_parquet_string_as_string = 1",
    session_id,
  });
  await pipeline(stream as Readable, createWriteStream(file));
  await clickhouse.command({ query: "DROP TABLE training_row", session_id });
  return count;
}

const SAYS: Record<TrainingForm, string> = {
  sft: "A row is one decision: `prompt`, the messages that the model is sent, and `completion`, the answer to learn (TRL's conversational prompt-completion form).",
  dpo: "A row is two answers to one `prompt`: `chosen` is preferred to `rejected`, which was answered (TRL's conversational preference form).",
};

function cardOf(
  form: TrainingForm,
  counts: Readonly<Record<string, number>>,
  files: Readonly<Record<string, string>>,
  { train, validation }: Pick<Examples, "train" | "validation">,
  about: string,
): string {
  const splits = Object.keys(counts);
  const episodes = [...train, ...validation];
  const names = (column: "run" | "variant" | "task") =>
    [...new Set(episodes.map((episode) => episode[column]))].sort().join(", ");
  const seeds = episodes.map(({ seed }) => seed);
  const range = (pick: typeof Math.min) => seeds.reduce((a, b) => pick(a, b));
  const sides: Record<string, readonly ExampleEpisode[]> = { train, validation };
  return [
    "---",
    "task_categories:\n- text-generation",
    "language:\n- en",
    `tags:\n- babyai\n- trl\n- ${form}`,
    "configs:\n- config_name: default\n  data_files:",
    ...splits.map((split) => `  - split: ${split}\n    path: data/${files[split]}`),
    "---",
    "",
    "# Decisions in BabyAI",
    "",
    `${SAYS[form]} Beside them stands where the decision comes from.`,
    "",
    "| split | episodes | rows |",
    "|---|--:|--:|",
    ...splits.map((split) => `| ${split} | ${sides[split]?.length} | ${counts[split]} |`),
    "",
    `- Made with: ${about}`,
    `- Runs or demonstrations: ${names("run")}`,
    `- Variants: ${names("variant")}`,
    `- Tasks: ${names("task")}`,
    `- Seeds: ${range(Math.min)} to ${range(Math.max)}. Do not evaluate on worlds (a task and seed) that are in here.`,
    "- A world is in one split only.",
    "",
  ].join("\n");
}
