import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type ActionName, actions as actionNames, solve } from "babyai";
import { didYouMean } from "../../basics/did-you-mean";
import { groupBy } from "../../basics/group-by";
import { root } from "../../project/root";
import type { World } from "../../queries/runs/run-state";
import type { EpisodeBesideExpert } from "../expert-steps";
import { compareText } from "../order";
import { AnalysisError } from "../statistics/errors";

/**
 * An episode that an entry of BALROG's leaderboard played, as its log tells, in the columns of an episode of one's own: `run` is the
 * entry, `variant` its name, and `expert_steps` are there.
 */
export interface PublishedEpisode extends EpisodeBesideExpert {
  /** Distractors in the room; BALROG's setting is 0. */
  num_dists: number;
  /** By step; null in place of an answer that was no action, which was played as "go forward". Null where the log has no steps. */
  actions: readonly (ActionName | null)[] | null;
}

/**
 * No entry of that name has published its episodes, or its worlds are others than the tasks here have.
 *
 * @example
 * try {
 *   publishedWorlds("LLM/nobody");
 * } catch (error) {
 *   error instanceof PublishedEntryError; // true
 * }
 */
export class PublishedEntryError extends AnalysisError {
  override readonly name = "PublishedEntryError";
}

/** A line of the file; see the README beside it. */
interface Line {
  entry: string;
  num_dists: number;
  task: string;
  seed: number;
  success: boolean;
  steps: number;
  episode_return: number;
  input_tokens: number;
  output_tokens: number;
  failed: number;
  actions: string | null;
}

let entries: ReadonlyMap<string, readonly PublishedEpisode[]> | undefined;

function byEntry(): ReadonlyMap<string, readonly PublishedEpisode[]> {
  if (entries !== undefined) return entries;
  const path = join(root, "data", "published", "balrog-episodes.jsonl.gz");
  const lines = gunzipSync(readFileSync(path)).toString().trim().split("\n");
  const episodes = lines.map((line) => toEpisode(JSON.parse(line) as Line));
  entries = groupBy(episodes, ({ run }) => run);
  return entries;
}

function toEpisode(line: Line): PublishedEpisode {
  const { entry, num_dists, seed, success, steps, actions } = line;
  const { input_tokens, output_tokens } = line;
  const [kind, year, month, day, name] =
    /^(\w+)\/(\d{4})(\d\d)(\d\d)[_-](.*)$/.exec(entry)?.slice(1) ?? [];
  const id = `BabyAI-MixedTrainLocal-v0/${line.task}`;
  // Other worlds than the task's own with the same seeds: no name may make a pair of them.
  const others = num_dists === 0 ? "" : ` (${num_dists} distractors)`;
  const action = (letter: string) => actionNames[Number(letter)] ?? null;
  return {
    ...{ run: entry, variant: `${name}${kind === "VLM" ? " (VLM)" : ""}${others}` },
    ...{ task: `${id}${others}`, seed, num_dists, episode_id: null },
    ...{ success, episode_return: line.episode_return, progression: Number(success) },
    ...{ episode_length: steps, invalid_actions: line.failed, error: null },
    ...{ input_tokens, output_tokens, cached_input_tokens: 0, inferences: steps },
    ...{ model: `BALROG's leaderboard, ${year}-${month}-${day}`, provider: null },
    actions: actions === null ? null : [...actions].map(action),
    expert_steps: solve(id, seed, { numDists: num_dists })?.length ?? null,
  };
}

/**
 * The entries of BALROG's leaderboard whose episodes are known, the newest first.
 *
 * @example
 * publishedEntries().length; // 26
 */
export function publishedEntries(): string[] {
  const dateOf = (entry: string) => entry.split("/")[1] ?? entry;
  return [...byEntry().keys()].sort((a, b) => compareText(dateOf(b), dateOf(a)));
}

/**
 * What an entry played, in the order of its worlds' seeds.
 *
 * @example
 * const episodes = publishedEpisodes("LLM/20260221_naive_gemini-3.1-pro");
 * episodes.filter(({ success }) => success).length; // 50
 * @throws PublishedEntryError there is no such entry
 */
export function publishedEpisodes(entry: string): readonly PublishedEpisode[] {
  const episodes = byEntry().get(entry);
  if (episodes !== undefined) return episodes;
  const names = publishedEntries();
  const hint = didYouMean(entry, names, 1 / 2);
  throw new PublishedEntryError(
    `No entry ${JSON.stringify(entry)} has published its episodes.${hint} publishedEntries() lists all ${names.length}.`,
  );
}

/**
 * The worlds that an entry played, for `lab.evaluate({ worlds })`.
 *
 * @example
 * const worlds = publishedWorlds("LLM/20260221_naive_gemini-3.1-pro");
 * worlds.length; // 50
 * worlds[0]; // { task: "BabyAI-MixedTrainLocal-v0/goto", seed: 59623446 }
 * @throws PublishedEntryError there is no such entry, or its worlds are not those of the tasks here
 */
export function publishedWorlds(entry: string): World[] {
  const episodes = publishedEpisodes(entry);
  const distracted = episodes.find(({ num_dists }) => num_dists !== 0);
  if (distracted !== undefined) {
    throw new PublishedEntryError(
      `${entry} was played with ${distracted.num_dists} distractors in the room, where BALROG's tasks have none: its worlds are not those of the tasks here. Choose another entry.`,
    );
  }
  return episodes.map(({ task, seed }) => ({ task, seed }));
}

/** The entry that played these worlds and no others; undefined if none did. */
export function publishedEntryOf(worlds: readonly World[]): string | undefined {
  const name = ({ task, seed }: World) => `${task} ${seed}`;
  const names = new Set(worlds.map(name));
  const isSame = (episodes: readonly World[]) =>
    episodes.length === names.size && episodes.every((world) => names.has(name(world)));
  return [...byEntry()].find(([, episodes]) => isSame(episodes))?.[0];
}
