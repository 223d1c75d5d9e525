import type { ClickHouseClient } from "@clickhouse/client";
import { lastBeatsByShard } from "../../queries/runs/beats";
import { doneByShard } from "../../queries/runs/done";
import { type Shard, shardIndex } from "../../queries/runs/shard";
import { episodesOf } from "../plan/episodes";
import type { RunRecord } from "../plan/record";
import { holderOf, isLiving } from "./claim";

/** How far a part of a run is. */
export interface ShardRow extends Shard {
  /** "live": a process plays it. "dead": the last one that did ended before its part was done, or fell silent. */
  state: "done" | "live" | "dead" | "not begun";
  done: number;
  planned: number;
  /** Who played it last, and how long ago its last answer came; null where nobody did. */
  pid: number | null;
  host: string | null;
  seconds_ago: number | null;
}

/** @param of into how many parts the run was last split */
export async function shardRows(
  clickhouse: ClickHouseClient,
  { run, of, record }: { run: string; of: number; record: RunRecord },
): Promise<ShardRow[]> {
  const beats = await lastBeatsByShard(clickhouse, run);
  const doneOf = await doneByShard(clickhouse, run, of);
  const plannedOf = new Map<number, number>();
  for (const episode of episodesOf(Object.keys(record.variants), record.worlds)) {
    const index = shardIndex(episode, of);
    plannedOf.set(index, (plannedOf.get(index) ?? 0) + 1);
  }
  return Array.from({ length: of }, (_, i): ShardRow => {
    const shard = { index: i + 1, of };
    const beat = beats.find((beat) => beat.of === of && beat.index === shard.index);
    const done = doneOf.get(shard.index) ?? 0;
    const planned = plannedOf.get(shard.index) ?? 0;
    const ended = done >= planned ? "done" : "dead";
    const state = beat === undefined ? (done >= planned ? "done" : "not begun") : ended;
    const holder = beat && holderOf(beat);
    return {
      ...{ ...shard, done, planned },
      state: beat !== undefined && isLiving(beat) ? "live" : state,
      pid: holder?.pid ?? null,
      host: holder?.host ?? null,
      seconds_ago: holder?.secondsAgo ?? null,
    };
  });
}
