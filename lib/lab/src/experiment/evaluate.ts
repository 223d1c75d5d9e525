import { setMaxListeners } from "node:events";
import type { ActionName } from "babyai";
import { messageOf } from "embedded-gateway";
import type { Demonstrated } from "../agents/balrog-like/dialogue";
import { singleTurns } from "../agents/gateway-agent";
import { picturesOf } from "../agents/picture";
import type { GatewayClient } from "../connection/client";
import { isForKey } from "../connection/obstacle";
import type { EpisodeKey } from "../queries/runs/run-state";
import { dialogueOf } from "./plan/demonstrated";
import { episodeKey, episodesOf } from "./plan/episodes";
import { REPLAYS } from "./plan/plan";
import { type EvaluateOptions, newRunId, type Settings } from "./plan/settings";
import { Pace } from "./play/pace";
import { isLost, isNotStored, Outages, PATIENCE, type Patience } from "./play/patience";
import { type EpisodeResult, runEpisode } from "./play/run-episode";
import { type LastEpisode, type Progress, Tally } from "./progress/progress";
import { Spending } from "./progress/spending";
import { describe, FAILURES_IN_A_ROW, type Run } from "./run";
import type { PlayedVariant } from "./variants/played-variant";
import { type Cost, NOTHING } from "./variants/prices";

export interface EvaluateContext {
  client: GatewayClient;
  variant: (name: string) => PlayedVariant;
  /** What few_shot variants are shown; needed where one is played. */
  demonstrated?: Demonstrated | null;
  /** Stores that an episode failed, and why. */
  recordFailure: (run: string, result: EpisodeResult) => Promise<void>;
  /** Default: {@link PATIENCE}. */
  patience?: Patience;
  /** Told, a line at a time, what a user should know while the run goes on. Default: nobody is. */
  log?: (line: string) => void;
  /** What other processes have spent on the run so far, in US dollars; null when that is not known. Default: nothing. */
  elsewhere?: () => number | null;
  /** Told after each answer what this sitting has spent, null when that is not known; the episode goes on when it resolves. */
  onSpent?: (own: Cost | null) => Promise<void> | undefined;
}

/** What a run has already done when it is resumed. */
export interface Before {
  run: string;
  /** As `episodeKey` names them. */
  completed: ReadonlySet<string>;
  /** Null when it is not known. */
  spent: Cost | null;
}

type Hooks = Pick<EvaluateOptions, "signal" | "drain" | "onProgress">;

/** The shortest time between two reports to a front end. */
const REPORT_EVERY_MS = 100;

/**
 * Plays variants × worlds, many episodes at a time; of a resumed run only what is missing. An episode that fails
 * does not stop the others.
 */
export async function evaluate(
  context: EvaluateContext,
  settings: Settings,
  hooks: Hooks,
  before: Before = { run: newRunId(), completed: new Set(), spent: NOTHING },
): Promise<Run> {
  return new Sitting(context, settings, hooks, before).play();
}

/**
 * One sitting of a run: from its beginning, or a resume, to its end. It goes on until all is played or `stopped` says why
 * not: then no episode begins, and those under way end by themselves or, when `stop` is aborted, at once.
 */
class Sitting {
  private readonly stop = new AbortController();
  private readonly startedAt = new Date();
  private readonly begunAt = performance.now();
  private readonly spending: Spending;
  private readonly pace: Pace;
  private readonly tally: Tally;
  private readonly gateway: Outages;
  private readonly store: Outages;
  private readonly log: (line: string) => void;
  private readonly completedBefore: number;
  private readonly planned: number;
  private stopped: Run["stopped"] = null;
  private lastEpisode: LastEpisode | null = null;
  private lastError: string | null = null;
  private storeError: string | null = null;
  private failuresInARow = 0;
  private failedForKey = 0;
  /** Tries begun so far: where inferences wait, those of the first go first. */
  private begun = 0;
  private reportedAt = Number.NEGATIVE_INFINITY;
  private hasReportFailed = false;

