import { someOf } from "../basics/did-you-mean";
import { type TryRow, tries } from "../queries/episodes";
import type { Loss } from "../queries/parts/tries";
import { episodesWithoutInferences, lackedRows } from "../queries/runs/run-state";
import { listRuns, type RunHistory } from "./resume";

/** What is lost, in words. */
const WORDS: Readonly<Record<Loss, string>> = {
  inferences: "inferences",
  "model calls": "model calls, and with them tokens (–)",
  metrics: "metrics",
  success: "their success",
};

/** Episodes that a line names; of others it says how many there are. */
const NAMED = 6;

/**
 * A line for each run that is not whole: which of its episodes have lost what, and the command that plays them again.
 *
 * @param isDamaged parts of the store are known to be broken. Else a run that is only unfinished has no line
 */
export async function describeLosses(history: RunHistory, isDamaged: boolean): Promise<string[]> {
  if (!isDamaged && (await lackedRows(history.clickhouse)) === null) return [];
  const gone = await episodesWithoutInferences(history.clickhouse);
  const lines: string[] = [];
  for (const { run, planned, completed, damaged } of await listRuns(history, isDamaged)) {
    const hasLost = isDamaged || damaged > 0 || gone.has(run);
    if (planned === null || completed >= planned || !hasLost) continue;
    const lacking = (await tries(history.clickhouse, run)).filter(
      ({ replaced, lost }) => !replaced && lost.length > 0,
    );
    const parts = (Object.keys(WORDS) as Loss[]).flatMap((loss) => {
      const rows = lacking.filter(({ lost }) => lost.includes(loss));
      return rows.length === 0 ? [] : [`${rows.length} lack ${WORDS[loss]}: ${named(rows)}.`];
    });
    const absent = planned - completed - lacking.length;
    if (absent > 0) parts.push(`${absent} are not there, or without an outcome.`);
    lines.push(
      `Run ${run} has ${completed} of ${planned} episodes whole. ${parts.join(" ")} This plays them again: npm start -- --resume ${run}`,
    );
  }
  return lines;
}

function named(rows: readonly TryRow[]): string {
  return someOf(
    rows.map(({ variant, task, seed }) => `${variant} ${task} ${seed}`),
    NAMED,
  );
}
