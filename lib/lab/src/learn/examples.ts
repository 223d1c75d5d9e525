import { createHash } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";
import { didYouMean } from "../basics/did-you-mean";
import { checkOptions } from "../basics/options";
import { isTaskOf } from "../basics/task-ids";
import type { VariantInfo } from "../experiment/variants/variants";
import { type Trajectory, trajectories, trajectoryIds } from "../queries/trajectories";
import { checkHistoryLength, ExamplesError, refuseUnknown } from "./examples-error";
import { inHindsight } from "./hindsight";
import { type Example, examplesOf, type RenderedTurn, renderTurns, taught } from "./render";
import { type ExamplesWhere, testsOf } from "./where";

export interface ExamplesOptions {
  /** The id of a run, or of demonstrations as `lab.demonstrate` gave it; or several. */
  run: string | readonly string[];
  /** Default: all whole episodes. */
  where?: ExamplesWhere;
  /** The variant whose templates make the prompts. Default: the one that played, or was asked where the expert played. */
  render?: string;
  /** Past turns in the prompts of variants with history. Default 8. */
  historyLength?: number;
  /**
   * Gives each episode once for every mission that it fulfilled, whichever was given, as if it had gone there straight: see `hindsight`.
   * The steps are played ones, by their inference; what is seen before each comes from playing the world again, and nothing is stored.
   * `where` chooses among the episodes as they were played. For the five tasks and the test tasks. Default: false.
   */
  hindsight?: boolean;
  /** Sets episodes aside, to look at while a model is trained. Default: none. */
  split?: ExamplesSplit;
}

export interface ExamplesSplit {
  /** The share of worlds, each a task and seed, that are set aside; above 0 and below 1. */
  valFraction: number;
  /** Of the draw, which falls for each world by itself: it stays on its side whatever else is stored. Default 42. */
  seed?: number;
}

/** A whole episode. */
export interface ExampleEpisode extends Trajectory {
  /** Its decisions as trainers take them, rendered when they are asked for. @throws ExamplesError see `lab.examples` */
  examples(): Generator<Example>;
  /** All of its turns, those too that teach nothing. */
  turns(): Generator<RenderedTurn>;
}

/** No world is on both sides. */
export interface Examples {
  train: ExampleEpisode[];
  /** Empty without a `split`. */
  validation: ExampleEpisode[];
  /** Whole episodes that were looked at; `where` let those pass that are on the two sides. */
  found: number;
}

export interface ExamplesContext {
  clickhouse: ClickHouseClient;
  variants: ReadonlyMap<string, VariantInfo>;
}

const OPTIONS: Record<keyof ExamplesOptions, true> = {
  run: true,
  where: true,
  render: true,
  historyLength: true,
  hindsight: true,
  split: true,
};

