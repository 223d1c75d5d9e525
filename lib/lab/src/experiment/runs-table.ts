import { oneLine } from "embedded-gateway";
import { shardText } from "../queries/runs/shard";
import type { RunRow } from "./resume";
import { type Cost, costText } from "./variants/prices";

/** Of a note, in a line. */
const SHOWN = 100;

/** Runs as a table to read. A helper only serves to show something. */
export function runsTable(runs: readonly RunRow[]): Record<string, string>[] {
  const hasDamage = runs.some(({ damaged }) => damaged > 0);
  const hasDoubles = runs.some(({ doubles }) => doubles > 0);
  const hasNames = runs.some(({ name }) => name !== null);
  const hasNotes = runs.some(({ note }) => note !== null);
  return runs.map((row) => ({
    run: row.run,
    ...(hasNames ? { name: row.name ?? "" } : {}),
    state: `${row.state ?? "–"}${row.helper ? ", helper" : ""}`,
    completed: row.planned === null ? `${row.completed}` : `${row.completed} of ${row.planned}`,
    failed: String(row.failed),
    "cut off": String(row.cut_off),
    ...(hasDamage ? { damaged: String(row.damaged) } : {}),
    ...(hasDoubles ? { doubles: String(row.doubles) } : {}),
    cost: costText(costOf(row)),
    "last row": `${age(row.idle_seconds)} ago`,
    variants: row.variants.join(", "),
    ...(hasNotes ? { note: oneLine(row.note ?? "", SHOWN) } : {}),
  }));
}

/** The parts of a run as a table to read. */
export function shardsTable({ shards }: RunRow): Record<string, string>[] {
  return shards.map(({ index, of, state, done, planned, pid, host, seconds_ago }) => ({
    shard: shardText({ index, of }),
    state,
    done: `${done} of ${planned}`,
    "played by": pid === null ? "–" : `process ${pid} on ${host}`,
    "last answer": seconds_ago === null ? "–" : `${age(Math.round(seconds_ago))} ago`,
  }));
}

function costOf({ cost_usd, cost_is_estimated, cost_is_at_least }: RunRow): Cost | null {
  if (cost_usd === null) return null;
  return { usd: cost_usd, isEstimated: cost_is_estimated, isAtLeast: cost_is_at_least };
}

function age(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
