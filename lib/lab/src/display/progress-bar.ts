import { relative, resolve } from "node:path";
import type { Progress } from "../experiment/progress/progress";
import { root } from "../project/root";
import type { MimeBundle } from "../runner/nbformat";
import { escapeHtml, inNotebook, liveDisplay, show } from "./display";
import { ratesHtml, stripHtml } from "./live-run";
import { progressMime, progressText, type RunReport, reportMime, variantTexts } from "./progress";
import { TerminalListener } from "./terminal";

/** Often enough for a front end to redraw. */
const redrawMs = 100;

/** How long the last episode's pictures stand. */
const stripMs = 1000;

/** Wong's color-blind safe palette (Nature Methods 8, 441, 2011): solved, unsolved, failed. */
const colors = { solved: "#0072B2", unsolved: "#56B4E9", failed: "#D55E00" };

function barHtml(progress: Progress, strip: string): string {
  const { done, total, success, failed } = progress;
  const share = (episodes: number) => `${((100 * episodes) / Math.max(total, 1)).toFixed(1)}%`;
  const part = (episodes: number, color: string) =>
    `<div style="width:${share(episodes)};height:10px;background-color:${color}"></div>`;
  const parts = [
    part(success, colors.solved),
    part(done - success - failed, colors.unsolved),
    part(failed, colors.failed),
  ];
  return [
    `<div style="max-width:640px">`,
    `<div style="display:flex;height:10px;background-color:rgba(128,128,128,0.25)">${parts.join("")}</div>`,
    `<div style="padding-top:4px">${escapeHtml(progressText(progress))}</div>`,
    ratesHtml(progress),
    ...variantTexts(progress).map(
      (text) => `<div style="white-space:pre;font-family:monospace">${escapeHtml(text)}</div>`,
    ),
    strip,
    `</div>`,
  ].join("");
}

function bundle({ lastEpisode: _, ...progress }: Progress, strip: string): MimeBundle {
  return {
    [progressMime]: progress,
    "text/html": barHtml(progress, strip),
    "text/plain": [progressText(progress), ...variantTexts(progress)].join("\n"),
  };
}

/**
 * A bar that follows a run of episodes in place, below the running cell or, outside a notebook, in the
 * terminal: `lab.evaluate({ …, onProgress: progressBar() })`.
 *
 * @example
 * await lab.evaluate({
 *   variants: ["random"],
 *   tasks: ["BabyAI-GoToObj-v0"],
 *   episodes: 2,
 *   onProgress: progressBar(),
 * });
 */
export function progressBar(): (progress: Progress) => void {
  const terminal = new TerminalListener({ headings: false });
  const display = inNotebook() ? liveDisplay() : (data: MimeBundle) => terminal.display(data);
  let latest: Progress;
  let timer: NodeJS.Timeout | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let strip = "";
  let strippedAt = Number.NEGATIVE_INFINITY;

  /** Of the episode that ended last, while the run goes on: which it is then says nothing, and a saved notebook stays small. */
  const latestStrip = ({ lastEpisode, state }: Progress) => {
    if (state !== "running" || !lastEpisode || !inNotebook()) return "";
    if (performance.now() - strippedAt < stripMs) return strip;
    strippedAt = performance.now();
    strip = stripHtml(lastEpisode);
    return strip;
  };

  const draw = () => {
    clearTimeout(timer);
    timer = undefined;
    drawnAt = performance.now();
    display(bundle(latest, latestStrip(latest)));
  };
  return (progress) => {
    latest = progress;
    const wait = drawnAt + redrawMs - performance.now();
    if (progress.state !== "running" || wait <= 0) draw();
    else timer ??= setTimeout(draw, wait).unref();
  };
}

/**
 * Tells the command that runs this notebook what came out, and a reader where it is. Paths may be
 * absolute; what is published does not show where on this machine the project is.
 *
 * @example
 * const table = textTable(resultsTable(rows));
 * publishReport({ run: run.id, directory: "data/.local/runs", table, charts: [] });
 */
export function publishReport({ run, directory, table, charts }: RunReport): void {
  const inProject = (path: string) => relative(root, resolve(root, path));
  const report: RunReport = {
    run,
    directory: inProject(directory),
    table,
    charts: charts.map(inProject),
  };
  const text = `Run ${run}: its results.json and ${charts.length} pictures of charts are in ${report.directory}`;
  show({
    [reportMime]: report,
    "text/html": `<p>${escapeHtml(text)}</p>`,
    "text/plain": text,
  });
}
