import type { ClickHouseClient } from "@clickhouse/client";
import { type ActionName, actions, make } from "babyai";
import { blake3, plural } from "embedded-gateway";
import { DEFAULT_ACTION } from "../agents/parse";
import { povPng } from "../agents/picture";
import { PublishedEntryError, type PublishedEpisode } from "../analysis/published/episodes";
import { type StepRow, type StoredEpisode, storedEpisode } from "../queries/steps";
import { diagnose, type Pattern } from "./patterns";

/** The world at one moment: before the first action, or after an action. */
export interface Frame {
  /** Actions taken before it. */
  step: number;
  /** The action that the agent now takes; null at the end. */
  action: ActionName | null;
  /** The whole grid with the agent's view shaded, as SVG. */
  svg: string;
  /** The same with the letter of its color on each object, as `renderSvg({ letters: true })` draws it. */
  lettered: string;
  /** What the agent is told that it sees. */
  observation: string;
  /** What it is shown, a PNG file; null where it is shown no pictures. */
  picture: Uint8Array | null;
}

/** Actions played again from a seed. */
export interface Playback {
  mission: string;
  /** One a step, and one of the end. */
  frames: Frame[];
  /** How the environment ended; null when the actions ran out before. */
  outcome: "success" | "failure" | "step limit" | null;
  maxSteps: number;
}

/**
 * Rebuilds an episode's world by its seed and plays the actions on it, up to the environment's end.
 *
 * @example
 * const { frames } = replayEpisode("BabyAI-MixedTrainLocal-v0/goto", 200, ["turn left", "go forward"]);
 * @throws UnknownEnvError, InvalidSeedError, InvalidActionError
 */
export function replayEpisode(
  task: string,
  seed: number,
  played: readonly ActionName[],
  isShownPictures: (step: number) => boolean = () => false,
): Playback {
  const env = make(task);
  let { observation } = env.reset({ seed });
  const frames: Frame[] = [];
  const frame = (action: ActionName | null) =>
    frames.push({
      step: env.stepCount,
      action,
      svg: env.renderSvg(),
      lettered: env.renderSvg({ letters: true }),
      observation: observation.text,
      picture: isShownPictures(env.stepCount) ? povPng(env) : null,
    });
  for (const action of played) {
    if (env.terminated || env.truncated) break;
    frame(action);
    ({ observation } = env.step(action));
  }
  frame(null);
  const { mission, maxSteps } = env;
  const ended = env.terminated ? (env.reward > 0 ? "success" : "failure") : null;
  return { mission, frames, outcome: ended ?? (env.truncated ? "step limit" : null), maxSteps };
}

/** A frame with what the store has of its step. */
export interface ReplayFrame extends Frame {
  /** Null at the end, where the agent was no longer asked, and in an episode that others played. */
  stored: StepRow | null;
  /** What went wrong at this step. */
  patterns: Pattern[];
}

/** A stored or published episode, played again and compared with what is known of it. */
export interface Replay extends Omit<Playback, "frames"> {
  /** `episode_id` is null of one that others played. */
  episode: Omit<StoredEpisode, "steps" | "episode_id" | "form"> & { episode_id: string | null };
  frames: ReplayFrame[];
  /** In what replay and store disagree, a sentence each; empty when the replay is what happened. */
  mismatches: string[];
}

/**
 * Reads an episode from ClickHouse and replays it. Where the store and the rebuilt world disagree the replay says so in
 * `mismatches` and goes on.
 *
 * @example
 * const [row] = rows;
 * if (row?.episode_id) {
 *   const { frames, mismatches } = await loadReplay(lab.clickhouse, row.episode_id);
 *   mismatches; // []
 *   for (const { step, action } of frames) console.log(step, action);
 * }
 * @throws EpisodeNotFoundError; UnknownEnvError when the episode's task is not this project's
 */
export async function loadReplay(clickhouse: ClickHouseClient, episodeId: string): Promise<Replay> {
  return replayStored(await storedEpisode(clickhouse, episodeId));
}