  constructor(
    private readonly context: EvaluateContext,
    private readonly settings: Settings,
    private readonly hooks: Hooks,
    private readonly before: Before,
  ) {
    const { variants, budgetUsd, concurrency } = settings;
    setMaxListeners(0, this.stop.signal); // every episode under way follows it
    this.log = context.log ?? (() => {});
    const { patience = PATIENCE } = context;
    this.gateway = new Outages("The gateway", patience, this.log);
    this.store = new Outages("ClickHouse", patience, this.log);
    this.spending = new Spending(
      context.variant,
      budgetUsd,
      before.spent,
      this.log,
      context.elsewhere,
    );
    this.pace = new Pace(settings);
    const counts = new Map(variants.map((variant) => [variant, { total: 0, before: 0 }]));
    for (const episode of this.episodes()) {
      const count = counts.get(episode.variant)!;
      if (this.isDone(episode)) count.before += 1;
      else count.total += 1;
    }
    const planned = [...counts].map(([variant, count]) => ({
      ...{ variant, model: this.modelOf(variant) },
      ...count,
    }));
    const sum = (of: "total" | "before") => planned.reduce((all, count) => all + count[of], 0);
    this.completedBefore = sum("before");
    this.planned = this.completedBefore + sum("total");
    this.tally = new Tally(planned, concurrency, (model) => this.pace.speed(model), this.log);
  }

  async play(): Promise<Run> {
    const unfollow = this.follow();
    const queue = this.episodes();
    const workers = Math.min(this.settings.concurrency, this.planned);
    try {
      this.report("running");
      await Promise.all(Array.from({ length: workers }, () => this.work(queue)));
    } catch (error) {
      this.stop.abort();
      throw error;
    } finally {
      this.report(this.stopped || this.stop.signal.aborted ? "stopped" : "finished");
      unfollow();
    }
    return this.run();
  }

  private episodes(): Generator<EpisodeKey> {
    const { variants, worlds, shard } = this.settings;
    return episodesOf(variants, worlds, shard);
  }

  private get tookMs(): number {
    return performance.now() - this.begunAt;
  }

  private isDone(episode: EpisodeKey): boolean {
    return this.before.completed.has(episodeKey(episode));
  }

  private modelOf(variant: string): string {
    return this.context.variant(variant).model ?? variant;
  }

  /** Follows `signal` and `drain` until the returned function is called. */
  private follow(): () => void {
    const { signal, drain } = this.hooks;
    const interrupt = () => this.stopNow("interrupted");
    const finish = () => {
      this.stopped ??= "interrupted";
    };
    if (signal?.aborted) interrupt();
    if (drain?.aborted) finish();
    signal?.addEventListener("abort", interrupt);
    drain?.addEventListener("abort", finish);
    return () => {
      signal?.removeEventListener("abort", interrupt);
      drain?.removeEventListener("abort", finish);
    };
  }

  private stopNow(reason: NonNullable<Run["stopped"]>): void {
    this.stopped ??= reason;
    this.stop.abort();
  }

  /** Plays episodes from the queue, one after the other. */
  private async work(queue: Iterable<EpisodeKey>): Promise<void> {
    for (const episode of queue) {
      if (this.isDone(episode)) continue;
      if (this.spending.isAllotted) this.stopped ??= "budget";
      if (this.stopped) break;
      await this.playEpisode(episode);
    }
  }

  private async playEpisode(episode: EpisodeKey): Promise<void> {
    let { result, isCutOff, actions } = await this.tryEpisode(episode);
    // A new episode, because the lost inference may be stored: in the same one its step would be there twice. So, too, where
    // the store does not know the episode: its gateway was killed.
    const isGone = () => isLost(result.error) || isNotStored(result.error);
    for (let again = 0; again < REPLAYS && isGone() && !this.stopped; again++) {
      await this.gatewayAnswers();
      ({ result, isCutOff, actions } = await this.tryEpisode(episode));
    }
    if (result.error === null) {
      this.failuresInARow = 0;
      this.tally.completed(episode.variant, result.success === true, result.episodeLength);
      this.lastEpisode = { ...episode, success: result.success === true, actions };
    } else if (!isCutOff) {
      this.tally.failed(episode.variant);
      this.lastError = result.error.message;
      if (isForKey(result.error)) this.failedForKey += 1;
      if (++this.failuresInARow >= FAILURES_IN_A_ROW) this.stopNow("failing");
    }
    this.report("running");
  }

  /** Resolves when the gateway answers again, or has not for too long. */
  private async gatewayAnswers(): Promise<void> {
    const { signal } = this.stop;
    await this.gateway.over(() => this.context.client.status(), signal).catch(() => {});
  }

