import type { ClickHouseClient } from "@clickhouse/client";
import { type ActionName, make } from "babyai";
import { readFormAnswer } from "../agents/balrog-like/answer";
import type { Form } from "../agents/balrog-like/forms";
import { DEFAULT_ACTION } from "../agents/parse";
import { variantOrder } from "../analysis/order";
import { isFinished } from "../analysis/outcome";
import type { EpisodeRow } from "../queries/episodes";
import { type StepRow, storedEpisode } from "../queries/steps";

/** A run, or a part of it, is not what the format asks for; the message says what is missing. */
export class ExportError extends Error {
  override readonly name = "ExportError";
}

/** A step as it was played: what came of it follows from the world, which the seed rebuilds. */
export interface ExportedStep extends StepRow {
  played: ActionName;
  /** The action that the answer named, or in its place what it said instead. */
  said: string;
  /** The text that the action led to. */
  next: string;
  reward: number;
  done: boolean;
}

export interface ExportedEpisode {
  row: EpisodeRow;
  /** Which of BALROG's agents the variant is like, if any. */
  form: Form | null;
  steps: readonly ExportedStep[];
}

/** A variant's part of a finished run. */
export interface ExportedRun {
  run: string;
  variant: string;
  /** By task and seed. */
  rows: readonly EpisodeRow[];
}

/**
 * The part of a run that can be handed on.
 *
 * @param rows the run's, those without an outcome too
 * @param variant needed where the run has several
 * @throws ExportError there is no such variant, it does not say which, or an episode has no outcome
 */
export function finishedPart(rows: readonly EpisodeRow[], variant?: string): ExportedRun {
  const variants = variantOrder(rows);
  const [first] = variants;
  const name = variant ?? first;
  const run = rows[0]?.run ?? "";
  if (name === undefined) throw new ExportError("The run has no episodes.");
  if (variant === undefined && variants.length > 1)
    throw new ExportError(
      `Run ${run} has several variants, and this format takes one: name it, --variant ${variants.join(" or --variant ")}.`,
    );
  const own = rows.filter((row) => row.variant === name);
  if (own.length === 0)
    throw new ExportError(`Run ${run} has no variant ${name}. It has ${variants.join(", ")}.`);
  const open = own.filter((row) => !isFinished(row)).length;
  if (open > 0)
    throw new ExportError(
      `${open} of ${own.length} episodes of ${name} have no outcome, and a mean over the others would flatter. ` +
        `Play them first: npm start -- --resume ${run}`,
    );
  return { run, variant: name, rows: own };
}

/** Reads an episode's steps and plays them again. @throws ExportError the store lacks some, or they do not fit the world */
export async function exportedEpisode(
  clickhouse: ClickHouseClient,
  row: EpisodeRow,
): Promise<ExportedEpisode> {
  const { steps, form } = await storedEpisode(clickhouse, row.episode_id ?? "");
  const env = make(row.task);
  let { observation } = env.reset({ seed: row.seed });
  const played = steps.map((step): ExportedStep => {
    if (step.observation !== observation.text || env.terminated || env.truncated) throw unfit(row);
    const played = step.action ?? DEFAULT_ACTION;
    const said = form === null ? (step.answer ?? "") : readFormAnswer(form, step.answer).candidate;
    const result = env.step(played);
    ({ observation } = result);
    const done = result.terminated || result.truncated;
    const came = { next: observation.text, reward: result.reward, done };
    return { ...step, played, said: step.action ?? said, ...came };
  });
  if (played.at(-1)?.done !== true || played.length !== row.episode_length) throw unfit(row);
  return { row, form, steps: played };
}

function unfit({ task, seed, episode_id }: EpisodeRow): ExportError {
  return new ExportError(
    `The stored steps of episode ${episode_id} (${task}, seed ${seed}) are not those of its world: ` +
      `npm run replay -- ${episode_id} shows where.`,
  );
}
