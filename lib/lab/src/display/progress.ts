import { plural } from "embedded-gateway";
import { describeInvalid } from "../agents/answers";
import type { Progress, VariantProgress } from "../experiment/progress/progress";
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

/** Such as "9.5 s", "12 min" or "2 h 5 min". */
export function duration(seconds: number): string {
  if (seconds < 59.5) return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * One line, such as "120 of 300 episodes · 12 s left · 80 solved (27–87 % of all) · 900 answers (112/s) · 290 k tokens". The
 * share is that of all episodes, from every other one unsolved to every one solved: those that have ended are no sample,
 * since who succeeds ends early. A resumed run has no share. What the worst of the invalid answers are like comes last.
 */
export function progressText(progress: Progress): string {
  const { done, total, answers, spentUsd, seconds, secondsLeft, state } = progress;
  const parts = [`${done} of ${plural(total, "episode")}`];
  if (state === "finished") parts.push(`in ${duration(seconds)}`);
  if (state === "stopped") parts.push(`stopped after ${duration(seconds)}`);
  if (state === "running" && secondsLeft !== null) parts.push(`${duration(secondsLeft)} left`);
  parts.push(...outcomes(progress), answersText(progress));
  if (answers > 0) parts.push(`${tokens(progress.inputTokens + progress.outputTokens)} tokens`);
  if (spentUsd) {
    const { spentIsEstimated: isEstimated, spentIsAtLeast: isAtLeast } = progress;
    parts.push(costText({ usd: spentUsd, isEstimated, isAtLeast }, spentUsd < 1 ? 4 : 2));
  }
  const [worst, ...others] = progress.invalidAnswers;
  if (worst) {
    const more = others.length > 0 ? ` (and ${others.length} more with such answers)` : "";
    parts.push(describeInvalid(worst) + more);
  }
  return parts.join(" · ");
}

/** Of more than one variant a line each, such as "random  12 of 40 episodes · 3 solved (8–78 % of all) · 480 answers". */
export function variantTexts({ variants }: Progress): string[] {
  if (variants.length < 2) return [];
  const width = Math.max(...variants.map(({ variant }) => variant.length));
  const playing = variants.filter(({ total }) => total > 0); // a resumed run may have no more of one
  return playing.map((counts) => {
    const { variant, done, total } = counts;
    const parts = [
      `${done} of ${plural(total, "episode")}`,
      ...outcomes(counts),
      answersText(counts),
    ];
    return `${variant.padEnd(width)}  ${parts.join(" · ")}`;
  });
}

function outcomes(counts: Omit<VariantProgress, "variant">): string[] {
  const { before, done, total, success, failed } = counts;
  const parts: string[] = [];
  // What a resumed run still lacks is no sample of it, and its tasks are seldom there in equal numbers.
  if (before > 0 && done > failed) parts.push(`${success} solved`);
  else if (done > failed) {
    const least = Math.round((100 * success) / total);
    const most = Math.round((100 * (success + total - (done - failed))) / total);
    parts.push(
      `${success} solved (${least === most ? `${least} %` : `${least}–${most} % of all`})`,
    );
  }
  if (failed > 0) parts.push(`${failed} failed`);
  return parts;
}

function answersText(
  counts: Pick<VariantProgress, "answers" | "invalid"> & { answersPerSecond?: number },
): string {
  const { answers, invalid, answersPerSecond = 0 } = counts;
  const details: string[] = [];
  if (answersPerSecond > 0) {
    details.push(`${answersPerSecond.toFixed(answersPerSecond < 9.95 ? 1 : 0)}/s`);
  }
  if (invalid > 0) details.push(`${percent(invalid / answers)} invalid`);
  const count = answers === 0 ? "no answer yet" : counted(answers, "answer");
  return details.length === 0 ? count : `${count} (${details.join(", ")})`;
}

/** A share that is not 0 is not shown as 0. */
function percent(share: number): string {
  return share < 0.01 ? "< 1 %" : `${Math.floor(100 * share)} %`;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

function counted(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
}

function tokens(count: number): string {
  if (count < 10_000) return grouped(count);
  return count < 1e6 ? `${Math.round(count / 1000)} k` : `${(count / 1e6).toFixed(1)} M`;
}
