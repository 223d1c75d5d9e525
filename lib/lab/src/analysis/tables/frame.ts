import type { Summary } from "../summary";
import { type Cell, type DataFrame, danfojs, dtypeOf } from "./danfojs";

/**
 * Flat rows as a danfojs-node DataFrame: every key of any row is a column, in the order in which they first appear, and
 * what a row lacks is null. The first call loads danfojs-node, which takes about 1.5 s.
 *
 * @example
 * const steps = frame(rows).column("episode_length");
 */
export function frame(rows: readonly object[]): DataFrame {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const values = rows.map((row) => {
    const cells = new Map(Object.entries(row) as [string, Cell | undefined][]);
    return columns.map((column) => cells.get(column) ?? null);
  });
  const dtypes = columns.map((_, place) => dtypeOf(values.map((row) => row[place]!)));
  const Frame = danfojs();
  return columns.length === 0 ? new Frame([]) : new Frame(values, { columns, dtypes });
}

/**
 * Summaries as flat rows for a table or a DataFrame: the mean under the quantity's name, the bounds of its
 * 95 % interval under `…_low` and `…_high`, the standard error of a mean under `…_sem`. Where episodes have no outcome the
 * mean is null, and the bounds those of the range in which it would lie.
 *
 * @example
 * showTable(tabulate(summarize(rows)));
 */
export function tabulate(summaries: readonly Summary[]): Record<string, Cell>[] {
  const byTask = summaries.some((summary) => summary.task !== null);
  return summaries.map((summary) => {
    const row: Record<string, Cell> = { variant: summary.variant };
    if (byTask) row.task = summary.task;
    row.episodes = summary.episodes;
    row.effective_episodes = summary.effective_episodes;
    row.failed = summary.failed;
    row.cut_off = summary.cut_off;
    row.not_begun = summary.not_begun;
    row.success = summary.success.mean;
    row.success_low = summary.success.low;
    row.success_high = summary.success.high;
    for (const quantity of MEANS) {
      const estimate = summary[quantity];
      row[quantity] = estimate.mean;
      row[`${quantity}_low`] = estimate.low;
      row[`${quantity}_high`] = estimate.high;
      row[`${quantity}_sem`] = estimate.sem;
    }
    return row;
  });
}

const MEANS = ["episode_return", "episode_length", "input_tokens", "output_tokens"] as const;
