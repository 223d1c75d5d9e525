import type { Progress } from "../experiment/settings";

/** The MIME type of a {@link ShownProgress}; front ends that do not know it show the HTML beside it. */
export const progressMime = "application/vnd.babyai-lab.progress+json";

/** The MIME type of a {@link RunReport}. */
export const reportMime = "application/vnd.babyai-lab.result+json";

/** Where a run stands, as a notebook shows it. */
export interface ShownProgress extends Progress {
  state: "running" | "finished" | "stopped";
}

/** What a notebook that evaluates agents tells the command that runs it. */
export interface RunReport {
  run: string;
  /** The absolute path of the folder that holds what the run leaves. */
  directory: string;
  /** The results as plain text, columns aligned. */
  table: string;
  /** Absolute paths of the charts. */
  charts: string[];
}

function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 59.5) return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * One line, such as "120 of 300 episodes · 80 solved (67 %) · 12 s left". The share is that of the
 * episodes that did not fail.
 */
export function progressText(progress: ShownProgress): string {
  const { done, total, succeeded, failed, spentUsd, elapsedMs, etaMs, state } = progress;
  const parts = [`${done} of ${total} episodes`];
  if (done > failed) {
    parts.push(`${succeeded} solved (${Math.round((100 * succeeded) / (done - failed))} %)`);
  }
  if (failed > 0) parts.push(`${failed} failed`);
  if (spentUsd) parts.push(`$${spentUsd.toFixed(spentUsd < 1 ? 4 : 2)}`);
  if (state === "finished") parts.push(`in ${duration(elapsedMs)}`);
  if (state === "stopped") parts.push(`stopped after ${duration(elapsedMs)}`);
  if (state === "running" && etaMs !== null) parts.push(`${duration(etaMs)} left`);
  return parts.join(" · ");
}
