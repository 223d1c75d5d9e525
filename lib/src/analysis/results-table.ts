import type { EpisodeRow } from "../store/episodes";
import type { Cell } from "./frame";
import type { Estimate } from "./statistics";
import { type Summary, summarize } from "./summary";

/**
 * The results as a table to read: one row a variant, or one a variant and task, with mean and 95 % interval as text.
 * Episodes that were cut off have a column when there are any, and so have answers that were no valid action. Tokens that no
 * provider counted are "–".
 * The same numbers as numbers: `tabulate(summarize(rows))`.
 */
export function resultsTable(
  rows: readonly EpisodeRow[],
  by: "variant" | "variant and task" = "variant",
): Record<string, Cell>[] {
  const summaries = summarize(rows, by);
  const isCutOff = summaries.some(({ cut_off }) => cut_off > 0);
  const isInvalid = summaries.some(({ invalid_answers }) => invalid_answers > 0);
  return summaries.map((summary) => ({
    variant: summary.variant,
    ...(summary.task === null ? {} : { task: summary.task.slice(summary.task.indexOf("/") + 1) }),
    episodes: summary.episodes,
    failed: summary.failed,
    ...(isCutOff ? { "cut off": summary.cut_off } : {}),
    "success %": text(summary.success, 1, 100),
    return: text(summary.episode_return, 3),
    steps: text(summary.episode_length, 1),
    ...(isInvalid ? { "invalid answers": `${summary.invalid_answers} of ${summary.answers}` } : {}),
    "input tokens": tokens(summary.input_tokens, summary),
    "generated tokens": tokens(summary.output_tokens, summary),
  }));
}

/** As `text`, with how many episodes' tokens are known where they are not all: "1020 [980, 1060], 18 of 20 known". */
function tokens(estimate: Estimate, { success }: Summary): string {
  const known =
    estimate.n < success.n && estimate.n > 0 ? `, ${estimate.n} of ${success.n} known` : "";
  return text(estimate, 0) + known;
}

/** "46.0 [36.5, 55.7]"; without an interval only the mean; "–" when there is nothing to tell. */
function text({ mean, low, high }: Estimate, digits: number, scale = 1): string {
  const number = (value: number) => (scale * value).toFixed(digits);
  if (mean === null) return "–";
  return low === null || high === null
    ? number(mean)
    : `${number(mean)} [${number(low)}, ${number(high)}]`;
}
