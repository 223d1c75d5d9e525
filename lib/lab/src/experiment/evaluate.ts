import { setMaxListeners } from "node:events";
import { messageOf } from "embedded-gateway";
import type { ChatMessage } from "../agents/local/reading/prompt";
import type { ActArguments, ActFunction } from "../agents/prompt";
import type { GatewayClient } from "../connection/client";
import type { EpisodeKey } from "../queries/runs/run-state";
import { episodeKey, grid } from "./plan/grid";
import { type EvaluateOptions, newRunId, type Progress, type Settings } from "./plan/settings";
import { Answers } from "./play/answers";
import { Budget } from "./play/budget";
import type { CountedTokens } from "./play/count-tokens";
import { Pace } from "./play/pace";
import { isLost, PATIENCE, type Patience, withPatience } from "./play/patience";
import { type EpisodeResult, runEpisode } from "./play/run-episode";
import { describe, FAILURES_IN_A_ROW, type Run } from "./run";
import { type Cost, costUsd, isFree, type Price } from "./variants/prices";

export interface EvaluateContext {
  client: GatewayClient;
  variant: (name: string) => PlayedVariant;
  /** Stores that an episode failed, and why. */
  recordFailure: (run: string, result: EpisodeResult) => Promise<void>;
  /** Default: {@link PATIENCE}. */
  patience?: Patience;
}

/** What a run has to know of a variant. */
export interface PlayedVariant {
  /** The function that it is a variant of. */
  function: ActFunction;
  /** The model's name in the config; null for a variant made of other variants. */
  model: string | null;
  /** Price of its model; undefined when it is not known. */
  price: Price | undefined;
  /** What its model is sent. */
  prompt: (args: ActArguments) => readonly ChatMessage[];
}

/** What a run has already done when it is resumed. */
export interface Before {
  run: string;
  /** As `episodeKey` names them. */
  completed: ReadonlySet<string>;
  /** Null when it is not known. */
  spent: Cost | null;
}

const NOTHING: Cost = { usd: 0, isEstimated: false };

/** So many times an episode is begun anew after an inference that the gateway did not answer. */
export const REPLAYS = 2;

/**
 * Plays variants × tasks × seeds, many episodes at a time; of a resumed run only what is missing. An episode that fails
 * does not stop the others.
 */
