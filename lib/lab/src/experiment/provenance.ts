import { testTasks, tasks as trainTasks } from "babyai";
import { answeredBy } from "../analysis/player";
import { publishedEntryOf } from "../analysis/published/episodes";
import type { Provenance } from "../analysis/results";
import type { EpisodeRow } from "../queries/episodes";
import type { Settings } from "./plan/settings";
import { describeWorlds, gridOf, inTurn, type Worlds } from "./plan/worlds";
import type { Run } from "./run";

/** How a run can be made again, and what answered in it. @param rows the run's */
export function provenanceOf(
  { settings, startedAt }: Run,
  rows: readonly EpisodeRow[],
  versions: Provenance["versions"],
): Provenance {
  const { variants, worlds } = settings;
  const modelOf = (variant: string) =>
    answeredBy(rows.filter((row) => row.variant === variant)).model ?? "none has answered";
  return {
    command: commandOf(settings),
    date: startedAt.toISOString().slice(0, 10),
    seeds: seedsText(worlds),
    models: Object.fromEntries(variants.map((variant) => [variant, modelOf(variant)])),
    versions,
  };
}

function commandOf({ variants, worlds, historyLength, demonstrations }: Settings): string {
  const start = (what: string) =>
    `npm start -- -p variants=${variants} ${what} -p historyLength=${historyLength}`;
  const grid = gridOf(worlds);
  const shown = demonstrations === null ? {} : { demonstrations };
  if (grid === null || demonstrations !== null) {
    const entry = publishedEntryOf([...inTurn(worlds)]);
    if (entry !== undefined && demonstrations === null) return start(`-p worlds=${entry}`);
    const options = JSON.stringify({ variants, historyLength, ...shown }).slice(1, -1);
    return `lab.evaluate({ ${options}, worlds }), worlds being task and seed of the episodes below`;
  }
  const { tasks, seed, episodes } = grid;
  // The notebook's words for the splits, else the ids.
  const isSplit = (split: readonly string[]) => tasks.join() === split.join();
  const what = isSplit(trainTasks) ? "train" : isSplit(testTasks) ? "test" : tasks;
  return start(`-p tasks=${what} -p episodes=${episodes} -p seed=${seed}`);
}

function seedsText(worlds: Worlds): string {
  const grid = gridOf(worlds);
  if (grid === null) return `${describeWorlds(worlds)}, listed with the episodes`;
  return `${grid.seed} to ${grid.seed + grid.episodes - 1} on each task`;
}
