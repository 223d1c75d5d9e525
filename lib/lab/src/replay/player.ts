import { createHash } from "node:crypto";
import { join } from "node:path";
import { printable, readTextFile } from "embedded-gateway";
import { playerOf } from "../analysis/player";
import { differs, type Replay, type ReplayFrame } from "./replay";

// subtle: compiled to lib/lab/dist/replay, this reads the page's own parts where they are kept: lib/lab/src/replay. With LF, because a
// browser takes the hash of a script after it has made LF of all line ends.
const part = (name: string) => readTextFile(join(__dirname, "..", "..", "src", "replay", name));

/**
 * There is nothing to play, or not from there.
 *
 * @example
 * try {
 *   playerHtml([]);
 * } catch (error) {
 *   error instanceof NoReplayError; // true
 * }
 */
export class NoReplayError extends Error {
  override readonly name = "NoReplayError";
}

/** How the player is to look. */
export interface PlayerLook {
  /** Whether it begins with letters on objects, for their colors. Default: false. */
  letters?: boolean | undefined;
  /** Default: as the browser prefers. */
  theme?: "light" | "dark" | undefined;
}

/** What a site that shows the player among its pages adds to it. */
export interface Surroundings {
  /** HTML, above and below the player. */
  top: string;
  bottom: string;
  /** Address of a stylesheet of the same site. */
  stylesheet: string;
}

/**
 * A page that plays episodes: one, or several side by side step by step, such as two variants on the same seed. One HTML
 * file that needs no network and, by its content security policy, cannot use any.
 *
 * Keys: ← → a step, space plays and pauses, Home and End, + and - for the speed, L for letters that stand for the colors.
 *
 * @example
 * import { writeFileSync } from "node:fs";
 *
 * const [row] = rows;
 * if (row?.episode_id) {
 *   writeFileSync("replay.html", playerHtml([await loadReplay(lab.clickhouse, row.episode_id)]));
 * }
 * @param start the step that it opens at. Default 0.
 * @param look Default: no letters, and the browser's theme.
 * @throws NoReplayError `replays` is empty, or `start` is no step
 */
export function playerHtml(
  replays: readonly Replay[],
  start = 0,
  { letters = false, theme }: PlayerLook = {},
  surroundings?: Surroundings,
): string {
  if (replays.length === 0)
    throw new NoReplayError("There is no replay to play: give at least one");
  if (!Number.isSafeInteger(start) || start < 0)
    throw new NoReplayError(`start is ${start}: a step is a whole number, 0 or more`);
  const script = part("page.js");
  const style = themed(part("page.css"), theme);
  const { top = "", bottom = "", stylesheet } = surroundings ?? {};
  const ownSite = surroundings === undefined ? "" : " 'self'";
  const policy = `default-src 'none'; img-src data:${ownSite}; script-src ${hash(script)}; style-src ${hash(style)}${ownSite}; base-uri 'none'; form-action ${ownSite || "'none'"}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Replay</title>
<style>${style}</style>${
    stylesheet === undefined
      ? ""
      : `
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="${stylesheet}">`
  }
</head>
<body data-start="${start}"${surroundings === undefined ? "" : " data-step-in-address"}>
${top}<header>
<button id="first" title="First step (Home)" aria-label="First step">|◀</button>
<button id="back" title="Step back (←)" aria-label="Step back">◀</button>
<button id="play" title="Play or pause (space)"></button>
<button id="next" title="Step forward (→)" aria-label="Step forward">▶</button>
<button id="last" title="Last step (End)" aria-label="Last step">▶|</button>
<input id="slider" type="range" min="0" value="0" aria-label="Step">
<output id="position"></output>
<select id="speed" title="Speed (+ and -)" aria-label="Speed">
${SPEEDS.map((x) => `<option value="${x}"${x === 1 ? " selected" : ""}>${x}×</option>`).join("")}
</select>
<label title="Letters for colors (L): R, G, B, P, Y, and E for grey"><input id="letters" type="checkbox"${letters ? " checked" : ""}> Letters</label>
</header>
<main id="episodes"></main>
${bottom}<script type="application/json" id="data">${embed(pack(replays))}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** A style of one theme alone. */
function themed(style: string, theme: PlayerLook["theme"]): string {
  if (theme === undefined) return style;
  return style
    .replaceAll("(prefers-color-scheme: dark)", theme === "dark" ? "all" : "not all")
    .replace("color-scheme: light dark", `color-scheme: ${theme}`);
}

/** 1× is two steps a second. */
const SPEEDS = [0.5, 1, 2, 4, 8];

const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** JSON in which no text can end the script element early: inside a script element only "<" could. */
const embed = (data: unknown) => printable(JSON.stringify(data)).replaceAll("<", "\\u003c");

/** The player's data. Texts are lists of indices into `lines`: pictures and prompts of an episode share most lines. */
function pack(replays: readonly Replay[]) {
  const indices = new Map<string, number>();
  const lines: string[] = [];
  const toLines = (text: string) =>
    text.split("\n").map((line) => {
      const known = indices.get(line);
      if (known !== undefined) return known;
      indices.set(line, lines.length);
      return lines.push(line) - 1;
    });
  const optional = (text: string | null | undefined) => (text ? toLines(text) : null);
  const episodes = replays.map((replay) => ({
    heading: replay.mission,
    about: about(replay),
    mismatches: replay.mismatches,
    frames: replay.frames.map((frame) => ({
      svg: toLines(frame.svg),
      lettered: toLines(frame.lettered),
      action: actionText(frame, replay),
      cost: costText(frame),
      patterns: frame.patterns,
      observation: toLines(frame.observation),
      picture:
        frame.picture && `data:image/png;base64,${Buffer.from(frame.picture).toString("base64")}`,
      shown: differs(frame) ? toLines(frame.stored!.observation) : null,
      thinking: optional(frame.stored?.thinking),
      answer: optional(frame.stored?.answer),
      system: optional(frame.stored?.system_prompt),
      user: optional(frame.stored?.user_prompt),
    })),
  }));
  return { lines, episodes };
}

function about({ episode, maxSteps }: Replay): string {
  const { variant, task, seed, run, episode_id } = episode;
  const player = playerOf(episode);
  return `${variant}${player === null ? "" : ` (${player})`} · ${task} · seed ${seed} · at most ${maxSteps} steps · run ${run}${episode_id === null ? "" : ` · episode ${episode_id}`}`;
}

function actionText({ step, action, stored }: ReplayFrame, { outcome, episode }: Replay): string {
  if (action === null) {
    const end = outcome ?? (episode.error === null ? "cut off" : `failed: ${episode.error}`);
    return `End after ${step} steps: ${end}`;
  }
  return stored?.invalid
    ? `${step}: invalid answer (${stored.invalid}), played as "${action}"`
    : `${step}: ${action}`;
}

function costText({ stored }: ReplayFrame): string {
  if (stored === null) return "";
  const { input_tokens, output_tokens, cached_input_tokens, latency_ms, cached } = stored;
  const latency = latency_ms === null ? "" : ` · ${latency_ms} ms`;
  const known = cached_input_tokens > 0 ? ` (${cached_input_tokens} cached)` : "";
  return `${input_tokens ?? "–"} tokens in${known}, ${output_tokens ?? "–"} out${latency}${cached ? " · from the cache" : ""}`;
}
