import type { Table } from "embedded-gateway";
import { LOCAL_KINDS, LOCAL_PROVIDER } from "../agents/local/own-models";
import { readJson, textsOf } from "../basics/json";
import type { EpisodeRow } from "../queries/episodes";
import { compareText } from "./order";
import { isFinished } from "./outcome";
import { withStepLimits } from "./simulator";
import { AnalysisError } from "./statistics/errors";

/** Episodes kept in the repository, with what is needed to make them again. */
export interface Results {
  provenance: Provenance;
  episodes: EpisodeRow[];
}

export interface Provenance {
  /** The command that made them. */
  command: string;
  /** Day of the run, as 2026-11-22. */
  date: string;
  /** "200 to 219 on each task". */
  seeds: string;
  /** The models that answered for each variant, by their names in the gateway. */
  models: Record<string, string>;
  /** Versions that matter: this library, Node, the gateway, ClickHouse. */
  versions: Record<string, string>;
}

/** Results of a run that lacks outcomes, where only those of a whole one belong. */
export class UnfinishedRunError extends AnalysisError {
  override readonly name = "UnfinishedRunError";
}

/**
 * Refuses results in which a planned episode was cut off or never begun, or in which a variant lacks an episode that another
 * has. Failed ones are outcomes of a kind: charts show the range that they leave.
 *
 * @throws UnfinishedRunError
 */
export function requireFinished({ provenance, episodes }: Results, source: string): void {
  const ended = episodes.filter((row) => isFinished(row) || row.error !== null).length;
  const worlds = new Set(episodes.map(({ task, seed }) => `${task} ${seed}`)).size;
  const planned = Math.max(episodes.length, worlds * Object.keys(provenance.models).length);
  if (ended >= planned) return;
  throw new UnfinishedRunError(
    `${source} is of an unfinished run: ${ended} of ${planned} episodes ended, and those that succeed end early. ` +
      `Play the rest (npm start -- --resume ${episodes[0]?.run ?? "<run>"}) and take its results.json.`,
  );
}

/**
 * The text of a results file: JSON with the provenance first, then the names of the columns once and one
 * episode a line, sorted by variant, task and seed, so that a new run shows as the lines that changed.
 *
 * @example
 * import { readFileSync, writeFileSync } from "node:fs";
 *
 * const { provenance, episodes } = parseResults(readFileSync("data/results/local.json", "utf8"), "local.json");
 * const solved = episodes.filter((row) => row.success);
 * writeFileSync("solved.json", formatResults({ provenance, episodes: solved }));
 */
export function formatResults({ provenance, episodes }: Results): string {
  const rows = [...episodes].sort(
    (a, b) => compareText(a.variant, b.variant) || compareText(a.task, b.task) || a.seed - b.seed,
  );
  const lines = rows.map(
    (row) => `    ${JSON.stringify(COLUMNS.map((column) => row[column] ?? null))}`,
  );
  return [
    "{",
    `  "provenance": ${JSON.stringify(provenance, null, 2).replaceAll("\n", "\n  ")},`,
    `  "columns": ${JSON.stringify(COLUMNS)},`,
    '  "episodes": [',
    lines.join(",\n"),
    "  ]",
    "}",
    "",
  ].join("\n");
}

/**
 * Reads what {@link formatResults} wrote. `source` names the text in errors.
 *
 * @example
 * import { readFileSync } from "node:fs";
 *
 * const text = readFileSync("data/results/local.json", "utf8");
 * const { episodes } = parseResults(text, "local.json");
 * await showChart(successRate(episodes));
 * @throws AnalysisError the text is no JSON, or a part is missing or of another type than EpisodeRow says
 */
export function parseResults(text: string, source: string): Results {
  return readJson(text, source, AnalysisError, (table) => {
    const provenance = readProvenance(table.table("provenance") ?? table.missing("provenance"));
    const known = columnsOf(table.raw("columns"), source);
    const episodes = table.raw("episodes");
    if (!Array.isArray(episodes)) throw new AnalysisError(`${source} lacks the list "episodes"`);
    const rows = episodes.map((values: unknown, index) => {
      const episode = toEpisode(values, known, `${source}, episode ${index + 1}`);
      return { ...older(episode.variant, provenance.models), ...episode };
    });
    return { provenance, episodes: withStepLimits(rows) };
  });
}

function readProvenance(table: Table): Provenance {
  const texts = (key: string) => textsOf(table.table(key) ?? table.missing(key));
  return {
    command: table.requiredString("command"),
    date: table.requiredString("date"),
    seeds: table.requiredString("seeds"),
    models: texts("models"),
    versions: texts("versions"),
  };
}

/** All columns, or those of before the last ones were there. @throws AnalysisError */
function columnsOf(columns: unknown, source: string): readonly Column[] {
  for (const later of [0, 2, 3]) {
    const known = COLUMNS.slice(0, COLUMNS.length - later);
    if (JSON.stringify(columns) === JSON.stringify(known)) return known;
  }
  throw new AnalysisError(
    `${source} has the columns ${JSON.stringify(columns)}, not ${JSON.stringify(COLUMNS)}`,
  );
}

/**
 * What stands for columns that older files lack: there were no cached tokens to tell of, and models were named once for
 * each variant, of which those that ship were the only local ones.
 */
function older(variant: string, models: Provenance["models"]) {
  const model = models[variant] ?? null;
  const isLocal = model !== null && Object.hasOwn(LOCAL_KINDS, model);
  return { cached_input_tokens: 0, model, provider: isLocal ? LOCAL_PROVIDER : null };
}

function toEpisode(values: unknown, columns: readonly Column[], place: string): EpisodeRow {
  if (!Array.isArray(values) || values.length !== columns.length) {
    throw new AnalysisError(`${place} is ${JSON.stringify(values)}, not ${columns.length} values`);
  }
  columns.forEach((column, index) => {
    const { type, nullable } = TYPES[column];
    const value: unknown = values[index];
    if (!(typeof value === type || (nullable && value === null))) {
      throw new AnalysisError(
        `${place}: ${column} is ${JSON.stringify(value)}, not a ${type}${nullable ? " or null" : ""}`,
      );
    }
  });
  return Object.fromEntries(
    columns.map((column, index) => [column, values[index]]),
  ) as unknown as EpisodeRow;
}

/** Of every column of a results file; the simulator tells the step limit, and what people say of episodes is theirs. */
const TYPES: Record<Column, { type: "string" | "number" | "boolean"; nullable: boolean }> = {
  run: { type: "string", nullable: false },
  variant: { type: "string", nullable: false },
  task: { type: "string", nullable: false },
  seed: { type: "number", nullable: false },
  episode_id: { type: "string", nullable: true },
  success: { type: "boolean", nullable: true },
  episode_return: { type: "number", nullable: true },
  progression: { type: "number", nullable: true },
  episode_length: { type: "number", nullable: true },
  invalid_actions: { type: "number", nullable: true },
  input_tokens: { type: "number", nullable: true },
  output_tokens: { type: "number", nullable: true },
  inferences: { type: "number", nullable: false },
  error: { type: "string", nullable: true },
  cached_input_tokens: { type: "number", nullable: false },
  model: { type: "string", nullable: true },
  provider: { type: "string", nullable: true },
};

type Column = keyof Omit<EpisodeRow, "step_limit" | "rating" | "comment">;
const COLUMNS = Object.keys(TYPES) as Column[];
