import type { GatewayClient } from "../gateway/client";
import { Budget } from "./budget";
import { costUsd, type Price } from "./prices";
import { type EpisodeResult, runEpisode } from "./run-episode";
import { type EvaluateOptions, newRunId, type Progress, type Settings } from "./settings";

/** What `evaluate` did. Outcomes are read from ClickHouse, by `id`. */
export interface Run {
  id: string;
  settings: Settings;
  startedAt: Date;
  finishedAt: Date;
  /** Episodes asked for: variants × tasks × seeds. */
  planned: number;
  /** Episodes that ran to their end. */
  completed: number;
  /** Episodes ended by an error; stored beside the outcomes with their error. */
  failed: number;
  /**
   * Why the run ended before all episodes were played; null when they were. "failing": ten episodes in a row failed.
   */
  stopped: "budget" | "interrupted" | "failing" | null;
  /** The error that ended the last failed episode. */
  lastError: string | null;
  /** Null when a variant's model has no known price. */
  spentUsd: number | null;
  /** How the run ended, in a sentence or two. */
  text: string;
}

export interface EvaluateContext {
  client: GatewayClient;
  /** Price of the variant's model; undefined when it is not known. */
  price: (variant: string) => Price | undefined;
  /** Stores that an episode failed, and why. */
  recordFailure: (run: string, result: EpisodeResult) => Promise<void>;
}

/** So many failures in a row, with no success between, mean that the next would fail as well. */
const FAILURES_IN_A_ROW = 10;

/** Plays variants × tasks × seeds, many episodes at a time. One that fails does not stop the others. */
export async function evaluate(
  { client, price, recordFailure }: EvaluateContext,
  settings: Settings,
  { signal, onProgress }: Pick<EvaluateOptions, "signal" | "onProgress">,
): Promise<Run> {
  const { variants, tasks, seeds, historyLength, concurrency } = settings;
  const startedAt = new Date();
  const budget = new Budget(settings.budgetUsd);
  const counts = { completed: 0, success: 0, failed: 0, steps: 0 };
  const run: Run = {
    id: newRunId(startedAt),
    settings,
    startedAt,
    finishedAt: startedAt,
    planned: variants.length * tasks.length * seeds.length,
    completed: 0,
    failed: 0,
    stopped: null,
    lastError: null,
    spentUsd: 0,
    text: "",
  };

  const stop = new AbortController();
  const stopNow = (reason: NonNullable<Run["stopped"]>) => {
    run.stopped ??= reason;
    stop.abort();
  };
  const interrupt = () => stopNow("interrupted");
  if (signal?.aborted) interrupt();
  signal?.addEventListener("abort", interrupt);

  let reportedAt = 0;
  const report = (state: Progress["state"], force = true) => {
    const elapsedMs = Date.now() - startedAt.getTime();
    if (!onProgress || (!force && elapsedMs - reportedAt < 100)) return;
    reportedAt = elapsedMs;
    const { completed, success, failed, steps } = counts;
    onProgress({
      done: completed + failed,
      total: run.planned,
      success,
      failed,
      steps,
      spentUsd: budget.usd,
      seconds: elapsedMs / 1000,
      state,
    });
  };

  let failuresInARow = 0;
  const play = async (episode: { variant: string; task: string; seed: number }) => {
    const account = budget.openEpisode();
    const result = await runEpisode({
      client,
      run: run.id,
      ...episode,
      historyLength,
      signal: stop.signal,
      onInference: (usage) => {
        counts.steps += 1;
        account.add(costUsd(price(episode.variant), usage));
        if (budget.exhausted) stopNow("budget");
        report("running", false);
      },
    });
    account.close();
    if (result.error === null) {
      failuresInARow = 0;
      counts.completed += 1;
      if (result.success) counts.success += 1;
    } else if (!stop.signal.aborted) {
      counts.failed += 1;
      run.lastError = result.error.message;
      await recordFailure(run.id, result);
      if (++failuresInARow >= FAILURES_IN_A_ROW) stopNow("failing");
    }
    report("running");
  };

  const queue = grid(settings);
  const worker = async () => {
    for (const episode of queue) {
      if (budget.allotted) run.stopped ??= "budget";
      if (run.stopped) break;
      await play(episode);
    }
  };
  try {
    report("running");
    await Promise.all(Array.from({ length: Math.min(concurrency, run.planned) }, worker));
  } catch (error) {
    stop.abort();
    throw error;
  } finally {
    report(run.stopped || stop.signal.aborted ? "stopped" : "finished");
    signal?.removeEventListener("abort", interrupt);
  }
  run.completed = counts.completed;
  run.failed = counts.failed;
  run.spentUsd = budget.usd;
  run.finishedAt = new Date();
  run.text = describe(run);
  return run;
}

function describe(run: Run): string {
  const { id, planned, completed, failed, stopped, lastError, spentUsd, settings } = run;
  const seconds = (run.finishedAt.getTime() - run.startedAt.getTime()) / 1000;
  const cost = spentUsd === null ? "cost not known" : `$${spentUsd.toFixed(2)}`;
  const parts = [
    `Run ${id}: ${completed} of ${planned} episodes in ${seconds.toFixed(1)} s, ${cost}.`,
  ];
  if (failed > 0) parts.push(`${failed} failed, the last because: ${lastError}.`);
  if (stopped === "budget") parts.push(`Stopped: the budget of $${settings.budgetUsd} is spent.`);
  if (stopped === "interrupted") parts.push("Stopped: interrupted.");
  if (stopped === "failing") parts.push(`Stopped: ${FAILURES_IN_A_ROW} episodes in a row failed.`);
  return parts.join(" ");
}

/** Seed by seed, so that a run cut short has played the same seeds with every variant and task. */
function* grid({ variants, tasks, seeds }: Settings) {
  for (const seed of seeds) {
    for (const task of tasks) {
      for (const variant of variants) yield { variant, task, seed };
    }
  }
}