export async function evaluate(
  { client, variant, recordFailure, patience = PATIENCE }: EvaluateContext,
  settings: Settings,
  { signal, drain, onProgress }: Pick<EvaluateOptions, "signal" | "drain" | "onProgress">,
  before: Before = { run: newRunId(), completed: new Set(), spent: NOTHING },
): Promise<Run> {
  const { variants, tasks, seeds, historyLength, inferenceSeconds, episodeSeconds } = settings;
  const startedAt = new Date();
  const budget = new Budget(settings.budgetUsd, before.spent);
  const pace = new Pace(settings);
  const answers = new Answers((text) => console.warn(text));
  const counts = { completed: 0, success: 0, failed: 0, steps: 0 };
  const isDone = (episode: EpisodeKey) => before.completed.has(episodeKey(episode));
  const run: Run = {
    id: before.run,
    settings,
    startedAt,
    finishedAt: startedAt,
    planned: variants.length * tasks.length * seeds.length,
    completed: 0,
    completedBefore: [...grid(settings)].filter((episode) => isDone(episode)).length,
    failed: 0,
    stopped: null,
    lastError: null,
    storeError: null,
    spentUsd: 0,
    spentIsEstimated: false,
    invalidAnswers: [],
    text: "",
  };

  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // every episode under way follows it
  const stopNow = (reason: NonNullable<Run["stopped"]>) => {
    run.stopped ??= reason;
    stop.abort();
  };
  const interrupt = () => stopNow("interrupted");
  if (signal?.aborted) interrupt();
  signal?.addEventListener("abort", interrupt);
  const finish = () => {
    run.stopped ??= "interrupted";
  };
  if (drain?.aborted) finish();
  drain?.addEventListener("abort", finish);

  let reportedAt = 0;
  let hasWarned = false;
  const report = (state: Progress["state"], force = true) => {
    const elapsedMs = Date.now() - startedAt.getTime();
    if (!onProgress || (!force && elapsedMs - reportedAt < 100)) return;
    reportedAt = elapsedMs;
    const { completed, success, failed, steps } = counts;
    const progress: Progress = {
      done: completed + failed,
      total: run.planned - run.completedBefore,
      success,
      failed,
      steps,
      spentUsd: budget.cost?.usd ?? null,
      spentIsEstimated: budget.cost?.isEstimated ?? false,
      invalidAnswers: answers.invalid,
      seconds: elapsedMs / 1000,
      state,
    };
    try {
      onProgress(progress);
    } catch (error) {
      // A front end that cannot draw just now, such as a kernel whose socket is busy, must not fail an episode.
      if (!hasWarned)
        console.warn(`The run goes on, but its onProgress failed: ${messageOf(error)}`);
      hasWarned = true;
    }
  };

  /** Resolves with whether the failure is stored; if it cannot be, the run stops. */
  const record = async (result: EpisodeResult): Promise<boolean> => {
    try {
      const attempt = () => recordFailure(run.id, result);
      await withPatience(attempt, patience, stop.signal, () => true);
      return true;
    } catch (error) {
      if (!stop.signal.aborted) run.storeError = messageOf(error);
      stopNow("store");
      return false;
    }
  };

  const costliest = new Map<string, number>();
  const uncounted = new Set<string>();
  const costOf = (name: string, tokens: CountedTokens): Cost | null => {
    const played = variant(name);
    if (tokens.isEstimated && !uncounted.has(name)) {
      uncounted.add(name);
      console.warn(uncountedText(name, played));
    }
    const usd = costUsd(played.price, tokens);
    if (usd === null) return null;
    costliest.set(name, Math.max(usd, costliest.get(name) ?? 0));
    return { usd, isEstimated: usd > 0 && tokens.isEstimated };
  };
  /** The provider may have answered, and will bill, what was lost on its way: taken for as dear as the costliest. */
  const costOfLost = (name: string): Cost => {
    const usd = costliest.get(name) ?? 0;
    return { usd, isEstimated: usd > 0 };
  };

  let begun = 0;
  const playOnce = async (episode: EpisodeKey) => {
    const account = budget.openEpisode();
    const result = await runEpisode({
      client,
      run: run.id,
      ...episode,
      historyLength,
      pace,
      model: variant(episode.variant).model ?? episode.variant,
      rank: begun++,
      patience,
      inferenceSeconds,
      episodeSeconds,
      signal: stop.signal,
      functionName: variant(episode.variant).function,
      prompt: variant(episode.variant).prompt,
      onInference: (inference, invalid) => {
        counts.steps += 1;
        account.add(costOf(episode.variant, inference));
        answers.add(episode.variant, inference.content, invalid);
        if (budget.exhausted) stopNow("budget");
        report("running", false);
      },
    });
    if (isLost(result.error)) account.add(costOfLost(episode.variant));
    account.close();
    // What is not stored as failed is cut off: so ClickHouse shows it, too.
    const isCutOff = result.error !== null && (stop.signal.aborted || !(await record(result)));
    return { result, isCutOff };
  };

  let failuresInARow = 0;
  const play = async (episode: EpisodeKey) => {
    let { result, isCutOff } = await playOnce(episode);
    // A new episode, because the lost inference may be stored: in the same one its step would be there twice.
    for (let again = 0; again < REPLAYS && isLost(result.error) && !run.stopped; again++) {
      ({ result, isCutOff } = await playOnce(episode));
    }
    if (result.error === null) {
      failuresInARow = 0;
      counts.completed += 1;
      if (result.success) counts.success += 1;
    } else if (!isCutOff) {
      counts.failed += 1;
      run.lastError = result.error.message;
      if (++failuresInARow >= FAILURES_IN_A_ROW) stopNow("failing");
    }
    report("running");
  };

  const queue = grid(settings);
  const worker = async () => {
    for (const episode of queue) {
      if (isDone(episode)) continue;
      if (budget.allotted) run.stopped ??= "budget";
      if (run.stopped) break;
      await play(episode);
    }
  };
  try {
    report("running");
    await Promise.all(Array.from({ length: Math.min(settings.concurrency, run.planned) }, worker));
  } catch (error) {
    stop.abort();
    throw error;
  } finally {
    report(run.stopped || stop.signal.aborted ? "stopped" : "finished");
    signal?.removeEventListener("abort", interrupt);
    drain?.removeEventListener("abort", finish);
  }
  run.completed = run.completedBefore + counts.completed;
  run.failed = counts.failed;
  run.spentUsd = budget.cost?.usd ?? null;
  run.spentIsEstimated = budget.cost?.isEstimated ?? false;
  run.invalidAnswers = answers.invalid;
  run.finishedAt = new Date();
  run.text = describe(run);
  return run;
}

function uncountedText(name: string, { model, price }: PlayedVariant): string {
  const cost =
    price === undefined || isFree(price)
      ? ""
      : " Cost and budget count an estimate: the o200k tokens of prompts and answers, without reasoning that the model hides.";
  return `The provider of ${model ?? "a model"}, which plays ${name}, does not say how many tokens an answer took.${cost} In tables and charts its tokens are unknown.`;
}
