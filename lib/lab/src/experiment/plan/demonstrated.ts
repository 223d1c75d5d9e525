import type { ClickHouseClient } from "@clickhouse/client";
import { type ActionName, make } from "babyai";
import {
  BalrogLikeDialogue,
  type Demonstrated,
  type Demonstration,
} from "../../agents/balrog-like/dialogue";
import type { Form } from "../../agents/balrog-like/forms";
import { at } from "../../basics/at";
import { groupBy } from "../../basics/group-by";
import {
  type DemonstrationRow,
  demonstrationIds,
  demonstrations,
} from "../../queries/demonstrations";
import type { World } from "../../queries/runs/run-state";
import { SettingsError } from "./settings";
import type { Worlds } from "./worlds";

/**
 * Reads stored demonstrations, and plays each episode again for what its last action led to.
 *
 * @param id as `demonstrate` gave it. Default: of the newest in the store
 * @throws SettingsError there are none, or none for a world
 */
export async function readDemonstrated(
  clickhouse: ClickHouseClient,
  worlds: Worlds,
  id?: string,
): Promise<Demonstrated> {
  const known = await demonstrationIds(clickhouse);
  const chosen = id ?? known[0];
  if (chosen === undefined || !known.includes(chosen)) {
    const has = known.length === 0 ? "has none" : `has: ${known.slice(0, 3).join(", ")}`;
    throw new SettingsError(
      `A few_shot variant is shown an episode of the expert's, ${id === undefined ? "and" : `demonstrations is ${JSON.stringify(id)}, but`} the store ${has}. ` +
        'Store some first: lab.demonstrate({ variant: "rule_based_history", episodes: 2 }).',
    );
  }
  const rows = await demonstrations(clickhouse, chosen);
  const byWorld = groupBy(rows, ({ task, seed }) => `${task} ${seed}`);
  const episodes = new Map<string, (Demonstration & { seed: number })[]>();
  for (const steps of byWorld.values()) {
    const { task, seed } = at(steps, 0);
    const shown = playAgain(task, seed, steps);
    if (shown !== null) episodes.set(task, [...(episodes.get(task) ?? []), { seed, ...shown }]);
  }
  const demonstrated = { id: chosen, episodes };
  for (const [task, seeds] of worlds)
    for (const seed of seeds) demonstrationFor(demonstrated, { task, seed });
  return demonstrated;
}

/** Null: the episode is not whole, or of another world. */
function playAgain(
  task: string,
  seed: number,
  steps: readonly DemonstrationRow[],
): Demonstration | null {
  const env = make(task);
  let { observation } = env.reset({ seed });
  const observations = [observation.text];
  const actions: ActionName[] = [];
  for (const [i, row] of steps.entries()) {
    const isThisStep = row.step === i && row.observation === observation.text;
    if (!isThisStep || row.action === null || env.terminated || env.truncated) return null;
    ({ observation } = env.step(row.action));
    actions.push(row.action);
    observations.push(observation.text);
  }
  return env.reward > 0 ? { observations, actions } : null;
}

/** One of the task, by the world's seed, and never of the world itself. @throws SettingsError there is none */
function demonstrationFor({ id, episodes }: Demonstrated, { task, seed }: World): Demonstration {
  const others = (episodes.get(task) ?? []).filter((episode) => episode.seed !== seed);
  const chosen = others[seed % Math.max(1, others.length)];
  if (chosen !== undefined) return chosen;
  throw new SettingsError(
    `The demonstrations ${id} have no whole episode of ${task} with another seed than ${seed}, to show before it. ` +
      `Store some: lab.demonstrate({ variant: "rule_based_history", tasks: [${JSON.stringify(task)}], episodes: 2 }).`,
  );
}

/**
 * A BALROG-like agent's dialogue of one episode.
 *
 * @param demonstrated what few_shot is shown
 * @throws SettingsError few_shot has nothing to be shown
 */
export function dialogueOf(
  form: Form,
  demonstrated: Demonstrated | null,
  world: World,
): BalrogLikeDialogue {
  if (form !== "few_shot") return new BalrogLikeDialogue(form);
  if (demonstrated === null)
    throw new SettingsError("A few_shot variant needs demonstrations of the expert's.");
  return new BalrogLikeDialogue(form, demonstrationFor(demonstrated, world));
}
