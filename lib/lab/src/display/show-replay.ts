import { filmStrip } from "../replay/film-strip";
import { playerHtml } from "../replay/player";
import type { Replay } from "../replay/replay";
import { escapeHtml, show } from "./display";
import { bothThemes, type ShownTheme, showThemed } from "./show";

/**
 * Shows the player below the running cell: one episode, or several side by side. Above it a still picture of each, for
 * readers that run no scripts, such as GitHub.
 *
 * @example
 * const [row] = rows;
 * if (row?.episode_id) await showReplay(await loadReplay(lab.clickhouse, row.episode_id));
 * @param start the step that the player opens at. Default 0.
 * @param look `letters` on objects, for their colors, by default none; in the player they are a box to tick. `theme` as `showChart`
 *   takes it; by default still pictures are light, and the player as the system is
 */
export async function showReplay(
  replays: Replay | readonly Replay[],
  start = 0,
  { letters = false, theme }: { letters?: boolean; theme?: ShownTheme } = {},
): Promise<void> {
  const list = "frames" in replays ? [replays] : replays;
  for (const replay of list)
    await showThemed(theme, replay.mission, (own) => filmStrip(replay, { letters, theme: own }));
  // subtle: a frame of its own keeps the page's keys and styles apart from the notebook's, in every front end.
  const frame = (own: "light" | "dark" | undefined, attributes = "") =>
    `<iframe ${attributes} sandbox="allow-scripts" width="100%" height="${list.length > 1 ? 760 : 560}" frameborder="0" title="Replay" srcdoc="${escapeHtml(playerHtml(list, start, { letters, theme: own }))}"></iframe>`;
  show({
    "text/html": theme === "auto" ? bothThemes(frame) : frame(theme),
    "text/plain": "(the player shows where the notebook is trusted and scripts run)",
  });
}