/** @throws ExamplesError */
export async function examples(
  { clickhouse, variants }: ExamplesContext,
  options: ExamplesOptions,
): Promise<Examples> {
  checkOptions(ExamplesError, "lab.examples", options, OPTIONS);
  const { run, where = {}, render, historyLength = 8, hindsight = false, split } = options;
  const ids = [run].flat();
  if (ids.length === 0 || !ids.every((id) => typeof id === "string" && id !== ""))
    throw new ExamplesError(
      `run is ${JSON.stringify(run)}: it must be the id of a run or of demonstrations, or a list of ids`,
    );
  const tests = testsOf(where);
  if (render !== undefined) rendererOf(render, variants);
  checkHistoryLength(historyLength);
  if (typeof hindsight !== "boolean")
    throw new ExamplesError(`hindsight is ${JSON.stringify(hindsight)}: it must be true or false`);
  const isValidation = split === undefined ? () => false : draw(split);
  const failed = new Map(tests.map(([name]) => [name, 0]));
  const seen = { variant: new Set<string>(), task: new Set<string>() };
  const made: Examples = { train: [], validation: [], found: 0 };
  for (const id of new Set(ids)) {
    const before = made.found;
    for await (const block of trajectories(clickhouse, id)) {
      for (const episode of block) {
        made.found += 1;
        seen.variant.add(episode.variant);
        seen.task.add(episode.task);
        const failing = tests.find(([, test]) => !test(episode))?.[0];
        if (failing !== undefined) {
          failed.set(failing, (failed.get(failing) ?? 0) + 1);
          continue;
        }
        const side = isValidation(episode) ? made.validation : made.train;
        for (const shown of hindsight ? inHindsight(episode) : [episode]) {
          const name = render ?? shown.variant;
          const turns = () => renderTurns(shown, name, rendererOf(name, variants), historyLength);
          side.push(Object.assign(shown, { turns, examples: () => examplesOf(shown, turns()) }));
        }
      }
    }
    if (made.found === before) await refuseEmpty(clickhouse, id);
  }
  for (const what of ["variant", "task"] as const)
    for (const name of [where[what] ?? []].flat()) {
      if (what === "task" && [...seen.task].some(isTaskOf([name]))) continue;
      refuseUnknown(`where.${what}: the episodes of ${ids.join(", ")} have no`, name, [
        ...seen[what],
      ]);
    }
  if (made.train.length + made.validation.length === 0) {
    const why = [...failed].map(([name, count]) => `${count} by where.${name}`);
    if (hindsight) why.push("those that fulfilled no mission");
    throw new ExamplesError(`None of ${made.found} episodes is left: out are ${why.join(", ")}`);
  }
  if (split !== undefined && (made.train.length === 0 || made.validation.length === 0))
    throw new ExamplesError(
      `All ${made.train.length + made.validation.length} episodes fell on one side of the split: they are of too few worlds for valFraction ${split.valFraction}`,
    );
  return made;
}

/** @throws ExamplesError there is nothing under the id, or no whole episode */
async function refuseEmpty(clickhouse: ClickHouseClient, id: string): Promise<never> {
  refuseUnknown("run", id, await trajectoryIds(clickhouse));
  throw new ExamplesError(
    `Run ${id} has no whole episode: all failed, were cut off, or have lost rows. npm start -- --resume ${id} plays them`,
  );
}

/** @throws ExamplesError its templates cannot make the prompts again */
function rendererOf(name: string, variants: ExamplesContext["variants"]): VariantInfo {
  const info = variants.get(name);
  if (info === undefined)
    throw new ExamplesError(
      `The configuration has no variant ${JSON.stringify(name)}.${didYouMean(name, [...variants.keys()])} Give as render one that it has: a function of a cell has no prompt of its own`,
    );
  const cannot = (why: string) =>
    new ExamplesError(`${name} ${why}. Give render: another variant, such as rule_based_history`);
  if (info.model === null) throw cannot("is made of other variants, and has no prompt of its own");
  if (info.embeddingModel !== null)
    throw cannot(
      "is shown the examples that are the nearest in the store, and has no prompt of its own",
    );
  if (info.pictures !== "none") throw cannot("is sent pictures, and examples are text alone");
  if (info.form === "few_shot")
    throw cannot("is shown another episode, and the store does not say which");
  return info;
}

/** @returns whether a world is set aside */
function draw(split: ExamplesSplit) {
  checkOptions(ExamplesError, "split", split, { valFraction: true, seed: true });
  const { valFraction, seed = 42 } = split;
  if (!(valFraction > 0 && valFraction < 1))
    throw new ExamplesError(`split.valFraction is ${valFraction}: it must be above 0 and below 1`);
  if (!Number.isSafeInteger(seed))
    throw new ExamplesError(`split.seed is ${seed}: it must be a whole number`);
  return (world: Pick<Trajectory, "task" | "seed">) => {
    const text = JSON.stringify([seed, world.task, world.seed]);
    const bits = createHash("sha256").update(text).digest().readUIntBE(0, 6);
    return bits / 2 ** 48 < valFraction;
  };
}

/** Decisions that teach an action. */
export function countExamples(episodes: readonly ExampleEpisode[]): number {
  return episodes.reduce(
    (sum, episode) => sum + episode.steps.filter((step) => taught(episode, step) !== null).length,
    0,
  );
}
