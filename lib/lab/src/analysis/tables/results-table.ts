import type { EpisodeRow } from "../../queries/episodes";
import type { Bounded } from "../bounds";
import { players, variantPlayer } from "../player";
import { type Summary, summarize } from "../summary";
import type { Cell } from "./danfojs";

/**
 * The results as a table to read: one row a variant, or one a variant and task, with what played it, mean and 95 % interval as text. Where
 * episodes have no outcome a range stands in the mean's place: see `summarize`. Those that were cut off or never begun have
 * columns when there are any, and one that says that the run is unfinished; so have answers that were no valid action, and the
 * effective number of episodes where tasks have unequal numbers. Tokens that no provider counted are "–".
 * The same numbers as numbers: `tabulate(summarize(rows))`.
 *
 * @example
 * showTable(resultsTable(rows, "variant and task"));
 */
export function resultsTable(
  rows: readonly EpisodeRow[],
  by: "variant" | "variant and task" = "variant",
): Record<string, Cell>[] {
  const summaries = summarize(rows, by);
  const isUneven = summaries.some((summary) => summary.effective_episodes < summary.episodes);
  const isCutOff = summaries.some(({ cut_off }) => cut_off > 0);
  const isInvalid = summaries.some(({ invalid_answers }) => invalid_answers > 0);
  const isSaid = players(rows) !== null;
  const isNotBegun = summaries.some(({ not_begun }) => not_begun > 0);
  return summaries.map((summary) => ({
    variant: summary.variant,
    ...(isSaid ? { model: variantPlayer(summary.variant, rows) ?? "–" } : {}),
    ...(summary.task === null ? {} : { task: summary.task.slice(summary.task.indexOf("/") + 1) }),
    episodes: summary.episodes,
    ...(isUneven ? { "effective episodes": summary.effective_episodes.toFixed(1) } : {}),
    failed: summary.failed,
    ...(isCutOff ? { "cut off": summary.cut_off } : {}),
    ...(isNotBegun ? { "not begun": summary.not_begun } : {}),
    ...(isCutOff || isNotBegun ? { unfinished: ended(summary) } : {}),
    "success %": text(summary.success, 1, 100),
    return: text(summary.episode_return, 3),
    steps: text(summary.episode_length, 1),
    ...(isInvalid ? { "invalid answers": `${summary.invalid_answers} of ${summary.answers}` } : {}),
    "input tokens": tokens(summary.input_tokens, summary),
    "generated tokens": tokens(summary.output_tokens, summary),
  }));
}

/** As `text`, with how many episodes' tokens are known where they are not all: "1020 [980, 1060], 18 of 20 known". */
function tokens(estimate: Bounded, { success }: Summary): string {
  const known =
    estimate.n < success.n && estimate.n > 0 ? `, ${estimate.n} of ${success.n} known` : "";
  return text(estimate, 0) + known;
}

/** "22 of 100 ended"; nothing where all have. */
function ended({ episodes, cut_off, not_begun }: Summary): string {
  const open = cut_off + not_begun;
  return open === 0 ? "" : `${episodes - open} of ${episodes} ended`;
}

/**
 * "46.0 [36.5, 55.7]"; without an interval only the mean; of a range "45.0–47.0 [35.6, 56.7]", or "≥ 45.0" where it has no
 * upper end; "–" when there is nothing to tell.
 */
function text({ mean, least, most, low, high }: Bounded, digits: number, scale = 1): string {
  const number = (value: number) => (scale * value).toFixed(digits);
  if (least === null) return "–";
  if (most === null) return `≥ ${number(least)}`;
  const value = mean === null ? `${number(least)}–${number(most)}` : number(mean);
  return low === null || high === null ? value : `${value} [${number(low)}, ${number(high)}]`;
}
