import { groupBy } from "../../basics/group-by";
import type { EpisodeLengths, Played } from "./episode-lengths";

/** What a variant still has to play. */
export interface Remaining {
  model: string;
  /** Of each episode under way: the steps that it has played, and may play. */
  active: readonly Readonly<Played>[];
  /** Episodes that have not begun. */
  queued: number;
  lengths: EpisodeLengths;
  /** Steps that those may play, on average. */
  maxSteps: number;
}

/** How fast a model answers. */
export interface Speed {
  /** Mean time of an answer; null before the first one. */
  answerMs: number | null;
  /** That of an answer beside which none is under way; no more than `answerMs`. */
  aloneMs: number | null;
  /** Inferences that may be under way at the same time. */
  concurrency: number;
}

/** At most this many episodes are simulated; the others are assumed to take as long. */
const MOST_DRAWN = 2000;

/** Fractions of its multiples fill the interval from 0 to 1 evenly, in an order without a pattern (Weyl 1916). */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Milliseconds until all is played, as if the remaining episodes were played now, each as long as those before it suggest:
 * in turn, as many at a time as the run plays and as each model answers. Null while a model has not answered yet.
 *
 * @param concurrency episodes that are played at the same time
 */
export function timeLeft(
  remaining: readonly Remaining[],
  speedOf: (model: string) => Speed,
  concurrency: number,
): number | null {
  const left = remaining.filter(({ active, queued }) => active.length + queued > 0);
  const byModel = groupBy(left, ({ model }) => model);
  const everything: number[][] = [];
  let longest = 0;
  let drawn = 0;
  let total = 0;
  for (const [model, parts] of byModel) {
    const { answerMs, aloneMs, concurrency: most } = speedOf(model);
    if (answerMs === null || aloneMs === null) return null;
    const steps = parts.map(draw);
    const durations = steps.map((part) => part.map((left) => left * aloneMs));
    const count = parts.reduce((sum, { active, queued }) => sum + active.length + queued, 0);
    const taken = inTurn(durations);
    const atOnce = Math.min(most, concurrency, taken.length);
    // A server with fewer slots makes answers wait for each other: then all take as long as its throughput says.
    const answers = steps.flat().reduce((sum, left) => sum + left, 0);
    const ms = Math.max(makespan(taken, atOnce), (answers * answerMs) / atOnce);
    longest = Math.max(longest, (ms * count) / taken.length);
    everything.push(...durations);
    drawn += taken.length;
    total += count;
  }
  if (drawn === 0) return 0;
  return Math.max(longest, (makespan(inTurn(everything), concurrency) * total) / drawn);
}

/** Steps that each episode has yet to play, those under way first. */
function draw({ active, queued, lengths, maxSteps }: Remaining): number[] {
  const begun = active.slice(0, MOST_DRAWN);
  const count = begun.length + Math.min(queued, MOST_DRAWN - begun.length);
  return Array.from({ length: count }, (_, i) => {
    const played = begun[i] ?? { steps: 0, maxSteps };
    return lengths.quantile(played, ((i + 0.5) * GOLDEN) % 1);
  });
}

/** The first of each list, the second of each, and so on. */
function inTurn(lists: readonly (readonly number[])[]): number[] {
  const most = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: most }, (_, i) =>
    lists.flatMap((list) => list.slice(i, i + 1)),
  ).flat();
}

/** When the last of some durations ends if each begins as soon as one of the workers is free. */
function makespan(durations: readonly number[], workers: number): number {
  const free = Array<number>(Math.min(workers, durations.length)).fill(0);
  for (const duration of durations) {
    let first = 0;
    let begin = Number.POSITIVE_INFINITY;
    free.forEach((time, i) => {
      if (time < begin) [first, begin] = [i, time];
    });
    free[first] = begin + duration;
  }
  return Math.max(0, ...free);
}
