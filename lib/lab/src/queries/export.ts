import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { ClickHouseClient } from "@clickhouse/client";
import { asCsvText } from "./csv";
import { EPISODES, ORDER } from "./episodes";
import { ANSWERED_BY } from "./parts/answered-by";
import { ANSWER, distinctAnswers } from "./parts/answers";
import { ACTS, USER_PROMPT } from "./parts/is-act";
import { tokenSums } from "./parts/token-sums";

/**
 * What can be exported: one row an episode (`EpisodeRow`), or one row a step with its prompt
 * and answer, also of tries that were replaced by others.
 */
export const exportTables = ["episodes", "steps"] as const;
export type ExportTable = (typeof exportTables)[number];

export const exportFormats = ["csv", "json", "parquet"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What is exported, and as what. */
export interface Exported {
  /** A run's id, or those of several: their rows follow one another, and the column `run` tells them apart. */
  run: string | readonly string[];
  table: ExportTable;
  format: ExportFormat;
}

/**
 * Runs' rows as the bytes of a file that ClickHouse writes: CSV with the columns' names in its first line and nothing
 * for null, JSON as a list of objects, or Parquet. A text in CSV that a spreadsheet would run has `'` before it, which
 * `readCsvCell` takes away. For a step, `action` is what the answer's valid action was, and null where it has
 * none; a lone surrogate in `answer` or `thinking`, which no such file can hold, is U+FFFD.
 *
 * @example
 * import { text } from "node:stream/consumers";
 *
 * const file = { run: run.id, table: "episodes", format: "csv" } as const;
 * const csv = await text(await exportRows(lab.clickhouse, file));
 */
export async function exportRows(
  clickhouse: ClickHouseClient,
  { run, table, format }: Exported,
): Promise<Readable> {
  const runs = [run].flat();
  const session_id = table === "steps" ? await sessionOfAnswers(clickhouse, runs) : undefined;
  const { select: one, order } = QUERIES[table];
  // Each has its own parameter, and its place as a column to order by.
  const select = runs
    .map((_, i) => `SELECT *, ${i} AS nth FROM (${one.replaceAll("{run:", `{run${i}:`)})`)
    .join(" UNION ALL ");
  const query_params = Object.fromEntries(runs.map((id, i) => [`run${i}`, id]));
  const options = { query_params, session_id };
  const replaced = format === "csv" ? await formulaFree(clickhouse, select, options) : "";
  const { stream } = await clickhouse.exec({
    query: `SELECT * EXCEPT nth${replaced} FROM (${select}) ORDER BY nth, ${order} FORMAT ${FORMATS[format]}`,
    ...options,
  });
  return stream as Readable;
}

/** What makes the text columns of a query ones that no spreadsheet runs. */
async function formulaFree(
  clickhouse: ClickHouseClient,
  select: string,
  options: { query_params: Record<string, string>; session_id: string | undefined },
): Promise<string> {
  const query = `DESCRIBE TABLE (${select})`;
  const described = await clickhouse.query({ query, format: "JSONEachRow", ...options });
  const texts = (await described.json<{ name: string; type: string }>())
    .filter(({ type }) => /\bString\b/.test(type))
    .map(({ name }) => `${asCsvText(name)} AS ${name}`);
  return ` REPLACE (${texts.join(", ")})`;
}

/** Opens a session whose table `read` says what the runs' answers are read as. */
async function sessionOfAnswers(
  clickhouse: ClickHouseClient,
  runs: readonly string[],
): Promise<string> {
  const session_id = randomUUID();
  await clickhouse.command({
    query: `CREATE TEMPORARY TABLE read (
      hash UInt64, answer Nullable(String), action Nullable(String), thinking Nullable(String)
    )`,
    session_id,
  });
  const known = new Set<string>();
  for (const run of runs) {
    for await (const answers of distinctAnswers(clickhouse, run)) {
      const values = answers
        .filter(({ hash }) => !known.has(hash) && known.add(hash))
        .map(({ hash, answer, action, thinking }) => ({
          hash,
          answer: answer?.toWellFormed() ?? null,
          action,
          thinking: thinking?.toWellFormed() ?? null,
        }));
      await clickhouse.insert({ table: "read", values, format: "JSONEachRow", session_id });
    }
  }
  return session_id;
}

const FORMATS: Record<ExportFormat, string> = {
  csv: "CSVWithNames SETTINGS format_csv_null_representation = ''",
  json: "JSONEachRow SETTINGS output_format_json_array_of_rows = 1",
  parquet: "Parquet",
};

const STEPS = `
WITH
  inference AS (
    SELECT id, episode_id, variant_name, mission, observation, picture, ${ANSWER} AS hash, tags, processing_time_ms
    FROM ${ACTS}
    WHERE tags['run'] = {run:String}
  ),
  call AS (
    SELECT
      inference_id,
      ${ANSWERED_BY},
      argMin(system, id) AS system_prompt,
      ${USER_PROMPT} AS user_prompt,
      ${tokenSums("SELECT id AS inference_id FROM inference")}
    FROM ModelInference
    WHERE inference_id IN (
      SELECT inference_id FROM TagInference WHERE key = 'run' AND value = {run:String}
    )
    GROUP BY inference_id
  )
SELECT
  tags['run'] AS run,
  variant_name AS variant,
  tags['task'] AS task,
  toFloat64(tags['seed']) AS seed,
  toString(inference.episode_id) AS episode_id,
  toUInt32(tags['step']) AS step,
  toString(inference.id) AS inference_id,
  call.model AS model,
  call.provider AS provider,
  mission,
  observation,
  picture,
  call.system_prompt AS system_prompt,
  call.user_prompt AS user_prompt,
  read.answer AS answer,
  read.action AS action,
  read.thinking AS thinking,
  call.input_tokens AS input_tokens,
  call.output_tokens AS output_tokens,
  ifNull(call.cached_input_tokens, 0) AS cached_input_tokens,
  processing_time_ms AS latency_ms
FROM inference
  INNER JOIN read ON inference.hash = read.hash
  LEFT JOIN call ON inference.id = call.inference_id
SETTINGS join_use_nulls = 1`;

const QUERIES: Record<ExportTable, { select: string; order: string }> = {
  episodes: { select: EPISODES, order: ORDER },
  steps: { select: STEPS, order: `${ORDER}, step` },
};
