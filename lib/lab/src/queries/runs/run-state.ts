import type { ClickHouseClient } from "@clickhouse/client";
import { BEGUN, feedbackOf, inferencesOf, JUDGED, TAGGED } from "../parts/by-run";
import { ACTS } from "../parts/is-act";
import { HAS_METRICS, METRIC_NAMES, METRICS, TRIES } from "../parts/tries";
import { RECORDS } from "./run-settings";

/** What an episode starts in: an environment reset with a seed. */
export interface World {
  /** The environment's id. */
  task: string;
  seed: number;
}

/** What names an episode within a run. */
export interface EpisodeKey extends World {
  variant: string;
}

/** A run as its rows tell it. */
export interface RunState {
  run: string;
  /** When its first and its last row were made, in UTC: "2026-11-22 14:30:05". */
  first: string;
  last: string;
  /** Seconds since `last`, by ClickHouse's clock. */
  idle_seconds: number;
  /** What the run was last played with, as JSON; null for rows that no `evaluate` made. */
  settings: string | null;
  /** Episodes with a stored `success`. */
  completed: number;
  /** Of those the ones that have lost something: no try that was completed is whole. */
  damaged: number;
  /** How often an episode was completed once more. */
  doubles: number;
  /** Episodes that have none: their last try failed, or was cut off. */
  failed: number;
  cut_off: number;
  /** Tries that are not both completed and whole, whether or not another one replaces them. */
  open_tries: number;
}

/**
 * The episodes of a run that are done: `success`, which is sent last, is stored, and nothing of them is lost. And its tries that
 * are not both, whether or not another one replaces them.
 */
export async function completedEpisodes(
  clickhouse: ClickHouseClient,
  run: string,
): Promise<{ completed: EpisodeKey[]; openTries: number }> {
  const result = await clickhouse.query({
    query: `SELECT variant, task, seed, success IS NULL OR notEmpty(lost) AS is_open FROM (${TRIES}) WHERE is_open OR NOT replaced`,
    query_params: { run },
    format: "JSONEachRow",
  });
  const tries = await result.json<EpisodeKey & { is_open: 0 | 1 | boolean }>();
  const completed = tries.filter(({ is_open }) => !is_open);
  return { completed, openTries: tries.length - completed.length };
}

/** Of what rows may be missing. */
export interface Lacks {
  inferences: boolean;
  calls: boolean;
  metrics: boolean;
}

/**
 * Of what rows of some episode may be missing, by counts of whole tables: a folder of rows may be gone, of which ClickHouse
 * says nothing. Of which episodes, `runStates` tells.
 *
 * @returns null: of nothing
 */
export async function lackedRows(clickhouse: ClickHouseClient): Promise<Lacks | null> {
  const result = await clickhouse.query({
    query: `
      WITH
        (SELECT (SELECT count() FROM JsonInference) + (SELECT count() FROM ChatInference)) AS stored,
        (SELECT (countIf(metric_name IN (${METRICS})), sumIf(value, metric_name = 'episode_length')) FROM FloatMetricFeedback) AS measured
      SELECT
        stored < (SELECT count() FROM InferenceById) OR stored < measured.2 AS inferences,
        stored > (SELECT count() FROM ModelInference) AS calls,
        measured.1 < ${METRIC_NAMES.length} * (SELECT countIf(metric_name = 'success') FROM BooleanMetricFeedback) AS metrics`,
    format: "JSONEachRow",
  });
  const [row] = await result.json<Record<keyof Lacks, 0 | 1 | boolean>>();
  const { inferences, calls, metrics } = row!;
  return inferences || calls || metrics
    ? { inferences: Boolean(inferences), calls: Boolean(calls), metrics: Boolean(metrics) }
    : null;
}

/** How many episodes of each run have a stored `success` and not one inference: all rows of them there are gone. */
export async function episodesWithoutInferences(
  clickhouse: ClickHouseClient,
): Promise<ReadonlyMap<string, number>> {
  const result = await clickhouse.query({
    query: `SELECT tags['run'] AS run, toFloat64(uniqExact(target_id)) AS episodes FROM BooleanMetricFeedback
      WHERE metric_name = 'success' AND run != '' AND target_id NOT IN (SELECT episode_id FROM ${ACTS})
      GROUP BY run`,
    format: "JSONEachRow",
  });
  const rows = await result.json<{ run: string; episodes: number }>();
  return new Map(rows.map(({ run, episodes }) => [run, episodes]));
}

/**
 * All runs in the store, the newest first; or the one run.
 *
 * @param looks whether inferences and calls are looked for one by one. Default: of one run, and where counts of whole tables do
 * not agree; else an inference's tag stands for both, because ten million of them would be looked for
 */
export async function runStates(
  clickhouse: ClickHouseClient,
  run: string | null = null,
  looks?: boolean,
): Promise<RunState[]> {
  const dated = await datedRunStates(clickhouse, run, looks);
  return dated.map(({ state }) => state);
}

/** A run, and when its first row was made, in milliseconds since 1970: many may begin in one second. */
export interface DatedRunState {
  state: RunState;
  firstMs: number;
}

