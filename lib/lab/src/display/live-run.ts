import { boundedProportion } from "../analysis/bounds";
import { at } from "../basics/at";
import { variantColor } from "../charts/drawing/color";
import { shortTask } from "../charts/labels";
import type { LastEpisode, Progress, VariantProgress } from "../experiment/progress/progress";
import { replayEpisode } from "../replay/replay";
import { escapeHtml } from "./display";

/** Pictures of the last episode, and their width in pixels. */
const FRAMES = 6;
const WIDTH = 84;

/**
 * Success by variant on a line from 0 to 100 %: the range in which the rate of all planned episodes can still come to lie, and pale the
 * 95 % interval around both of its ends. Both grow narrower with each episode that ends. A resumed run has none, see `progressText`.
 */
export function ratesHtml({ variants }: Progress): string {
  const shown = variants.filter(({ before, total }) => before === 0 && total > 0);
  return shown.map(rateHtml).join("");
}

function rateHtml({ variant, total, done, success, failed }: VariantProgress): string {
  const unknown = total - (done - failed);
  const { least, most, low, high } = boundedProportion([{ successes: success, n: total, unknown }]);
  const ends = [low, least, most, high].map((end) => 100 * (end ?? 0));
  const [from = 0, start = 0, end = 0, to = 0] = ends;
  const color = variantColor(variant);
  const part = (percent: number, background: string) =>
    `<div style="width:${Math.max(0, percent).toFixed(2)}%;height:12px;background-color:${background}"></div>`;
  const percent = (value: number) => value.toFixed(1);
  const text = unknown === 0 ? `${percent(start)} %` : `${percent(start)}–${percent(end)} % of all`;
  return [
    `<div style="display:flex;align-items:center;padding-top:3px">`,
    `<div style="flex:none;width:190px;overflow:hidden;white-space:nowrap">${escapeHtml(variant)}</div>`,
    `<div style="flex:none;width:220px;display:flex;background-color:rgba(128,128,128,0.2)">`,
    part(from, "transparent"),
    part(start - from, `${color}55`),
    part(Math.max(1, end - start), color),
    part(to - Math.max(end, start + 1), `${color}55`),
    `</div>`,
    `<div style="padding-left:10px;white-space:nowrap">${text} [${percent(from)}, ${percent(to)}]</div>`,
    `</div>`,
  ].join("");
}

/** The episode that ended last, as small pictures of its world. */
export function stripHtml({ variant, task, seed, success, actions }: LastEpisode): string {
  const { frames } = replayEpisode(task, seed, actions);
  const last = frames.length - 1;
  const count = Math.min(FRAMES, frames.length);
  const pictures = Array.from({ length: count }, (_, i) => {
    const { svg, step } = at(frames, Math.round((i * last) / Math.max(1, count - 1)));
    const data = Buffer.from(svg).toString("base64");
    return `<img width="${WIDTH}" alt="Step ${step}" title="Step ${step}" src="data:image/svg+xml;base64,${data}" style="margin-right:4px">`;
  });
  const about = `${variant} on ${shortTask(task)}, seed ${seed}: ${success ? "solved" : "not solved"} after ${last} steps`;
  return `<div style="padding-top:8px">Last episode: ${escapeHtml(about)}</div><div style="padding-top:4px">${pictures.join("")}</div>`;
}
