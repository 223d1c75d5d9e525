import type { Progress } from "../experiment/plan/settings";
import { describeInvalid } from "../experiment/play/answers";
import { costText } from "../experiment/variants/prices";

/** The MIME type of a `Progress`; front ends that do not know it show the HTML beside it. */
export const progressMime = "application/vnd.babyai-lab.progress+json";

/** The MIME type of a {@link RunReport}. */
export const reportMime = "application/vnd.babyai-lab.result+json";

/** What a notebook that evaluates agents tells the command that runs it. */
export interface RunReport {
  run: string;
  /** The folder that holds what the run leaves. Paths are relative to the project's folder. */
  directory: string;
  /** The results as plain text, columns aligned. */
  table: string;
  charts: string[];
}

function duration(seconds: number): string {
  if (seconds < 59.5) return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * One line, such as "120 of 300 episodes · 80 solved (27–87 % of all) · 12 s left". The share is that of all episodes, from
 * every other one unsolved to every one solved: those that have ended are no sample, since who succeeds ends early. Answers
 * that were no valid action come last, of the variant with the largest share of them.
 */
export function progressText(progress: Progress): string {
  const { done, total, success, failed, spentUsd, spentIsEstimated, seconds, state } = progress;
  const parts = [`${done} of ${total} episodes`];
  if (done > failed) {
    const least = Math.round((100 * success) / total);
    const most = Math.round((100 * (success + total - (done - failed))) / total);
    parts.push(
      `${success} solved (${least === most ? `${least} %` : `${least}–${most} % of all`})`,
    );
  }
  if (failed > 0) parts.push(`${failed} failed`);
  if (spentUsd) {
    parts.push(costText({ usd: spentUsd, isEstimated: spentIsEstimated }, spentUsd < 1 ? 4 : 2));
  }
  if (state === "finished") parts.push(`in ${duration(seconds)}`);
  if (state === "stopped") parts.push(`stopped after ${duration(seconds)}`);
  if (state === "running" && done > 0) {
    parts.push(`${duration((seconds / done) * (total - done))} left`);
  }
  const [worst, ...others] = progress.invalidAnswers;
  if (worst) {
    const more = others.length > 0 ? ` (and ${others.length} more with such answers)` : "";
    parts.push(describeInvalid(worst) + more);
  }
  return parts.join(" · ");
}
