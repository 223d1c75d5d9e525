import type { ClickHouseClient } from "@clickhouse/client";
import { tokenSums } from "../parts/token-sums";
import { ANNOTATED } from "../parts/tries";
import { LISTED, MEASURED } from "./listed";

/** "failed": an inference failed for good. "cut off": begun, and neither ended nor failed: perhaps it is under way. */
export const outcomes = ["solved", "unsolved", "failed", "cut off"] as const;
export type Outcome = (typeof outcomes)[number];

/** What a list can be sorted by. */
export const sorts = ["task", "seed", "variant", "return", "length", "invalid"] as const;
export type Sort = (typeof sorts)[number];

/** A page of a run's episodes; what is left out does not matter. */
export interface EpisodeList {
  run: string;
  variant?: string;
  task?: string;
  seed?: number;
  outcome?: Outcome;
  /** These episodes alone. */
  among?: readonly string[];
  sort: Sort;
  descending: boolean;
  offset: number;
  limit: number;
}

/** An episode as a list shows it. */
export interface ListedEpisode {
  episode_id: string;
  variant: string;
  task: string;
  seed: number;
  /** Null: it failed, see `error`, or was cut off. */
  success: boolean | null;
  error: string | null;
  /** Null of an episode that has not ended. */
  episode_return: number | null;
  episode_length: number | null;
  invalid_actions: number | null;
  /** Inferences so far. */
  inferences: number;
  /** Null when a provider did not count those of every call. */
  input_tokens: number | null;
  output_tokens: number | null;
  rating: number | null;
  comment: string | null;
}

/** @returns the page, and how many episodes fit in all */
export async function listEpisodes(
  clickhouse: ClickHouseClient,
  list: EpisodeList,
): Promise<{ episodes: ListedEpisode[]; total: number }> {
  const { sort, descending, outcome, ...values } = list;
  const conditions = (Object.keys(CONDITIONS) as (keyof typeof CONDITIONS)[])
    .filter((name) => values[name] !== undefined)
    .map((name) => CONDITIONS[name]);
  if (outcome !== undefined) conditions.push(OUTCOMES[outcome]);
  const source = MEASURES.has(sort)
    ? `(${LISTED}) AS listed LEFT JOIN (${MEASURED}) AS measured ON listed.episode_id = measured.episode_id`
    : `(${LISTED}) AS listed`;
  const direction = descending ? "DESC" : "ASC";
  const result = await clickhouse.query({
    query: `
      SELECT listed.episode_id AS episode_id, variant, task, seed, success, error, toFloat64(count() OVER ()) AS total
      FROM ${source}
      WHERE ${["true", ...conditions].join(" AND ")}
      ORDER BY ${COLUMNS[sort]} ${direction} NULLS LAST, task, seed, variant, episode_id
      LIMIT {limit:UInt32} OFFSET {offset:UInt32}
      SETTINGS join_use_nulls = 1`,
    query_params: values,
    format: "JSONEachRow",
  });
  const rows = await result.json<Omit<ListedEpisode, keyof Details> & { total: number }>();
  const details = await detailsOf(clickhouse, rows);
  return {
    episodes: rows.map(({ total: _, ...row }) => ({ ...row, ...details.get(row.episode_id)! })),
    total: rows[0]?.total ?? 0,
  };
}

const MEASURES: ReadonlySet<Sort> = new Set(["return", "length", "invalid"]);

const COLUMNS: Record<Sort, string> = {
  ...{ task: "task", seed: "seed", variant: "variant" },
  ...{ return: "episode_return", length: "episode_length", invalid: "invalid_actions" },
};

const CONDITIONS = {
  variant: "variant = {variant:String}",
  task: "task = {task:String}",
  seed: "seed = {seed:Float64}",
  among: "listed.episode_id IN {among:Array(String)}",
};

const OUTCOMES: Record<Outcome, string> = {
  solved: "success",
  unsolved: "NOT success",
  failed: "error IS NOT NULL",
  "cut off": "success IS NULL AND error IS NULL",
};

type Details = Omit<
  ListedEpisode,
  "episode_id" | "variant" | "task" | "seed" | "success" | "error"
>;

/** What is read of the episodes of a page alone. */
async function detailsOf(
  clickhouse: ClickHouseClient,
  rows: readonly { episode_id: string; success: boolean | null }[],
): Promise<ReadonlyMap<string, Details>> {
  if (rows.length === 0) return new Map();
  const result = await clickhouse.query({
    query: DETAILS,
    query_params: { episodes: rows.map(({ episode_id }) => episode_id) },
    format: "JSONEachRow",
  });
  const found = await result.json<Details & { episode_id: string }>();
  const known = new Map(found.map(({ episode_id, ...details }) => [episode_id, details]));
  return new Map(
    rows.map(({ episode_id, success }) => {
      const details = known.get(episode_id)!;
      const unmeasured = { episode_return: null, episode_length: null, invalid_actions: null };
      return [episode_id, success === null ? { ...details, ...unmeasured } : details];
    }),
  );
}

const DETAILS = `
WITH
  inference AS (
    SELECT uint_to_uuid(episode_id_uint) AS episode_id, uint_to_uuid(id_uint) AS inference_id
    FROM InferenceByEpisodeId
    WHERE episode_id_uint IN (SELECT toUInt128(toUUID(arrayJoin({episodes:Array(String)}))))
  ),
  usage AS (
    SELECT episode_id, uniqExact(inference_id) AS inferences, ${tokenSums("SELECT inference_id FROM inference")}
    FROM ModelInference RIGHT JOIN inference ON ModelInference.inference_id = inference.inference_id
    GROUP BY episode_id
  ),
  measured AS (
    SELECT
      target_id,
      argMaxOrNullIf(value, toString(id), metric_name = 'episode_return') AS episode_return,
      argMaxOrNullIf(value, toString(id), metric_name = 'episode_length') AS episode_length,
      argMaxOrNullIf(value, toString(id), metric_name = 'invalid_actions') AS invalid_actions
    FROM FloatMetricFeedbackByTargetId
    WHERE target_id IN {episodes:Array(UUID)}
    GROUP BY target_id
  ),
  annotated AS (
    SELECT
      target_id,
      argMaxOrNullIf(rating, toString(id), rating IS NOT NULL) AS rating,
      argMaxOrNullIf(comment, toString(id), comment IS NOT NULL) AS comment
    FROM (${ANNOTATED("IN {episodes:Array(UUID)}")})
    GROUP BY target_id
  )
SELECT
  toString(asked.episode_id) AS episode_id,
  episode_return, episode_length, invalid_actions,
  toFloat64(ifNull(usage.inferences, 0)) AS inferences,
  if(usage.inferences IS NULL, 0, input_tokens) AS input_tokens,
  if(usage.inferences IS NULL, 0, output_tokens) AS output_tokens,
  rating, comment
FROM (SELECT arrayJoin({episodes:Array(UUID)}) AS episode_id) AS asked
  LEFT JOIN usage ON asked.episode_id = usage.episode_id
  LEFT JOIN measured ON asked.episode_id = measured.target_id
  LEFT JOIN annotated ON asked.episode_id = annotated.target_id
SETTINGS join_use_nulls = 1`;
