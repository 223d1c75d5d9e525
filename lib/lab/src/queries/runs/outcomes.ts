import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import { type RunState, runStates } from "./run-state";

/** The gateway took rows that ClickHouse does not show. */
export class OutcomesMissingError extends Error {
  override readonly name = "OutcomesMissingError";
  constructor(
    message: string,
    /** So many it shows; null: it does not answer. */
    readonly whole: number | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** How long nothing new may come before it is missed, and the longest wait between two looks, in milliseconds. */
export interface Late {
  patienceMs: number;
  longestMs: number;
}

const LATE: Late = { patienceMs: 90_000, longestMs: 2000 };

/**
 * Waits until ClickHouse shows `expected` whole episodes of a run: their inferences, the calls of models and all five
 * metrics. A gateway answers before it has written, and may write each of them at another time.
 *
 * @returns the run as its rows tell it then; undefined: it has none
 * @throws OutcomesMissingError when no more have come for 90 s
 */
export async function waitForOutcomes(
  clickhouse: ClickHouseClient,
  run: string,
  expected: number,
  late: Late = LATE,
): Promise<RunState | undefined> {
  let state: RunState | undefined;
  const whole = async () => {
    [state] = await runStates(clickhouse, run);
    return state === undefined ? 0 : state.completed - state.damaged;
  };
  await waitForRows(whole, expected, `${expected} episodes of run ${run} ended`, late);
  return state;
}

/**
 * Waits until `look` finds as many as are expected.
 *
 * @param taken what the gateway has taken, as a sentence's beginning
 * @throws OutcomesMissingError when no more have come for so long, or the store has not answered for 90 s
 */
export async function waitForRows(
  look: () => Promise<number>,
  expected: number,
  taken: string,
  { patienceMs, longestMs }: Late = LATE,
): Promise<void> {
  let most: number | null = null;
  let since = performance.now();
  let failedAt = since;
  for (let waitMs = Math.min(100, longestMs); ; waitMs = Math.min(longestMs, waitMs * 1.5)) {
    let cause: unknown;
    const whole = await look().catch((error) => {
      cause = error;
      return null;
    });
    const now = performance.now();
    if (whole !== null && whole >= expected) return;
    if (whole === null) failedAt = now;
    else if (whole > (most ?? -1)) {
      most = whole;
      since = now;
    }
    if (now - since > LATE.patienceMs || now - Math.max(since, failedAt) > patienceMs) {
      const shown = whole === null ? "does not answer" : `shows ${whole} of them whole`;
      throw new OutcomesMissingError(
        `${taken}, but ClickHouse ${shown}. ` +
          "Does CLICKHOUSE_URL name the ClickHouse that the gateway writes to? TensorZero's own gateway writes after it has " +
          "answered, and what it has not written when it is stopped is lost.",
        whole,
        { cause },
      );
    }
    await sleep(waitMs);
  }
}
