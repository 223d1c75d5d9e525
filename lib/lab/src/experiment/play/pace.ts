import { setTimeout as sleep } from "node:timers/promises";
import { GatewayError, type TokenUsage } from "../../connection/client";
import type { Settings } from "../plan/settings";
import type { Speed } from "../progress/time-left";
import { isCongestion } from "./patience";
import { Window } from "./window";

export type PaceOptions = Pick<
  Settings,
  "concurrency" | "inferenceSeconds" | "maxCallsPerMinute" | "maxTokensPerMinute"
>;

/** Which inference asks for its turn. */
export interface Call {
  /** The model that answers it. */
  model: string;
  /** Of those that wait for the same model, the lowest begins first. */
  rank: number;
  signal: AbortSignal;
}

/** Taken for a call's tokens until the first answers tell. */
const FIRST_GUESS = 500;

const MINUTE_MS = 60_000;

/**
 * Decides when the next inference may begin: each model has a window of its own. Limits by the minute are those of all
 * models together, and are kept by spacing the calls evenly.
 */
export class Pace {
  private readonly windows = new Map<string, Window>();
  private callAt = 0;
  private tokensAt = 0;
  private calls = 0;
  private tokens = 0;

  constructor(private readonly options: PaceOptions) {}

  /** Inferences of a model that may be under way at the same time just now. */
  concurrency(model: string): number {
    return this.window(model).size;
  }

  /** How fast a model answers just now. */
  speed(model: string): Speed {
    return this.window(model).speed;
  }

  /**
   * Runs one inference when its turn has come.
   *
   * @throws what `infer` throws, or the signal's reason
   */
  async run<T extends Pick<TokenUsage, "inputTokens" | "outputTokens">>(
    infer: () => Promise<T>,
    { model, rank, signal }: Call,
  ): Promise<T> {
    const window = this.window(model);
    await window.enter(rank, signal);
    const guess = this.calls === 0 ? FIRST_GUESS : this.tokens / this.calls;
    let begun = performance.now();
    try {
      const wait = this.reserve(guess, begun) - begun;
      if (wait > 0) {
        await sleep(wait, undefined, { signal });
        begun = performance.now();
      }
      const answer = await infer();
      const { inputTokens, outputTokens } = answer;
      if (inputTokens !== null && outputTokens !== null) {
        this.calls += 1;
        this.tokens += inputTokens + outputTokens;
        this.spend(inputTokens + outputTokens - guess);
      }
      window.answered(begun);
      return answer;
    } catch (error) {
      this.spend(-guess);
      if (isCongestion(error)) window.congested(begun);
      // Another error is an answer too: a wrong key must not be tried one call at a time.
      else if (error instanceof GatewayError && error.status !== null) window.answered(begun);
      throw error;
    } finally {
      window.leave();
    }
  }

  private window(model: string): Window {
    const { concurrency, inferenceSeconds } = this.options;
    let window = this.windows.get(model);
    if (window === undefined) {
      window = new Window(concurrency, inferenceSeconds * 1000);
      this.windows.set(model, window);
    }
    return window;
  }

  /** The time at which a call that takes so many tokens may begin, now at the earliest. */
  private reserve(tokens: number, now: number): number {
    const { maxCallsPerMinute } = this.options;
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
}
