import { testTasks, tasks as trainTasks } from "babyai";
import { answeredBy } from "../analysis/player";
import type { Provenance } from "../analysis/results";
import type { EpisodeRow } from "../queries/episodes";
import type { Run } from "./run";

/** How a run can be made again, and what answered in it. @param rows the run's */
export function provenanceOf(
  { settings, startedAt }: Run,
  rows: readonly EpisodeRow[],
  versions: Provenance["versions"],
): Provenance {
  const { variants, tasks, seeds, historyLength } = settings;
  const [seed = 0] = seeds;
  // The main notebook's words for the splits, else the ids.
  const isSplit = (split: readonly string[]) => tasks.join() === split.join();
  const what = isSplit(trainTasks) ? "train" : isSplit(testTasks) ? "test" : tasks;
  const modelOf = (variant: string) =>
    answeredBy(rows.filter((row) => row.variant === variant)).model ?? "none has answered";
  return {
    command: `npm start -- -p variants=${variants} -p tasks=${what} -p episodes=${seeds.length} -p seed=${seed} -p historyLength=${historyLength}`,
    date: startedAt.toISOString().slice(0, 10),
    seeds: `${seed} to ${seeds.at(-1)} on each task`,
    models: Object.fromEntries(variants.map((variant) => [variant, modelOf(variant)])),
    versions,
  };
}
