import type { ActionName } from "babyai";
import { Answers, type InvalidCount } from "../../agents/answers";
import type { CountedTokens } from "../../agents/count-tokens";
import type { InvalidReason } from "../../agents/parse";
import { at } from "../../basics/at";
import { EpisodeLengths, type Played } from "./episode-lengths";
import { type Speed, timeLeft } from "./time-left";

/** Where a run stands. Of what was done before a resume it has the number alone. */
export interface Progress extends Counts {
  /** Inferences answered in a second, over the last half minute. */
  answersPerSecond: number;
  /** In US dollars; null when a variant's model has no known price. */
  spentUsd: number | null;
  /** Tokens that a provider did not count were counted here. */
  spentIsEstimated: boolean;
  /** Answers may have been paid for that nothing is known of. */
  spentIsAtLeast: boolean;
  /** Of the variants with answers that were no valid action, that with the largest share first. */
  invalidAnswers: readonly InvalidCount[];
  variants: readonly VariantProgress[];
  /** The episode that ended last; null, or left out, before one has. */
  lastEpisode?: LastEpisode | null;
  /** Since the run began. */
  seconds: number;
  /** Until all is played, as far as the answers so far tell (see `timeLeft`); null before each model has answered. */
  secondsLeft: number | null;
  state: "running" | "finished" | "stopped";
}

/** An episode that ended, with what plays it again. */
export interface LastEpisode {
  variant: string;
  task: string;
  seed: number;
  success: boolean;
  actions: readonly ActionName[];
}

export interface VariantProgress extends Counts {
  variant: string;
}

interface Counts {
  /** Episodes that were done before a resume, and are in no other count. */
  before: number;
  /** Episodes to play. */
  total: number;
  /** Episodes that ended, failed ones included. */
  done: number;
  /** Episodes that fulfilled their mission. */
  success: number;
  /** Episodes ended by an error. */
  failed: number;
  /** Inferences that were answered. */
  answers: number;
  /** Answers that were no valid action. */
  invalid: number;
  inputTokens: number;
  outputTokens: number;
}

/** A try of an episode. */
export interface Try {
  /** @param maxSteps steps that it may take */
  begin(maxSteps: number): void;
  answer(answer: CountedTokens & { content: string | null }, invalid: InvalidReason | null): void;
  end(): void;
}

/** What `answersPerSecond` looks back on. */
const RATE_MS = 30_000;

/** How often the rate and the time that is left are looked at. */
const LOOK_EVERY_MS = 250;

interface VariantTally {
  counts: Omit<VariantProgress, "answers" | "invalid">;
  model: string;
  lengths: EpisodeLengths;
  /** Tries, and the steps that they might take together. */
  tries: { begun: number; maxSteps: number };
  active: Set<Played>;
}

/** Counts what a run has done, variant by variant, and estimates the time that it still takes. */
export class Tally {
  private readonly answers: Answers;
  private readonly variants: ReadonlyMap<string, VariantTally>;
  /** How many answers there were at some moments of the last half minute. */
  private readonly marks = [{ at: performance.now(), answers: 0 }];
  private left: number | null = null;

  /**
   * @param planned of each variant its model, the episodes to play, and how many were done before
   * @param concurrency episodes played at the same time
   * @param log told of a variant most of whose first answers are no valid action
   */
  constructor(
    planned: readonly { variant: string; model: string; total: number; before?: number }[],
    private readonly concurrency: number,
    private readonly speedOf: (model: string) => Speed,
    log: (line: string) => void = () => {},
  ) {
    this.answers = new Answers(log);
    this.variants = new Map(
      planned.map(({ variant, model, total, before = 0 }) => [
        variant,
        {
          counts: { variant, ...NOTHING, total, before },
          model,
          lengths: new EpisodeLengths(),
          tries: { begun: 0, maxSteps: 0 },
          active: new Set(),
        },
      ]),
    );
  }

  try(variant: string): Try {
    const tally = this.of(variant);
    const { counts } = tally;
    const episode = { steps: 0, maxSteps: 0 };
    return {
      begin: (maxSteps) => {
        tally.tries.begun += 1;
        tally.tries.maxSteps += maxSteps;
        episode.maxSteps = maxSteps;
        tally.active.add(episode);
      },
      answer: ({ inputTokens, outputTokens, content }, invalid) => {
        this.answers.add(variant, content, invalid);
        tally.lengths.addStep(episode.steps++);
        counts.inputTokens += inputTokens;
        counts.outputTokens += outputTokens;
      },
      end: () => tally.active.delete(episode),
    };
  }

  completed(variant: string, success: boolean, steps: number): void {
    const { counts, lengths } = this.of(variant);
    counts.done += 1;
    if (!success) return;
    counts.success += 1;
    lengths.addEnd(steps - 1);
  }

  failed(variant: string): void {
    const { counts } = this.of(variant);
    counts.done += 1;
    counts.failed += 1;
  }

  /** Inferences that were answered, with whatever variant. */
  get answered(): number {
    return this.answers.total;
  }

  /** All variants together, and each. */
  get counts(): Counts & Pick<Progress, "invalidAnswers" | "variants"> {
    const variants = [...this.variants].map(([variant, { counts }]) => ({
      ...counts,
      ...this.answers.of(variant),
    }));
    const all = { ...NOTHING };
    for (const counts of variants)
      for (const key of Object.keys(NOTHING) as (keyof Counts)[]) all[key] += counts[key];
    return { ...all, invalidAnswers: this.answers.invalid, variants };
  }

  /** The counts, with the rate and the time that is left. */
  get progress(): Omit<
    Progress,
    "spentUsd" | "spentIsEstimated" | "spentIsAtLeast" | "lastEpisode" | "seconds" | "state"
  > {
    const { counts } = this;
    return { ...counts, ...this.pace(counts.done === counts.total) };
  }

  private pace(isDone: boolean): Pick<Progress, "answersPerSecond" | "secondsLeft"> {
    const { marks, answered: answers } = this;
    const now = performance.now();
    const looked = marks.at(-1)?.at ?? now;
    if (!this.left || isDone || now - looked >= LOOK_EVERY_MS) {
      while (marks.length > 1 && now - at(marks, 1).at >= RATE_MS) marks.shift();
      marks.push({ at: now, answers });
      this.left = timeLeft(this.remaining(), this.speedOf, this.concurrency);
    }
    const since = at(marks, 0);
    return {
      answersPerSecond: (1000 * (answers - since.answers)) / Math.max(1, now - since.at),
      secondsLeft: this.left && this.left / 1000,
    };
  }

  private remaining() {
    return [...this.variants.values()].map(({ counts, model, lengths, tries, active }) => ({
      model,
      lengths,
      maxSteps: tries.maxSteps / tries.begun,
      active: [...active],
      queued: Math.max(0, counts.total - counts.done - active.size),
    }));
  }

  private of(variant: string): VariantTally {
    return this.variants.get(variant) as VariantTally;
  }
}

const NOTHING: Counts = {
  before: 0,
  total: 0,
  done: 0,
  success: 0,
  failed: 0,
  answers: 0,
  invalid: 0,
  inputTokens: 0,
  outputTokens: 0,
};
