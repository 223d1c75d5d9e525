import type { ClickHouseClient } from "@clickhouse/client";
import { messageOf } from "embedded-gateway";
import { doneOfShard, wholeOfShard } from "../queries/runs/done";
import { OutcomesMissingError, waitForOutcomes, waitForRows } from "../queries/runs/outcomes";
import { shardText } from "../queries/runs/shard";
import { Outages, PATIENCE } from "./play/patience";
import { againText, describe, type Run } from "./run";

/**
 * A run has ended, but ClickHouse does not show all of it. The message has the command that plays what is missing.
 *
 * @example
 * const explain = (error: unknown) => {
 *   if (error instanceof RunNotStoredError) return `Is ClickHouse full? ${error.message}`;
 *   throw error;
 * };
 */
export class RunNotStoredError extends Error {
  override readonly name = "RunNotStoredError";
  constructor(
    readonly run: Run,
    cause: unknown,
  ) {
    const reason = messageOf(cause);
    super(
      `Run ${run.id} is not wholly in ClickHouse: ${reason} Once it answers, this plays what is missing: ` +
        `npm start -- ${againText(run.id, run.settings.shard)}`,
      { cause },
    );
  }
}

/** Of a shard's rows that have not come for so long it is thought that a gateway was killed that had taken them. */
const SHARD_LATE = { patienceMs: 15_000, longestMs: 2000 };
const NOT_LATE = { patienceMs: 0, longestMs: 0 };

/** Whether a shard has come to its end, and the store lacks rows of some of its episodes. One that has none is another store. */
export function hasLostRows(error: unknown): error is RunNotStoredError {
  if (!(error instanceof RunNotStoredError && error.cause instanceof OutcomesMissingError))
    return false;
  const { settings, stopped } = error.run;
  return settings.shard.of > 1 && stopped === null && Boolean(error.cause.whole);
}

async function lookAt(clickhouse: ClickHouseClient, run: Run, isLate: boolean): Promise<void> {
  const { shard } = run.settings;
  if (shard.of > 1) {
    const look = async () => {
      const done = await doneOfShard(clickhouse, run.id, shard);
      run.doubles = done.doubles;
      if (done.episodes.length < run.completed) return done.episodes.length;
      return (await wholeOfShard(clickhouse, run.id, shard, done)).episodes.length;
    };
    const ended = `${run.completed} episodes of shard ${shardText(shard)} of run ${run.id} ended`;
    return waitForRows(look, run.completed, ended, isLate ? SHARD_LATE : NOT_LATE);
  }
  const state = await waitForOutcomes(clickhouse, run.id, run.completed);
  run.failed = state?.failed ?? 0;
  run.doubles = state?.doubles ?? 0;
}

interface Settling {
  clickhouse: ClickHouseClient;
  flush: () => Promise<void>;
  /** Rows may be stored after `flush`. Default true. */
  isLate?: boolean;
  /** Told when the store is away. Default: nobody is. */
  log?: (line: string) => void;
}

/**
 * Waits until ClickHouse shows every completed episode of a run, and takes from there how many have failed: of those that
 * failed before a resume only the store knows whether a later try has taken their place. Of a shard it asks for no more than its
 * own episodes.
 *
 * @param flush stores what the gateway still has in memory; again where the store is away, such as a disk that is full
 * @throws RunNotStoredError
 */
export async function settle(
  run: Run,
  { clickhouse, flush, isLate = true, log }: Settling,
  patience = PATIENCE,
): Promise<void> {
  // A run that the store has stopped has waited for it.
  const limitMs = run.stopped === "store" ? 0 : patience.limitMs;
  const store = new Outages("ClickHouse", { ...patience, limitMs }, log);
  try {
    await store.endure(flush, new AbortController().signal, () => true);
    await lookAt(clickhouse, run, isLate);
    run.text = describe(run);
  } catch (cause) {
    throw new RunNotStoredError(run, cause);
  }
}
