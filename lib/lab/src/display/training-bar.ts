import type { TrainingProgress } from "../learn/student/train";
import { escapeHtml, inNotebook, liveDisplay } from "./display";
import { duration } from "./progress";

/** Often enough for a front end to redraw. */
const REDRAW_MS = 500;
const SIZE = { width: 640, height: 120 };

/** One line, such as "step 600 of 1,620 (epoch 5 of 12) · loss 0.182 · 93.1 % as the examples · 9 s, 15 s left". */
export function trainingText(progress: TrainingProgress): string {
  const { step, steps, epochs, loss, accuracy, seconds } = progress;
  const epoch = Math.min(epochs, Math.floor((step * epochs) / steps) + 1);
  const left = (seconds * (steps - step)) / step;
  return [
    `step ${step.toLocaleString("en-US")} of ${steps.toLocaleString("en-US")} (epoch ${epoch} of ${epochs})`,
    `loss ${loss.toFixed(3)}`,
    `${(100 * accuracy).toFixed(1)} % as the examples`,
    step === steps ? `in ${duration(seconds)}` : `${duration(left)} left`,
  ].join(" · ");
}

/** The bar, and below it the loss so far on a logarithmic scale from 0.01 to 2 nats. */
function html(history: readonly TrainingProgress[]): string {
  const last = history.at(-1) as TrainingProgress;
  const { width, height } = SIZE;
  const points = history.map(({ step, steps, loss }) => {
    const share = (Math.log(2) - Math.log(Math.max(0.01, loss))) / Math.log(200);
    return `${((width * step) / steps).toFixed(1)},${(height * Math.max(0, share)).toFixed(1)}`;
  });
  const done = ((100 * last.step) / last.steps).toFixed(1);
  return [
    `<div style="max-width:${width}px">`,
    `<div style="height:10px;background-color:rgba(128,128,128,0.25)"><div style="width:${done}%;height:10px;background-color:#0072B2"></div></div>`,
    `<div style="padding-top:4px">${escapeHtml(trainingText(last))}</div>`,
    `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><polyline points="${points.join(" ")}" fill="none" stroke="#0072B2" stroke-width="1.5"/></svg>`,
    "</div>",
  ].join("");
}

/**
 * A bar and a loss curve that follow a training in place, below the running cell; outside a notebook a line from time to time:
 * `trainStudent(train, { onProgress: trainingBar() })`.
 *
 * @example
 * const { train } = await lab.examples({ run: run.id });
 * const student = await trainStudent(train, { onProgress: trainingBar() });
 */
export function trainingBar(): (progress: TrainingProgress) => void {
  const display = liveDisplay();
  const redrawMs = inNotebook() ? REDRAW_MS : 10 * REDRAW_MS;
  const history: TrainingProgress[] = [];
  let drawnAt = Number.NEGATIVE_INFINITY;
  return (progress) => {
    history.push(progress);
    if (progress.step < progress.steps && performance.now() - drawnAt < redrawMs) return;
    drawnAt = performance.now();
    display({ "text/html": html(history), "text/plain": trainingText(progress) });
  };
}
