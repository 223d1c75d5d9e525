import type { Progress } from "../experiment/settings";
import { escapeHtml, inNotebook, type Shown, show } from "./display";
import type { MimeBundle } from "./nbformat";
import {
  progressMime,
  progressText,
  type RunReport,
  reportMime,
  type ShownProgress,
} from "./progress";
import { TerminalListener } from "./terminal";

/** A bar that follows a run of episodes, in place: `lab.evaluate({ …, onProgress: bar.update })`. */
export interface ProgressBar {
  update: (progress: Progress) => void;
  /** Says that no more comes; what is not done by then counts as stopped. */
  finish: () => void;
}

/** A front end need not draw more often. */
const redrawMs = 100;

/** Wong's colour-blind safe palette (Nature Methods 8, 441, 2011): solved, unsolved, failed. */
const colors = { solved: "#0072B2", unsolved: "#56B4E9", failed: "#D55E00" };

function barHtml(progress: ShownProgress): string {
  const { done, total, succeeded, failed } = progress;
  const share = (episodes: number) => `${((100 * episodes) / Math.max(total, 1)).toFixed(1)}%`;
  const part = (episodes: number, color: string) =>
    `<div style="width:${share(episodes)};height:10px;background-color:${color}"></div>`;
  const parts = [
    part(succeeded, colors.solved),
    part(done - succeeded - failed, colors.unsolved),
    part(failed, colors.failed),
  ];
  return [
    `<div style="max-width:640px">`,
    `<div style="display:flex;height:10px;background-color:rgba(128,128,128,0.25)">${parts.join("")}</div>`,
    `<div style="padding-top:4px">${escapeHtml(progressText(progress))}</div>`,
    `</div>`,
  ].join("");
}

function bundle(progress: ShownProgress): MimeBundle {
  return {
    [progressMime]: progress,
    "text/html": barHtml(progress),
    "text/plain": progressText(progress),
  };
}

/** A progress bar below the running cell; outside a notebook, in the terminal. */
export function progressBar(): ProgressBar {
  const terminal = inNotebook() ? undefined : new TerminalListener({ headings: false });
  let shown: Shown | undefined;
  let latest: Progress | undefined;
  let timer: NodeJS.Timeout | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;

  const draw = (state: ShownProgress["state"]) => {
    clearTimeout(timer);
    timer = undefined;
    if (!latest) return;
    drawnAt = performance.now();
    const data = bundle({ ...latest, state });
    if (terminal) terminal.display(data);
    else if (shown) shown.update(data);
    else shown = show(data);
  };
  const finish = () => {
    if (latest) draw(latest.done === latest.total ? "finished" : "stopped");
    latest = undefined;
  };
  return {
    update(progress) {
      latest = progress;
      if (progress.done === progress.total) finish();
      else
        timer ??= setTimeout(
          draw,
          Math.max(0, drawnAt + redrawMs - performance.now()),
          "running",
        ).unref();
    },
    finish,
  };
}

/** Tells the command that runs this notebook what came out; a reader sees where it is. */
export function publishReport(report: RunReport): void {
  const text = `Run ${report.run}: the executed notebook and the charts are in ${report.directory}`;
  show({
    [reportMime]: report,
    "text/html": `<p>${escapeHtml(text)}</p>`,
    "text/plain": text,
  });
}
