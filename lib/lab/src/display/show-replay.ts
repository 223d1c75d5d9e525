import { filmStrip } from "../replay/film-strip";
import { playerHtml } from "../replay/player";
import type { Replay } from "../replay/replay";
import { escapeHtml, show } from "./display";
import { type ShownTheme, showThemed } from "./show";

/**
 * Shows the player below the running cell: one episode, or several side by side. Above it a still picture of each, for
 * readers that run no scripts, such as GitHub.
 *
 * @example
 * const [row] = rows;
 * if (row?.episode_id) await showReplay(await loadReplay(lab.clickhouse, row.episode_id));
 * @param start the step that the player opens at. Default 0.
 * @param look of the still pictures: `letters` on objects that stand for their colors, by default none (in the player a box to tick);
 *   `theme`, by default light, or as `showChart` takes it
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
  const page = escapeHtml(playerHtml(list, start));
  show({
    "text/html": `<iframe sandbox="allow-scripts" width="100%" height="${list.length > 1 ? 760 : 560}" frameborder="0" title="Replay" srcdoc="${page}"></iframe>`,
    "text/plain": "(the player shows where the notebook is trusted and scripts run)",
  });
}
