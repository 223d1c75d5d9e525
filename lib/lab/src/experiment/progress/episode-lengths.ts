/** What an episode has played, and may play. */
export interface Played {
  steps: number;
  maxSteps: number;
}

/** The prior of a step counts as much as this many episodes seen to play it. */
const SMOOTHING = 5;

/** The prior is this share of the mean hazard, because successes come early. */
const LATER = 1 / 4;

/** Before anything is known: one episode that ended within this many steps. */
const FIRST_GUESS = 30;

/**
 * How long the episodes of a variant are that end before their step limit, learnt from all of them: one that is still
 * under way, or that its limit cut off, is known not to be shorter (Kaplan & Meier 1958, "Nonparametric estimation
 * from incomplete observations").
 */
export class EpisodeLengths {
  private steps = FIRST_GUESS;
  private ends = 1;
  /** Of each step: the episodes that played it, and those that it ended. */
  private readonly played: number[] = [];
  private readonly ended: number[] = [];

  /** @param step that was played, from 0 */
  addStep(step: number): void {
    this.steps += 1;
    this.played[step] = (this.played[step] ?? 0) + 1;
  }

  /** @param step that ended an episode, from 0 */
  addEnd(step: number): void {
    this.ends += 1;
    this.ended[step] = (this.ended[step] ?? 0) + 1;
  }

  /**
   * Steps that an episode has yet to play, at least 1.
   *
   * @param played steps so far, and those that it may play in all
   * @param share of such episodes that play no more, from 0 to 1
   */
  quantile({ steps, maxSteps }: Played, share: number): number {
    const unseen = (LATER * this.ends) / this.steps;
    let surviving = 1;
    for (let step = steps; step < maxSteps; step++) {
      const ended = (this.ended[step] ?? 0) + SMOOTHING * unseen;
      surviving *= 1 - ended / ((this.played[step] ?? 0) + SMOOTHING);
      if (surviving <= 1 - share) return step - steps + 1;
    }
    return Math.max(1, maxSteps - steps);
  }
}
