import type { Speed } from "../progress/time-left";

/** While answers take less than this share of the time that one may take, a queue does no harm. */
const HARMLESS = 1 / 100;

/** No more calls are let in than answers would come within this share of that time for, if all were to queue. */
const LONGEST = 3 / 4;

/** Throughput is compared once the window has grown by this factor. */
const WORTH_A_LOOK = 1.25;

/** An answer's share in the mean time of the last ones. */
const NEWEST = 0.1;

/** A burst of refusals is one message: the window is halved at most once in this time. */
const HALVE_EVERY_MS = 1000;

/**
 * How many inferences of one model may be under way. It begins with one. It is doubled with each round of answers, and
 * after the first congestion grows by one. It is halved when the server says "too many requests" or lets a call time out,
 * and goes back to where throughput last grew when there is more room and no more throughput, but a longer wait: a server
 * that answers one at a time then has two calls, one that waits (additive increase, multiplicative decrease, as in TCP:
 * Jacobson 1988). Throughput is the window over the mean time of an answer (Little's law).
 */
export class Window {
  private limit = 1;
  private doubles = true;
  private underWay = 0;
  /** By rank. */
  private readonly waiting: { rank: number; resume: () => void }[] = [];
  private meanMs: number | null = null;
  /** The mean time of an answer while no other call was let in. */
  private aloneMs = Number.POSITIVE_INFINITY;
  private halvedAt = Number.NEGATIVE_INFINITY;
  private round = { began: Number.NEGATIVE_INFINITY, answers: 0, ms: 0, isFull: false };
  /** The window up to which throughput has grown, and that throughput. */
  private best = { limit: 1, perMs: 0 };

  /**
   * @param most inferences under way at the same time, at most
   * @param limitMs how long one may take
   */
  constructor(
    private readonly most: number,
    private readonly limitMs: number,
  ) {}

  /** Inferences that may be under way at the same time just now. */
  get size(): number {
    return this.limit;
  }

  /** The mean time of the last answers, and the calls that may be under way; while that still doubles, all that may ever be. */
  get speed(): Speed {
    const { meanMs, aloneMs, doubles, most, limit } = this;
    return {
      answerMs: meanMs,
      aloneMs: meanMs && Math.min(meanMs, aloneMs),
      concurrency: doubles ? most : limit,
    };
  }

  /**
   * Waits for a place; `leave` gives it back. Those of the lowest rank come first.
   *
   * @throws the signal's reason
   */
  async enter(rank: number, signal: AbortSignal): Promise<void> {
    while (this.underWay >= this.limit) {
      await new Promise<void>((resume) => {
        const place = this.waiting.findLastIndex((other) => other.rank <= rank) + 1;
        this.waiting.splice(place, 0, { rank, resume });
      });
      if (signal.aborted) this.wake();
      signal.throwIfAborted();
    }
    this.underWay += 1;
  }

  leave(): void {
    this.underWay -= 1;
    this.wake();
  }

  /** @param begun when the call was sent; of one that was answered */
  answered(begun: number): void {
    const { round } = this;
    const ms = performance.now() - begun;
    this.meanMs = this.meanMs === null ? ms : this.meanMs + NEWEST * (ms - this.meanMs);
    if (begun < round.began) return; // it waited in another window's queue
    round.answers += 1;
    round.ms += ms;
    round.isFull ||= this.waiting.length > 0;
    if (round.answers >= 2 * this.limit) this.endRound();
  }

  /** @param begun when the call was sent that was refused, or timed out */
  congested(begun: number): void {
    const now = performance.now();
    if (begun <= this.halvedAt || now - this.halvedAt < HALVE_EVERY_MS) return;
    this.halvedAt = now;
    this.shrink(this.limit / 2);
  }

  private wake(): void {
    const room = Math.max(1, this.limit - this.underWay);
    for (const { resume } of this.waiting.splice(0, room)) resume();
  }

  /** Sets the size for the next round. */
  private endRound(): void {
    const { limit, best, limitMs, round } = this;
    const mean = round.ms / round.answers;
    if (limit === 1) this.aloneMs = mean;
    const now = { limit, perMs: limit / mean };
    const gain = now.perMs / best.perMs - 1;
    const isBetter = limit <= best.limit || gain >= (limit / best.limit - 1) / 2;
    const fits = (next: number) => (mean * next) / limit <= LONGEST * limitMs;
    this.beginRound();
    if (!fits(limit)) this.shrink(limit / 2);
    else if (!round.isFull)
      return; // there is room that nobody asks for
    else if (!isBetter && mean >= HARMLESS * limitMs && limit >= best.limit * WORTH_A_LOOK)
      this.shrink(Math.max(2, best.limit));
    else {
      if (isBetter || mean < HARMLESS * limitMs) this.best = now;
      const next = this.doubles && fits(2 * limit) ? 2 * limit : limit + 1;
      if (fits(next)) this.limit = Math.min(this.most, next);
    }
  }

  private shrink(limit: number): void {
    this.limit = Math.min(this.most, Math.max(1, Math.floor(limit)));
    this.best = { limit: this.limit, perMs: 0 };
    this.doubles = false;
    this.beginRound();
  }

  private beginRound(): void {
    this.round = { began: performance.now(), answers: 0, ms: 0, isFull: false };
  }
}