/** See `runStates`. */
export async function datedRunStates(
  clickhouse: ClickHouseClient,
  run: string | null,
  looks?: boolean,
): Promise<DatedRunState[]> {
  const query = states(looks ?? (run !== null || (await lackedRows(clickhouse)) !== null));
  const result = await clickhouse.query({ query, query_params: { run }, format: "JSONEachRow" });
  const rows = await result.json<RunState & { first_ms: number }>();
  return rows.map(({ first_ms: firstMs, ...state }) => ({ state, firstMs }));
}

const STORED = `
  stored AS (
    SELECT
      episode_id,
      count() AS inferences,
      countIf(id NOT IN (
        SELECT inference_id FROM ModelInference WHERE inference_id IN (SELECT inference_id FROM ${TAGGED})
      )) = 0 AS has_calls
    FROM ${inferencesOf("id, episode_id")}
    GROUP BY episode_id
  ),`;

const states = (looks: boolean) => `
WITH
  ${JUDGED},
  ${BEGUN},${looks ? STORED : ""}
  tagged AS (
    SELECT
      any(run) AS run,
      any(variant_name) AS variant,
      episode_id,
      min(UUIDv7ToDateTime(inference_id)) AS first,
      toDateTime(max(UUIDv7ToDateTime(inference_id))) AS last,
      count() AS tagged_inferences
    FROM ${TAGGED}
    GROUP BY episode_id
  ),
  try AS (
    SELECT
      tagged.run AS run, tagged.variant AS variant, begun.task AS task, begun.seed AS seed,
      tagged.episode_id AS episode_id, tagged.first AS first, tagged.last AS last,
      false AS is_failure,
      ${looks ? "stored.inferences" : "tagged_inferences"} AS inferences,
      ${looks ? "stored.has_calls" : "true"} AS has_calls
    FROM tagged
      ${looks ? "INNER JOIN stored ON tagged.episode_id = stored.episode_id" : ""}
      INNER JOIN begun ON tagged.episode_id = begun.episode_id
    UNION ALL
    SELECT
      tags['run'] AS run,
      tags['variant'] AS variant,
      tags['task'] AS task,
      tags['seed'] AS seed,
      target_id AS episode_id,
      UUIDv7ToDateTime(id) AS first,
      timestamp AS last,
      true AS is_failure,
      0 AS inferences,
      false AS has_calls
    FROM CommentFeedback
    WHERE tags['outcome'] = 'failed' AND id IN ${feedbackOf("comment")}
  ),
  measured AS (
    SELECT
      target_id AS episode_id,
      argMaxOrNullIf(value, timestamp, metric_name = 'episode_length') AS length,
      ${HAS_METRICS} AS has_metrics
    FROM FloatMetricFeedback
    WHERE metric_name IN (${METRICS}) AND target_id IN (SELECT episode_id FROM judged)
    GROUP BY target_id
  ),
  looked_at AS (
    SELECT
      try.*,
      try.episode_id IN (SELECT episode_id FROM judged) AS is_completed,
      is_completed AND has_calls AND ifNull(has_metrics AND inferences >= length, false) AS is_whole
    FROM try LEFT JOIN measured ON try.episode_id = measured.episode_id
  ),
  episode AS (
    SELECT
      run,
      min(first) AS first,
      max(last) AS last,
      max(is_completed) AS is_ever_completed,
      max(is_whole) AS is_ever_whole,
      uniqExactIf(episode_id, NOT is_whole) AS open_tries,
      greatest(uniqExactIf(episode_id, is_completed), 1) - 1 AS doubles,
      argMax(is_failure, (toString(episode_id), is_failure)) AS is_failed
    FROM looked_at
    GROUP BY run, variant, task, seed
  ),
  state AS (
    SELECT
      run,
      min(first) AS first,
      max(last) AS last,
      countIf(is_ever_completed) AS completed,
      countIf(is_ever_completed AND NOT is_ever_whole) AS damaged,
      countIf(NOT is_ever_completed AND is_failed) AS failed,
      countIf(NOT is_ever_completed AND NOT is_failed) AS cut_off,
      sum(episode.open_tries) AS open_tries,
      sum(episode.doubles) AS doubles
    FROM episode
    GROUP BY run
  ),
  started AS (
    SELECT
      tags['run'] AS run,
      min(UUIDv7ToDateTime(id)) AS first,
      toDateTime(max(UUIDv7ToDateTime(id))) AS last,
      argMax(value, toString(id)) AS settings
    FROM ${RECORDS}
    GROUP BY run
  )
SELECT
  coalesce(state.run, started.run) AS run,
  toString(toDateTime(least(coalesce(state.first, started.first), coalesce(started.first, state.first)) AS began), 'UTC') AS first,
  toFloat64(toUnixTimestamp64Milli(began)) AS first_ms,
  toString(greatest(coalesce(state.last, started.last), coalesce(started.last, state.last)) AS latest, 'UTC') AS last,
  toFloat64(dateDiff('second', latest, now())) AS idle_seconds,
  started.settings AS settings,
  toFloat64(coalesce(completed, 0)) AS completed,
  toFloat64(coalesce(damaged, 0)) AS damaged,
  toFloat64(coalesce(state.doubles, 0)) AS doubles,
  toFloat64(coalesce(failed, 0)) AS failed,
  toFloat64(coalesce(cut_off, 0)) AS cut_off,
  toFloat64(coalesce(state.open_tries, 0)) AS open_tries
FROM state FULL OUTER JOIN started ON state.run = started.run
ORDER BY began DESC, run DESC
SETTINGS join_use_nulls = 1`;
