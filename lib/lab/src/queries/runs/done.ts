import type { ClickHouseClient } from "@clickhouse/client";
import { TAGGED } from "../parts/by-run";
import { nameIn, slotIn, taggedEpisode, tagsBetween } from "../parts/done-tag";
import { HAS_METRICS, latestOf, METRICS } from "../parts/tries";
import type { EpisodeKey } from "./run-state";
import { type Shard, SLOTS, slotsOf, WHOLE } from "./shard";

/** Stands in the settings of runs whose episodes all get that tag. */
export const TAGGED_RUN = { done: "tagged" };

/** What a shard has played to its end. */
export interface Done {
  /** Each once. */
  episodes: EpisodeKey[];
  /** How often one was played to its end once more. */
  doubles: number;
}

/** How many episodes of a run are done, by the index of their shard, each episode once. */
export async function doneByShard(
  clickhouse: ClickHouseClient,
  run: string,
  of: number,
): Promise<Map<number, number>> {
  const result = await clickhouse.query({
    query: `
      SELECT
        intDiv(${slotIn("value")} * {of:UInt32}, ${SLOTS}) + 1 AS shard,
        toFloat64(uniqExact(${nameIn("value")})) AS done
      FROM FeedbackTag
      WHERE ${OF_SHARD}
      GROUP BY shard`,
    query_params: { of, ...ofShard(run, WHOLE) },
    format: "JSONEachRow",
  });
  const rows = await result.json<{ shard: string; done: number }>();
  return new Map(rows.map(({ shard, done }) => [Number(shard), done]));
}

/**
 * The episodes of a shard with a stored `success`, which is sent last. Whether the other rows of them are there is not looked
 * at: `wholeOfShard` does.
 */
export async function doneOfShard(
  clickhouse: ClickHouseClient,
  run: string,
  shard: Shard,
): Promise<Done> {
  const result = await clickhouse.query({
    query: `SELECT DISTINCT value FROM FeedbackTag WHERE ${OF_SHARD}`,
    query_params: ofShard(run, shard),
    format: "JSONCompactEachRow",
  });
  const episodes = new Map<string, EpisodeKey>();
  let played = 0;
  for await (const rows of result.stream<[string]>()) {
    for (const row of rows) {
      const [value] = row.json() as [string];
      const episode = taggedEpisode(value);
      episodes.set(JSON.stringify(episode), episode);
      played += 1;
    }
  }
  return { episodes: [...episodes.values()], doubles: played - episodes.size };
}

/**
 * Of those episodes the ones of which nothing is lost. A gateway that was killed took the rows along that waited for their batch,
 * while the next one took the `success`. It reads the run's tags, 16 bytes an inference, and all ids of model calls.
 *
 * @param done what `doneOfShard` has found, where it was asked already
 */
export async function wholeOfShard(
  clickhouse: ClickHouseClient,
  run: string,
  shard: Shard,
  done?: Done,
): Promise<Done> {
  const { episodes, doubles } = done ?? (await doneOfShard(clickhouse, run, shard));
  const result = await clickhouse.query({
    query: LOST,
    query_params: { run, ...ofShard(run, shard) },
    format: "JSONCompactEachRow",
  });
  const rows = await result.json<[string]>();
  const lost = new Set(rows.map(([value]) => JSON.stringify(taggedEpisode(value))));
  return { episodes: episodes.filter((episode) => !lost.has(JSON.stringify(episode))), doubles };
}

/** A condition on FeedbackTag. */
const OF_SHARD =
  "metric_name = 'success' AND key = 'done' AND value >= {from:String} AND value < {to:String}";

const ofShard = (run: string, shard: Shard) => tagsBetween(run, slotsOf(shard));

/** A tag of each episode of the shard of which no try is whole. */
const LOST = `
WITH
  done AS (
    SELECT target_id AS episode_id, any(tags['done']) AS value
    FROM BooleanMetricFeedback
    WHERE metric_name = 'success' AND id IN (SELECT feedback_id FROM FeedbackTag WHERE ${OF_SHARD})
    GROUP BY target_id
  ),
  inference AS (
    SELECT episode_id, inference_id FROM ${TAGGED} WHERE episode_id IN (SELECT episode_id FROM done)
  ),
  stored AS (
    SELECT
      episode_id,
      count() AS inferences,
      countIf(inference_id IN (
        SELECT inference_id FROM ModelInference WHERE inference_id IN (SELECT inference_id FROM inference)
      )) AS called
    FROM inference
    GROUP BY episode_id
  ),
  measured AS (
    SELECT target_id AS episode_id, ${latestOf("episode_length")}, ${HAS_METRICS} AS has_metrics
    FROM FloatMetricFeedback
    WHERE metric_name IN (${METRICS}) AND target_id IN (SELECT episode_id FROM done)
    GROUP BY target_id
  )
SELECT any(value)
FROM done
  LEFT JOIN stored ON done.episode_id = stored.episode_id
  LEFT JOIN measured ON done.episode_id = measured.episode_id
GROUP BY ${nameIn("value")}
HAVING NOT max(ifNull(has_metrics AND inferences >= episode_length AND called >= inferences, false))
SETTINGS join_use_nulls = 1`;
