import { createHash, randomUUID } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";
import { storedOnce } from "embedded-gateway";
import { TAGGED_RUN } from "./done";
import { RECORDS } from "./run-settings";
import type { Shard } from "./shard";

/** What a process says every few seconds of the run that it plays, and of which part: "1/1" is all of it. */
export interface Beat extends Shard {
  run: string;
  /** Names this sitting of this process: a UUID. */
  claim: string;
  pid: number;
  host: string;
  /** Names machine and process namespace, within which `pid` means something. */
  machine: string;
  /** Episodes of that part that are there, those before this sitting included, and that were planned. */
  done: number;
  planned: number;
  /** What this sitting has cost, in US dollars; null when that is not known. */
  spentUsd: number | null;
  /** Tokens that a provider did not count were counted here. */
  spentIsEstimated: boolean;
  /** Seconds since an inference was answered; null before the first one. */
  answeredSecondsAgo: number | null;
  /** It has let go of the run. */
  ended: boolean;
}

/** The last beat of a process, and its age by the store's clock. */
export interface LastBeat extends Beat {
  /** Its first beat within `SILENT_SECONDS`, in milliseconds since 1970: who came first. */
  firstMs: number;
  secondsAgo: number;
}

/** Who has not beaten for so long counts as dead. */
export const SILENT_SECONDS = 60;

/**
 * The target of a run's beats, by which they lie together in the table's order. It is no episode: the run's name decides it.
 */
function targetOf(run: string): string {
  const hex = createHash("sha256").update(`run ${run}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * Stores a beat as a comment tagged `record: beat`. subtle: its id, and so its time, is made by the store, because the clocks
 * of machines differ. It has no tag `run`, by which episodes and settings are found. The token lets it be sent again where the
 * process that held the store has ended meanwhile.
 */
export async function insertBeat(clickhouse: ClickHouseClient, beat: Beat): Promise<void> {
  await clickhouse.command({
    query: `
      INSERT INTO CommentFeedback (id, target_id, target_type, value, tags)
      SELECT generateUUIDv7(), {target:UUID}, 'episode', {value:String}, map('record', 'beat')`,
    query_params: { target: targetOf(beat.run), value: JSON.stringify(beat) },
    clickhouse_settings: storedOnce(randomUUID()),
  });
}

/**
 * The last beat of each process that has said something of the run in the last minute, those that have let go of it included.
 *
 * @param run null: of every run
 */
export async function lastBeats(
  clickhouse: ClickHouseClient,
  run: string | null,
): Promise<LastBeat[]> {
  const which = run === null ? "tags['record'] = 'beat'" : "target_id = {target:UUID}";
  const where = `timestamp >= now() - ${SILENT_SECONDS} AND ${which}`;
  return select(clickhouse, run, where, "JSONExtractString(value, 'claim')");
}

/** The last beat for each part of a run that was ever played. */
export async function lastBeatsByShard(
  clickhouse: ClickHouseClient,
  run: string,
): Promise<LastBeat[]> {
  const shard = "JSONExtractUInt(value, 'index'), JSONExtractUInt(value, 'of')";
  return select(clickhouse, run, "target_id = {target:UUID}", shard);
}

/** The last beat of each run that has any. */
export async function lastBeatsByRun(clickhouse: ClickHouseClient): Promise<LastBeat[]> {
  return select(clickhouse, null, "tags['record'] = 'beat'", "''");
}

async function select(
  clickhouse: ClickHouseClient,
  run: string | null,
  where: string,
  by: string,
): Promise<LastBeat[]> {
  const result = await clickhouse.query({
    query: `
      SELECT
        argMax(value, at) AS beat,
        toFloat64(toUnixTimestamp64Milli(min(at))) AS firstMs,
        toFloat64(dateDiff('millisecond', max(at), now64(3))) / 1000 AS secondsAgo
      FROM (SELECT value, UUIDv7ToDateTime(id) AS at FROM CommentFeedback WHERE ${where})
      GROUP BY JSONExtractString(value, 'run'), ${by}
      ORDER BY firstMs`,
    query_params: run === null ? {} : { target: targetOf(run) },
    format: "JSONEachRow",
  });
  const rows = await result.json<{ beat: string; firstMs: number; secondsAgo: number }>();
  return rows.map(({ beat, ...times }) => ({ ...(JSON.parse(beat) as Beat), ...times }));
}

/**
 * What each run has cost of which every sitting has said so when it let go of it, in US dollars, by the prices of then: without
 * a look at its calls.
 */
export async function toldCosts(
  clickhouse: ClickHouseClient,
): Promise<ReadonlyMap<string, { usd: number; isEstimated: boolean }>> {
  const result = await clickhouse.query({
    query: `
      SELECT
        run,
        sum(JSONExtractFloat(last, 'spentUsd')) AS usd,
        max(JSONExtractBool(last, 'spentIsEstimated')) AS isEstimated
      FROM (
        SELECT JSONExtractString(value, 'run') AS run, argMax(value, toString(id)) AS last
        FROM CommentFeedback
        WHERE tags['record'] = 'beat'
        GROUP BY run, JSONExtractString(value, 'claim')
      )
      WHERE run IN (${RUNS_WITH_BEATS})
      GROUP BY run
      HAVING min(JSONExtractBool(last, 'ended') AND JSONType(last, 'spentUsd') != 'Null')`,
    query_params: { run: null },
    format: "JSONEachRow",
  });
  const rows = await result.json<{ run: string; usd: number; isEstimated: 0 | 1 | boolean }>();
  return new Map(
    rows.map(({ run, usd, isEstimated }) => [run, { usd, isEstimated: Boolean(isEstimated) }]),
  );
}

/** Those of which no sitting is of a time before there were beats. */
const RUNS_WITH_BEATS = `
  SELECT tags['run'] FROM ${RECORDS}
  GROUP BY tags['run'] HAVING min(JSONExtractString(value, 'done') = '${TAGGED_RUN.done}')`;

/**
 * What all sittings of a run but one have cost by their last beats, in US dollars: what a killed one spent after its last beat
 * is not in it. Null when it is not known of one.
 */
export async function spentElsewhere(
  clickhouse: ClickHouseClient,
  { run, claim }: Pick<Beat, "run" | "claim">,
): Promise<number | null> {
  const result = await clickhouse.query({
    query: `
      SELECT sum(own) AS usd, countIf(own IS NULL) AS unknown
      FROM (
        SELECT JSONExtract(argMax(value, UUIDv7ToDateTime(id)), 'spentUsd', 'Nullable(Float64)') AS own
        FROM CommentFeedback
        WHERE target_id = {target:UUID} AND JSONExtractString(value, 'claim') != {claim:String}
        GROUP BY JSONExtractString(value, 'claim')
      )`,
    query_params: { target: targetOf(run), claim },
    format: "JSONEachRow",
  });
  const [row] = await result.json<{ usd: number | null; unknown: string }>();
  return Number(row?.unknown) > 0 ? null : (row?.usd ?? 0);
}
