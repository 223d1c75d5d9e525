import type { ClickHouseClient } from "@clickhouse/client";
import { taskIds } from "../basics/task-ids";
import { type BegunEpisode, EPISODES, ORDER } from "./episodes";

/** Which episodes to find; what is left out does not matter. */
export interface EpisodeFilter {
  run: string;
  /** As in `evaluate`: an id, "goto", "test". */
  task?: string;
  variant?: string;
  seed?: number;
  /** "unfinished": failed, or cut off before its end. */
  outcome?: "solved" | "unsolved" | "unfinished";
  /** Steps, both bounds included; an unfinished episode has no length. */
  minLength?: number;
  maxLength?: number;
  /** At least this many answers that were no valid action. */
  minInvalidActions?: number;
}

/**
 * The episodes that a run has begun and that fit, in the order of `episodes`.
 *
 * @example
 * const unsolved = await findEpisodes(lab.clickhouse, { run: run.id, outcome: "unsolved" });
 */
export async function findEpisodes(
  clickhouse: ClickHouseClient,
  filter: EpisodeFilter,
): Promise<BegunEpisode[]> {
  const { run, task, ...others } = filter;
  const wanted = { ...others, task: task === undefined ? undefined : [task, ...taskIds([task])] };
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
  const conditions = given.map(([name, value]) =>
    name === "outcome" ? OUTCOMES[value as Outcome] : CONDITIONS[name as keyof typeof CONDITIONS],
  );
  const result = await clickhouse.query({
    query: `SELECT * FROM (${EPISODES}) WHERE ${["true", ...conditions].join(" AND ")} ORDER BY ${ORDER}`,
    query_params: { run, ...Object.fromEntries(given) },
    format: "JSONEachRow",
  });
  return result.json<BegunEpisode>();
}

type Outcome = NonNullable<EpisodeFilter["outcome"]>;

const OUTCOMES: Record<Outcome, string> = {
  solved: "success",
  unsolved: "NOT success",
  unfinished: "success IS NULL",
};

const CONDITIONS: Record<Exclude<keyof EpisodeFilter, "run" | "outcome">, string> = {
  task: "task IN {task:Array(String)}",
  variant: "variant = {variant:String}",
  seed: "seed = {seed:Float64}",
  minLength: "episode_length >= {minLength:Float64}",
  maxLength: "episode_length <= {maxLength:Float64}",
  minInvalidActions: "invalid_actions >= {minInvalidActions:Float64}",
};