  private async tryEpisode(episode: EpisodeKey) {
    const { historyLength, inferenceSeconds, episodeSeconds } = this.settings;
    const { function: functionName, form, ...variant } = this.context.variant(episode.variant);
    const { prompt, servers } = variant;
    const pictures = picturesOf(variant.pictures, historyLength);
    const dialogue =
      form === null
        ? singleTurns(historyLength)
        : dialogueOf(form, this.context.demonstrated ?? null, episode);
    const tally = this.tally.try(episode.variant);
    const spending = this.spending.try(episode.variant);
    const actions: ActionName[] = [];
    const result = await runEpisode({
      ...episode,
      ...{ functionName, prompt, pictures, servers, dialogue, inferenceSeconds, episodeSeconds },
      client: this.context.client,
      run: this.before.run,
      pace: this.pace,
      model: this.modelOf(episode.variant),
      rank: this.begun++,
      outages: this.gateway,
      signal: this.stop.signal,
      onBegin: (maxSteps) => tally.begin(maxSteps),
      onInference: async (inference, invalid, action) => {
        actions.push(action);
        tally.answer(inference, invalid);
        spending.add(inference);
        if (!this.spending.isExhausted) await this.context.onSpent?.(this.spending.own);
        if (this.spending.isExhausted) this.stopNow("budget");
        this.reportSoon();
      },
    });
    if (isLost(result.error)) spending.addLost();
    else if (result.error !== null) spending.addUnknown();
    await this.context.onSpent?.(this.spending.own);
    spending.end();
    tally.end();
    // What is not stored as failed is cut off: so ClickHouse shows it, too.
    const isCutOff =
      result.error !== null && (this.stop.signal.aborted || !(await this.record(result)));
    return { result, isCutOff, actions };
  }

  /** Resolves with whether the failure is stored; if it cannot be, the run stops. */
  private async record(result: EpisodeResult): Promise<boolean> {
    const { signal } = this.stop;
    try {
      const attempt = () => this.context.recordFailure(this.before.run, result);
      await this.store.endure(attempt, signal, () => true);
      return true;
    } catch (error) {
      if (!signal.aborted) this.storeError = messageOf(error);
      this.stopNow("store");
      return false;
    }
  }

  /** The first answer is reported at once: it shows that the model is there. */
  private reportSoon(): void {
    const isFirst = this.tally.answered === 1;
    if (isFirst || performance.now() - this.reportedAt >= REPORT_EVERY_MS) this.report("running");
  }

  private report(state: Progress["state"]): void {
    const { onProgress } = this.hooks;
    if (!onProgress) return;
    this.reportedAt = performance.now();
    const { cost } = this.spending;
    const progress: Progress = {
      ...this.tally.progress,
      spentUsd: cost?.usd ?? null,
      spentIsEstimated: cost?.isEstimated ?? false,
      spentIsAtLeast: cost?.isAtLeast ?? false,
      lastEpisode: this.lastEpisode,
      seconds: this.tookMs / 1000,
      state,
    };
    try {
      onProgress(progress);
    } catch (error) {
      // A front end that cannot draw just now, such as a kernel whose socket is busy, must not fail an episode.
      if (!this.hasReportFailed)
        this.log(`The run goes on, but its onProgress failed: ${messageOf(error)}`);
      this.hasReportFailed = true;
    }
  }

  private run(): Run {
    const { done, failed, invalidAnswers } = this.tally.counts;
    const { cost } = this.spending;
    const run: Run = {
      id: this.before.run,
      settings: this.settings,
      startedAt: this.startedAt,
      finishedAt: new Date(this.startedAt.getTime() + this.tookMs),
      planned: this.planned,
      completed: this.completedBefore + done - failed,
      completedBefore: this.completedBefore,
      doubles: 0,
      failed,
      stopped: this.stopped,
      lastError: this.lastError,
      needsKey: failed > 0 && this.failedForKey === failed,
      storeError: this.storeError,
      spentUsd: cost?.usd ?? null,
      spentIsEstimated: cost?.isEstimated ?? false,
      spentIsAtLeast: cost?.isAtLeast ?? false,
      invalidAnswers,
      text: "",
    };
    return { ...run, text: describe(run) };
  }
}
