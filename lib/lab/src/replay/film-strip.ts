import { playerOf } from "../analysis/player";
import { at } from "../basics/at";
import { BACKGROUND, INK, toDark } from "../charts/drawing/style";
import { outlineText } from "../charts/text/outline";
import type { Replay, ReplayFrame } from "./replay";

const WIDTH = 760;
const COLUMNS = 5;
const GAP = 10;
const PICTURE = (WIDTH - (COLUMNS + 1) * GAP) / COLUMNS;
const CAPTION = 22;
const HEADING = 48;
/** Characters that fit under a picture. */
const CAPTION_LENGTH = 22;

/** How a film strip is to look. */
export interface StripLook {
  /** Frames at most. Default: 10. */
  count?: number;
  /** Whether objects bear the letter of their color. Default: false. */
  letters?: boolean;
  /** Default: light. */
  theme?: "light" | "dark";
}

/**
 * A replay as one still picture (SVG), for where scripts do not run: evenly spaced frames, the first and the last among
 * them, each with the action taken there.
 */
export function filmStrip(replay: Replay, look: StripLook = {}): string {
  const { count = 10, letters = false, theme = "light" } = look;
  const frames = spread(replay.frames, count);
  const [width, height] = sizeOf(at(frames, 0).svg);
  const pictureHeight = (PICTURE * height) / width;
  const rowHeight = pictureHeight + CAPTION + GAP;
  const total = HEADING + Math.ceil(frames.length / COLUMNS) * rowHeight;
  const { variant, task, seed } = replay.episode;
  const player = playerOf(replay.episode);
  const pictures = frames.map((frame, i) => {
    const x = GAP + (i % COLUMNS) * (PICTURE + GAP);
    const y = HEADING + Math.floor(i / COLUMNS) * rowHeight;
    const place = `<svg x="${round(x)}" y="${round(y)}" width="${round(PICTURE)}" height="${round(pictureHeight)}" viewBox="0 0 ${width} ${height}">`;
    return `${(letters ? frame.lettered : frame.svg).replace(/<svg[^>]*>/, place)}${text(x, y + pictureHeight + 15, 12, caption(frame, replay))}`;
  });
  const strip = outlineText(
    [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${round(total)}" width="${WIDTH}" height="${round(total)}" style="max-width:100%;height:auto" role="img">`,
      `<rect width="100%" height="100%" fill="${BACKGROUND}"/>`,
      text(GAP, 20, 15, replay.mission, 600),
      text(
        GAP,
        38,
        12,
        `${variant}${player === null ? "" : ` (${player})`}, ${task}, seed ${seed}${mismatchText(replay)}`,
      ),
      ...pictures,
      "</svg>",
    ].join("\n"),
  );
  return theme === "dark" ? toDark(strip) : strip;
}

function spread(frames: readonly ReplayFrame[], count: number): ReplayFrame[] {
  const shown = Math.min(count, frames.length);
  const last = frames.length - 1;
  return Array.from({ length: shown }, (_, i) =>
    at(frames, Math.round((i * last) / (shown - 1 || 1))),
  );
}

function caption({ step, action }: ReplayFrame, { outcome, episode }: Replay): string {
  const end = outcome ?? (episode.error === null ? "cut off" : "failed");
  const line = `${step}: ${action ?? end}`;
  return line.slice(0, CAPTION_LENGTH);
}

function mismatchText({ mismatches }: Replay): string {
  return mismatches.length > 0 ? `, MISMATCH: ${mismatches[0]}` : "";
}

function sizeOf(svg: string): [number, number] {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!;
  return [Number(width), Number(height)];
}

function text(x: number, y: number, size: number, content: string, weight = 400): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text transform="translate(${round(x)},${round(y)})" font-size="${size}px" font-weight="${weight}" fill="${INK}">${escaped}</text>`;
}

const round = (value: number) => String(Math.round(value * 100) / 100);
