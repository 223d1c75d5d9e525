import type { ClickHouseClient } from "@clickhouse/client";
import { compareText } from "../analysis/order";
import { withStepLimits } from "../analysis/simulator";
import { type EpisodeRow, episodes } from "../queries/episodes";
import { everyRunSettings } from "../queries/runs/run-settings";
import type { EpisodeKey } from "../queries/runs/run-state";
import { episodeKey, episodesOf } from "./plan/episodes";
import { readRecord } from "./plan/record";

/**
 * One row for each episode that a run was ever to play, in the order of `episodes`: those that it has begun as the store
 * knows them, the others without id and outcome. So the rows of a run that was cut short show what is missing. Rows
 * that no `evaluate` made have no plan, and are all there is.
 */
export async function plannedEpisodes(
  clickhouse: ClickHouseClient,
  run: string,
): Promise<EpisodeRow[]> {
  const begun = await episodes(clickhouse, run);
  const missing = new Map<string, EpisodeKey>();
  for (const text of await everyRunSettings(clickhouse, run)) {
    const { variants, worlds } = readRecord(text, run);
    for (const episode of episodesOf(Object.keys(variants), worlds))
      missing.set(episodeKey(episode), episode);
  }
  for (const episode of begun) missing.delete(episodeKey(episode));
  if (missing.size === 0) return withStepLimits(begun);
  const rows = [...begun, ...[...missing.values()].map((episode) => notBegun(run, episode))];
  return withStepLimits(rows).sort(
    (a, b) => compareText(a.task, b.task) || a.seed - b.seed || compareText(a.variant, b.variant),
  );
}

function notBegun(run: string, { variant, task, seed }: EpisodeKey): EpisodeRow {
  return {
    ...{ run, variant, task, seed, episode_id: null },
    ...{ success: null, episode_return: null, progression: null, episode_length: null },
    ...{ invalid_actions: null, input_tokens: 0, output_tokens: 0, cached_input_tokens: 0 },
    ...{ inferences: 0, error: null },
  };
}
