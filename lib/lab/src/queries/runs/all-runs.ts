import type { ClickHouseClient } from "@clickhouse/client";
import { feedbackOf, inferencesOf } from "../parts/by-run";
import { namedBy, nameOf } from "../parts/done-tag";
import { IS_ACT } from "../parts/is-act";
import { METRIC_NAMES, METRICS } from "../parts/tries";
import { RECORDS } from "./run-settings";
import {
  type DatedRunState,
  datedRunStates,
  type Lacks,
  lackedRows,
  type RunState,
} from "./run-state";

/** Runs that counts do not tell are asked about one by one, so many of them; more of them all together. */
const FEW = 10;

/**
 * All runs in the store, the newest first, as `runStates` tells them, in a tenth of the time where millions of inferences are
 * stored: of most runs counts tell that all is there, of tags and of episodes' lengths. Of a run of which they do not agree, and of one that lacks
 * rows, all are read.
 */
export async function allRuns(clickhouse: ClickHouseClient): Promise<RunState[]> {
  const lacks = await lackedRows(clickhouse);
  const { told, untold } = await byCounts(clickhouse, lacks);
  const looks = lacks !== null;
  const read =
    untold.length > FEW
      ? (await datedRunStates(clickhouse, null, looks)).filter(({ state }) =>
          untold.includes(state.run),
        )
      : (await Promise.all(untold.map((run) => datedRunStates(clickhouse, run, looks)))).flat();
  return [...told, ...read]
    .sort((a, b) => b.firstMs - a.firstMs || (a.state.run < b.state.run ? 1 : -1))
    .map(({ state }) => state);
}

async function byCounts(
  clickhouse: ClickHouseClient,
  lacks: Lacks | null,
): Promise<{ told: DatedRunState[]; untold: string[] }> {
  const select = async <Row extends { run: string }>(query: string) => {
    const result = await clickhouse.query({
      ...{ query, query_params: { run: null }, format: "JSONEachRow" },
    });
    const rows = await result.json<Row>();
    return new Map(rows.map((row) => [row.run, row]));
  };
  const [started, done, successes, inferences, steps, open] = await Promise.all([
    select<Times & { settings: string; now_ms: number }>(STARTED),
    select<Times & { completed: number; tries: number; tagged: number }>(DONE),
    select<Counted>(SUCCESSES),
    select<Counted>(INFERENCES),
    select<Counted>(STEPS),
    select<Times & Open>(OPEN),
  ]);
  const none = new Map<string, Counted>();
  const metrics = lacks?.metrics ? await select<Counted>(MEASURES) : null;
  const lost = [
    lacks?.inferences ? await select<Counted>(lostOf(STORED_IDS)) : none,
    lacks?.calls
      ? await select<Counted>(lostOf("SELECT inference_id AS id FROM ModelInference"))
      : none,
  ];
  const told: DatedRunState[] = [];
  const untold: string[] = [];
  const runs = new Set([started, successes, inferences, open].flatMap((rows) => [...rows.keys()]));
  for (const run of runs) {
    const [begun, ended, left] = [started.get(run), done.get(run), open.get(run)];
    const { completed = 0, tries = 0, tagged = 0 } = ended ?? {};
    const ends = successes.get(run)?.n ?? 0;
    const isWhole =
      tagged === ends &&
      (metrics === null || (metrics.get(run)?.n ?? 0) >= METRIC_NAMES.length * ends) &&
      !lost.some((lost) => lost.has(run)) &&
      (inferences.get(run)?.n ?? 0) === (steps.get(run)?.n ?? 0) + (left?.inferences ?? 0);
    if (begun === undefined || !isWhole) {
      untold.push(run);
      continue;
    }
    const times = [begun, ...(ended ? [ended] : []), ...(left ? [left] : [])];
    const last = Math.max(...times.map(({ last_ms }) => last_ms));
    const firstMs = Math.min(...times.map(({ first_ms }) => first_ms));
    const state = {
      ...{ run, settings: begun.settings, completed, damaged: 0, doubles: tries - completed },
      ...{ first: utc(firstMs), last: utc(last) },
      idle_seconds: Math.floor(begun.now_ms / 1000) - Math.floor(last / 1000),
      failed: left?.failed ?? 0,
      cut_off: left?.cut_off ?? 0,
      open_tries: left?.open_tries ?? 0,
    };
    told.push({ state, firstMs });
  }
  return { told, untold };
}

/** As ClickHouse writes a DateTime. */
const utc = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

interface Times {
  run: string;
  /** Of the first and the last row, in milliseconds since 1970. */
  first_ms: number;
  last_ms: number;
}

type Counted = { run: string; n: number };

/** Tries without a `success`, and the episodes that have no other. */
interface Open {
  failed: number;
  cut_off: number;
  open_tries: number;
  inferences: number;
}

