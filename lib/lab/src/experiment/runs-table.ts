import type { RunRow } from "./resume";
import { costText } from "./variants/prices";

/** Runs as a table to read. */
export function runsTable(runs: readonly RunRow[]): Record<string, string>[] {
  return runs.map((row) => ({
    run: row.run,
    state: row.state ?? "–",
    completed: row.planned === null ? `${row.completed}` : `${row.completed} of ${row.planned}`,
    failed: String(row.failed),
    "cut off": String(row.cut_off),
    cost: costText(
      row.cost_usd === null ? null : { usd: row.cost_usd, isEstimated: row.cost_is_estimated },
    ),
    "last row": `${age(row.idle_seconds)} ago`,
    variants: row.variants.join(", "),
  }));
}

function age(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
