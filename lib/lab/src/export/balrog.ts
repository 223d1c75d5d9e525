import type { ClickHouseClient } from "@clickhouse/client";
import { tasks } from "babyai";
import { BALROG_SETTINGS } from "../agents/balrog-like/forms";
import { answeredBy } from "../analysis/player";
import { startOfRun } from "../experiment/plan/settings";
import type { EpisodeRow } from "../queries/episodes";
import { ExportError, type ExportedEpisode, type ExportedRun, exportedEpisode } from "./run";

/** A file of an export; the path is relative to the folder that was asked for. */
export interface ExportedFile {
  path: string;
  text: string;
}

/** BALROG's setting. */
const EPISODES = 10;

/**
 * The BabyAI part of a submission to BALROG's leaderboard, a file at a time: for each episode its log (JSON) and its steps (CSV in
 * BALROG's dialect), the summary as BALROG's own code makes it, and metadata.yaml. It is one of the leaderboard's six games,
 * and no summary.json is written, since that would be taken for all six. Sources: balrog-ai/BALROG at af7d1f1, evaluator.py and
 * utils.py; balrog-ai/experiments, submit.py.
 *
 * @throws ExportError the run is not BALROG's five tasks with ten episodes or more of each
 */
export async function* balrogFiles(
  clickhouse: ClickHouseClient,
  run: ExportedRun,
): AsyncGenerator<ExportedFile> {
  checkTasks(run);
  const numbers = new Map<string, number>();
  for (const row of run.rows) {
    const episode = await exportedEpisode(clickhouse, row);
    const number = numbers.get(row.task) ?? 0;
    numbers.set(row.task, number + 1);
    // The task has a slash, and its name comes twice: once for the folder, once in the file's name.
    const path = `babyai/${row.task}/${row.task}_run_${String(number).padStart(2, "0")}`;
    yield { path: `${path}.csv`, text: stepsCsv(episode) };
    yield { path: `${path}.json`, text: json(episodeLog(episode)) };
  }
  yield { path: "babyai/babyai_summary.json", text: json(summary(run.rows)) };
  yield { path: "metadata.yaml", text: metadata(run) };
}

function checkTasks({ variant, rows }: ExportedRun): void {
  const other = rows.find(({ task }) => !tasks.includes(task));
  if (other !== undefined)
    throw new ExportError(`BALROG has no task ${other.task}. It has ${tasks.join(", ")}.`);
  for (const task of tasks) {
    const { length } = rows.filter((row) => row.task === task);
    if (length >= EPISODES) continue;
    throw new ExportError(
      `${variant} has ${length} of the ${EPISODES} episodes of ${task} that BALROG asks for: npm start -- -p episodes=${EPISODES}`,
    );
  }
}

const json = (value: object) => JSON.stringify(value, null, 4);

/** An episode's log. A BALROG-like agent stays a custom one, since its words are not BALROG's; its settings are told. */
export function episodeLog({ row, form, steps }: ExportedEpisode) {
  const frequency: Record<string, number> = {};
  for (const { played } of steps) frequency[played] = (frequency[played] ?? 0) + 1;
  return {
    task: row.task,
    action_frequency: frequency,
    input_tokens: row.input_tokens ?? 0,
    output_tokens: row.output_tokens ?? 0,
    done: true,
    episode_return: row.episode_return,
    num_steps: steps.length,
    failed_candidates: steps.filter(({ action }) => action === null).map(({ said }) => said),
    mission: steps[0]?.mission ?? "",
    progression: row.progression,
    process_num: null,
    seed: row.seed,
    agent: {
      ...{ type: "custom", name: row.variant },
      ...(form !== null && { like: form, ...BALROG_SETTINGS }),
    },
    client: { client_name: row.provider ?? null, model_id: row.model ?? null },
  };
}

/** What an action led to stands in its own line. The answer's text stands for an action that it did not name. */
function stepsCsv({ steps }: ExportedEpisode): string {
  const rows = steps.map(({ step, said, thinking, next, reward, done }) => [
    ...[String(step), said, thinking ?? "", next],
    ...[String(reward), done ? "True" : "False"],
  ]);
  const header = ["Step", "Action", "Reasoning", "Observation", "Reward", "Done"];
  return [header, ...rows].map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

/** As Python's csv module writes it with QUOTE_MINIMAL and the escape character that BALROG sets. */
function csvCell(text: string): string {
  const escaped = text.replaceAll("˘", "˘˘").replaceAll('"', '""');
  return /[",\r\n]/.test(text) ? `"${escaped}"` : escaped;
}

/** As BALROG adds up: over all episodes, whatever their task, with the population's standard deviation. */
function summary(rows: readonly EpisodeRow[]) {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const of = (own: readonly EpisodeRow[]) => {
    const progress = own.map(({ progression }) => progression ?? 0);
    const mean = sum(progress) / own.length;
    const deviation = Math.sqrt(sum(progress.map((value) => (value - mean) ** 2)) / own.length);
    return {
      progression_percentage: 100 * mean,
      standard_error: 100 * (deviation / Math.sqrt(own.length)),
      episodes_played: own.length,
    };
  };
  const { progression_percentage, standard_error, episodes_played } = of(rows);
  return {
    ...{ progression_percentage, standard_error },
    average_steps: sum(rows.map(({ episode_length }) => episode_length ?? 0)) / rows.length,
    episodes_played,
    tasks: Object.fromEntries(
      tasks.map((task) => [task, of(rows.filter((row) => row.task === task))]),
    ),
    input_tokens: sum(rows.map(({ input_tokens }) => input_tokens ?? 0)),
    output_tokens: sum(rows.map(({ output_tokens }) => output_tokens ?? 0)),
  };
}

function metadata({ run, variant, rows }: ExportedRun): string {
  const { model } = answeredBy(rows);
  return [
    `name: ${JSON.stringify(`${variant} (${model ?? "nobody has answered"})`)}`,
    "oss: null # true or false: whether the model's weights are open",
    "site: null",
    "verified: false",
    `date: ${JSON.stringify(startOfRun(run)?.slice(0, 10) ?? run)}`,
    "",
  ].join("\n");
}
