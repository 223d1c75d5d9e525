import type { ClickHouseClient } from "@clickhouse/client";
import type { EpisodeKey } from "./run-state";
import { type Shard, SLOTS, slotOf, slotsOf } from "./shard";

const hex = (slot: number) => slot.toString(16).padStart(4, "0");

/**
 * The tag `done` of an episode's `success`: the run, the episode's slot, and what tells it from others. FeedbackTag is ordered
 * by it, so that what a shard has done is read in one piece, and nothing else is.
 */
export function doneTag(run: string, episode: EpisodeKey, episodeId: string): string {
  const { variant, task, seed } = episode;
  return `${run} ${hex(slotOf(episode))} ${JSON.stringify([variant, task, seed, episodeId.slice(-12)])}`;
}

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
        intDiv(reinterpretAsUInt16(reverse(unhex(substring(value, length({run:String}) + 2, 4)))) * {of:UInt32}, ${SLOTS}) + 1 AS shard,
        toFloat64(uniqExact(substring(value, 1, length(value) - 16))) AS done
      FROM FeedbackTag
      WHERE metric_name = 'success' AND key = 'done' AND startsWith(value, concat({run:String}, ' '))
      GROUP BY shard`,
    query_params: { run, of },
    format: "JSONEachRow",
  });
  const rows = await result.json<{ shard: string; done: number }>();
  return new Map(rows.map(({ shard, done }) => [Number(shard), done]));
}

/**
 * The episodes of a shard with a stored `success`, which is sent last. Whether something of them was lost since is not looked
 * at: `completedEpisodes` does, and reads all of the run.
 */
export async function doneOfShard(
  clickhouse: ClickHouseClient,
  run: string,
  shard: Shard,
): Promise<Done> {
  const [from, to] = slotsOf(shard);
  const result = await clickhouse.query({
    query: `
      SELECT DISTINCT value FROM FeedbackTag
      WHERE metric_name = 'success' AND key = 'done' AND value >= {from:String} AND value < {to:String}`,
    query_params: { from: `${run} ${hex(from)}`, to: `${run} ${to === SLOTS ? "g" : hex(to)}` },
    format: "JSONCompactEachRow",
  });
  const episodes = new Map<string, EpisodeKey>();
  let played = 0;
  for await (const rows of result.stream<[string]>()) {
    for (const row of rows) {
      const [value] = row.json() as [string];
      const [variant, task, seed] = JSON.parse(value.slice(run.length + 6)) as [
        string,
        string,
        number,
      ];
      episodes.set(JSON.stringify([variant, task, seed]), { variant, task, seed });
      played += 1;
    }
  }
  return { episodes: [...episodes.values()], doubles: played - episodes.size };
}
