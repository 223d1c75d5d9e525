import { type ActionName, Expert, make, NoPlanError } from "babyai";
import type { ChatMessage } from "../agents/local/reading/prompt";
import { worldOf } from "../analysis/expert-steps";
import { at } from "../basics/at";
import { groupBy } from "../basics/group-by";
import type { Trajectory, TrajectoryStep } from "../queries/trajectories";
import type { ExampleEpisode } from "./examples";
import type { RenderedTurn } from "./render";

/** Two answers to one prompt, in TRL's words. */
export interface Preference {
  /** From 0. */
  step: number;
  inference_id: string;
  prompt: readonly ChatMessage[];
  chosen: readonly [ChatMessage];
  /** What was answered. */
  rejected: readonly [ChatMessage];
}

/** Whose action is the chosen one. */
export const preferred = ["expert", "better"] as const;
export type Preferred = (typeof preferred)[number];

/**
 * Pairs of answers. "expert": in each state, its action over the one that was answered, unless that one brings the mission's end as
 * near as its own does. "better": of two episodes of one world, where their actions part for the first time, that of the one with the
 * greater return; each episode stands against the best of its world.
 */
export function* preferencesOf(
  episodes: readonly ExampleEpisode[],
  by: Preferred,
): Generator<[ExampleEpisode, Preference]> {
  if (by === "expert") {
    for (const episode of episodes)
      for (const preference of overAnswered(episode)) yield [episode, preference];
    return;
  }
  const played = episodes.filter(({ isDemonstration }) => !isDemonstration);
  for (const own of groupBy(played, worldOf).values()) {
    const returnOf = ({ episode_return }: Trajectory) => episode_return ?? 0;
    const best = own.reduce((best, one) => (returnOf(one) > returnOf(best) ? one : best));
    for (const other of own) {
      const preference = returnOf(other) < returnOf(best) ? whereTheyPart(best, other) : null;
      if (preference !== null) yield [other, preference];
    }
  }
}

function* overAnswered(episode: ExampleEpisode): Generator<Preference> {
  const { task, seed, steps } = episode;
  const actions = steps.map(({ played }) => played);
  for (const turn of episode.turns()) {
    const { step } = turn;
    const stored = at(steps, step);
    const before = actions.slice(0, step);
    const way = expertsWay(task, seed, before);
    const chosen = stored.demonstrated ?? way?.[0];
    const { action } = stored.answered;
    if (chosen === undefined || chosen === action) continue;
    const then = action === null ? null : expertsWay(task, seed, [...before, action]);
    if (way !== null && then !== null && then.length < way.length) continue;
    const preference = preferenceOf(turn, stored, chosen);
    if (preference !== null) yield preference;
  }
}

function whereTheyPart(best: ExampleEpisode, other: ExampleEpisode): Preference | null {
  const step = other.steps.findIndex(({ played }, i) => played !== best.steps[i]?.played);
  const chosen = best.steps[step]?.answered.action;
  if (chosen === undefined || chosen === null) return null;
  for (const turn of other.turns())
    if (turn.step === step) return preferenceOf(turn, at(other.steps, step), chosen);
  return null;
}

/** Null: there was no answer, or it was the same action. */
function preferenceOf(
  { step, prompt, say }: RenderedTurn,
  { answered, inference_id }: TrajectoryStep,
  chosen: ActionName,
): Preference | null {
  const { answer, action } = answered;
  if (!answer || action === chosen) return null;
  const own = { role: "assistant", content: answer.toWellFormed() };
  const rejected = action === null ? own : say(action);
  return { step, inference_id, prompt, chosen: [say(chosen)], rejected: [rejected] };
}

/** The expert's actions up to success, from where some actions have led; null: it sees no way, or they have failed for good. */
function expertsWay(
  task: string,
  seed: number,
  before: readonly ActionName[],
): ActionName[] | null {
  const env = make(task, { maxSteps: before.length + MOST_STEPS });
  env.restart(seed);
  for (const action of before) env.step(action);
  const expert = new Expert(env);
  const way: ActionName[] = [];
  try {
    while (!env.terminated && !env.truncated) {
      const action = expert.act();
      env.step(action);
      way.push(action);
    }
  } catch (error) {
    if (!(error instanceof NoPlanError)) throw error;
  }
  return env.reward > 0 ? way : null;
}

/** More than the expert takes anywhere. */
const MOST_STEPS = 10_000;