const between = (first: string, last: string) => `
  toFloat64(toUnixTimestamp64Milli(min(${first}))) AS first_ms,
  toFloat64(toUnixTimestamp64Milli(max(${last}))) AS last_ms`;

const STARTED = `
SELECT
  tags['run'] AS run,
  argMax(value, toString(id)) AS settings,
  toFloat64(toUnixTimestamp64Milli(now64(3))) AS now_ms,
  ${between("UUIDv7ToDateTime(id)", "UUIDv7ToDateTime(id)")}
FROM ${RECORDS}
GROUP BY run`;

/** The tags of `doneTag`. */
const TAGS = `
  SELECT value, feedback_id, ${namedBy("value")} FROM FeedbackTag WHERE metric_name = 'success' AND key = 'done'`;

const DONE = `
SELECT
  run,
  toFloat64(uniqExact(sipHash64(name))) AS completed,
  toFloat64(uniqExact(sipHash64(value))) AS tries,
  toFloat64(count()) AS tagged,
  ${between("UUIDv7ToDateTime(feedback_id)", "UUIDv7ToDateTime(feedback_id)")}
FROM (${TAGS})
GROUP BY run`;

const SUCCESSES = `
SELECT value AS run, toFloat64(count()) AS n FROM FeedbackTag WHERE metric_name = 'success' AND key = 'run' GROUP BY run`;

const INFERENCES = `
SELECT value AS run, toFloat64(count()) AS n FROM TagInference WHERE key = 'run' AND ${IS_ACT} GROUP BY run`;

const STEPS = `
SELECT tags['run'] AS run, toFloat64(sum(value)) AS n FROM FloatMetricFeedback WHERE metric_name = 'episode_length' GROUP BY run`;

const MEASURES = `
SELECT tags['run'] AS run, toFloat64(count()) AS n FROM FloatMetricFeedback WHERE metric_name IN (${METRICS}) GROUP BY run`;

const STORED_IDS = "SELECT id FROM JsonInference UNION ALL SELECT id FROM ChatInference";

/** Tagged inferences whose ids are not among these. */
const lostOf = (ids: string) => `
SELECT value AS run, toFloat64(count()) AS n
FROM TagInference LEFT ANTI JOIN (${ids}) AS stored ON TagInference.inference_id = stored.id
WHERE key = 'run' AND ${IS_ACT}
GROUP BY run`;

// subtle: a subquery for one value is run once, however often it is named; and NOT IN takes ten times as long as the join.
const OPEN = `
WITH
  (
    SELECT groupUniqArray(TagInference.episode_id)
    FROM TagInference LEFT ANTI JOIN (SELECT target_id FROM BooleanMetricFeedback WHERE metric_name = 'success') AS judged
      ON TagInference.episode_id = judged.target_id
    WHERE key = 'step' AND value = '0' AND ${IS_ACT}
  ) AS open,
  try AS (
    SELECT
      any(tags['run']) AS run,
      ${nameOf("any(variant_name)", "any(tags['task'])", "any(tags['seed'])")} AS name,
      episode_id,
      false AS is_failure,
      toFloat64(count()) AS inferences,
      min(UUIDv7ToDateTime(id)) AS first,
      max(UUIDv7ToDateTime(id)) AS last
    FROM ${inferencesOf("id, episode_id, variant_name, tags", "(SELECT arrayJoin(open))")}
    GROUP BY episode_id
    UNION ALL
    SELECT
      tags['run'] AS run,
      ${nameOf("tags['variant']", "tags['task']", "tags['seed']")} AS name,
      target_id AS episode_id,
      true AS is_failure,
      0 AS inferences,
      UUIDv7ToDateTime(id) AS first,
      first AS last
    FROM CommentFeedback
    WHERE tags['outcome'] = 'failed' AND id IN ${feedbackOf("comment")}
  ),
  episode AS (
    SELECT
      run, name,
      uniqExact(episode_id) AS open_tries,
      argMax(is_failure, (toString(episode_id), is_failure)) AS is_failed,
      sum(inferences) AS inferences,
      min(first) AS first,
      max(last) AS last
    FROM try
    WHERE run != ''
    GROUP BY run, name
  ),
  looked_at AS (
    SELECT *, (run, name) IN (SELECT run, name FROM (${TAGS}) WHERE (run, name) IN (SELECT run, name FROM episode)) AS is_done
    FROM episode
  )
SELECT
  run,
  toFloat64(countIf(NOT is_done AND is_failed)) AS failed,
  toFloat64(countIf(NOT is_done AND NOT is_failed)) AS cut_off,
  toFloat64(sum(looked_at.open_tries)) AS open_tries,
  toFloat64(sum(looked_at.inferences)) AS inferences,
  ${between("looked_at.first", "looked_at.last")}
FROM looked_at
GROUP BY run`;
