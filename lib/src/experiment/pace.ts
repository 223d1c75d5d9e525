import { setTimeout as sleep } from "node:timers/promises";
import type { TokenUsage } from "../gateway/client";

export interface PaceOptions {
  /** Inferences under way at the same time, at most. */
  concurrency: number;
  /** Null: no limit. */
  maxCallsPerMinute: number | null;
  maxTokensPerMinute: number | null;
}

/** Taken for a call's tokens until the first answers tell. */
const FIRST_GUESS = 500;

/** A burst of refusals is one message: concurrency is halved at most once in this time. */
const HALVE_EVERY_MS = 1000;

const MINUTE_MS = 60_000;

/**
 * Decides when the next inference may begin. Concurrency is halved when the provider says "too many requests" and grows
 * by one for every round without (additive increase, multiplicative decrease, as in TCP: Jacobson 1988). Limits by the
 * minute are kept by spacing the calls evenly.
 */
export class Pace {
  private limit: number;
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];
  private halvedAt = Number.NEGATIVE_INFINITY;
  private callAt = 0;
  private tokensAt = 0;
  private calls = 0;
  private tokens = 0;

  constructor(private readonly options: PaceOptions) {
    this.limit = options.concurrency;
  }

  /** Inferences that may be under way at the same time just now. */
  get concurrency(): number {
    return Math.floor(this.limit);
  }

  /**
   * Runs one inference when its turn has come.
   *
   * @param isRefusal whether an error means "too many requests"
   * @throws what `infer` throws, or the signal's reason
   */
  async run<T extends Pick<TokenUsage, "inputTokens" | "outputTokens">>(
    infer: () => Promise<T>,
    isRefusal: (error: unknown) => boolean,
    signal: AbortSignal,
  ): Promise<T> {
    while (this.underWay >= this.concurrency) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      if (signal.aborted) this.wake();
      signal.throwIfAborted();
    }
    this.underWay += 1;
    const guess = this.calls === 0 ? FIRST_GUESS : this.tokens / this.calls;
    try {
      const wait = this.reserve(guess) - Date.now();
      if (wait > 0) await sleep(wait, undefined, { signal });
      const answer = await infer();
      const { inputTokens, outputTokens } = answer;
      if (inputTokens !== null && outputTokens !== null) {
        this.calls += 1;
        this.tokens += inputTokens + outputTokens;
        this.spend(inputTokens + outputTokens - guess);
      }
      this.limit = Math.min(this.options.concurrency, this.limit + 1 / this.limit);
      return answer;
    } catch (error) {
      this.spend(-guess);
      if (isRefusal(error)) this.halve();
      throw error;
    } finally {
      this.underWay -= 1;
      this.wake();
    }
  }

  private wake(): void {
    const room = Math.max(1, this.concurrency - this.underWay);
    for (const resume of this.waiting.splice(0, room)) resume();
  }

  /** The time at which a call that takes so many tokens may begin. */
  private reserve(tokens: number): number {
    const { maxCallsPerMinute } = this.options;
    const now = Date.now();
    const begin = Math.max(now, this.callAt, this.tokensAt);
    if (maxCallsPerMinute !== null) this.callAt = begin + MINUTE_MS / maxCallsPerMinute;
    this.tokensAt = begin;
    this.spend(tokens);
    return begin;
  }

  private spend(tokens: number): void {
    const { maxTokensPerMinute } = this.options;
    if (maxTokensPerMinute !== null) this.tokensAt += (tokens * MINUTE_MS) / maxTokensPerMinute;
  }

  private halve(): void {
    if (Date.now() - this.halvedAt < HALVE_EVERY_MS) return;
    this.halvedAt = Date.now();
    this.limit = Math.max(1, this.limit / 2);
  }
}