/** See {@link loadReplay}. */
export function replayStored({ steps, ...episode }: StoredEpisode): Replay {
  const answers = steps.map(({ action }) => action);
  return replayAnswers(episode, answers, steps);
}

/**
 * Replays an episode that an entry of BALROG's leaderboard played: for `showReplay`, beside one of one's own on the same world.
 *
 * @example
 * const [episode] = publishedEpisodes("LLM/20260221_naive_gemini-3.1-pro");
 * if (episode) await showReplay(replayPublished(episode));
 * @throws PublishedEntryError its log has no steps, or its world is not that of a task here
 */
export function replayPublished({ num_dists, actions: answers, ...row }: PublishedEpisode): Replay {
  if (answers === null || num_dists !== 0) {
    const why = answers === null ? "its log has no steps" : `it had ${num_dists} distractors`;
    throw new PublishedEntryError(`An episode of ${row.run} cannot be replayed: ${why}.`);
  }
  const { episode_id, run, variant, task, seed, success, error } = row;
  const answered = { model: row.model ?? null, provider: row.provider ?? null };
  return replayAnswers(
    { episode_id, run, variant, task, seed, success, error, ...answered },
    answers,
  );
}

/** @param answers by step; null: no action, which was played as the default one */
function replayAnswers(
  episode: Replay["episode"],
  answers: readonly (ActionName | null)[],
  steps: readonly StepRow[] = [],
): Replay {
  const { task, seed } = episode;
  const played = answers.map((action) => action ?? DEFAULT_ACTION);
  const isShown = (step: number) => typeof steps[step]?.picture === "string";
  const { frames, ...playback } = replayEpisode(task, seed, played, isShown);
  const indices = answers.map((action) => (action === null ? -1 : actions.indexOf(action)));
  const { findings } = diagnose(task, seed, indices);
  const replayed = frames.map((frame) => ({
    ...frame,
    stored: steps[frame.step] ?? null,
    patterns: findings.filter(({ step }) => step === frame.step).map(({ pattern }) => pattern),
  }));
  const replay = { ...playback, episode, frames: replayed };
  return { ...replay, mismatches: compare(replay, steps) };
}

function compare(replay: Omit<Replay, "mismatches">, steps: readonly StepRow[]): string[] {
  const { episode, frames, mission, outcome } = replay;
  const mismatches: string[] = [];
  const [place, misplaced] = [...steps.entries()].find(([i, { step }]) => step !== i) ?? [];
  if (misplaced)
    mismatches.push(`The store has step ${misplaced.step} where step ${place} belongs.`);
  const [first] = steps;
  if (first !== undefined && first.mission !== mission) {
    mismatches.push(`The stored mission is "${first.mission}", the replay's "${mission}".`);
  }
  const differing = frames.filter(differs).map(({ step }) => step);
  if (differing.length > 0) {
    mismatches.push(
      `Observations differ at ${plural(differing.length, "step")}, first at ${differing[0]}.`,
    );
  }
  const redrawn = frames.filter(isOtherPicture).map(({ step }) => step);
  if (redrawn.length > 0) {
    mismatches.push(
      `The model was sent other pictures at ${plural(redrawn.length, "step")}, first at ${redrawn[0]}, or the same, packed by another zlib.`,
    );
  }
  const surplus = steps.length - (frames.length - 1);
  if (surplus > 0)
    mismatches.push(`The replay ends ${plural(surplus, "step")} before the stored episode.`);
  if (episode.success !== null && (outcome === "success") !== episode.success) {
    const stored = episode.success ? "solved" : "not solved";
    mismatches.push(`Stored is "${stored}"; the replay ends with: ${outcome ?? "no end"}.`);
  }
  return mismatches;
}

/** Whether the model was sent another file: what is stored of it is the hash of its base64. */
function isOtherPicture({ stored, picture }: ReplayFrame): boolean {
  if (picture === null) return false;
  const hash = blake3(Buffer.from(Buffer.from(picture).toString("base64")));
  return !stored?.picture?.endsWith(`/${hash}.png`);
}

/** Whether the agent was shown something else than the replay shows. */
export function differs({ stored, observation }: ReplayFrame): boolean {
  return stored !== null && stored.observation !== observation;
}
