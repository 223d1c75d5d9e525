import type { ClickHouseClient } from "@clickhouse/client";
import { messageOf } from "../message-of";
import { waitForOutcomes } from "../store/outcomes";
import type { Run } from "./evaluate";

/** A run has ended, but ClickHouse does not show all of it. The message has the command that plays what is missing. */
export class RunNotStoredError extends Error {
  override readonly name = "RunNotStoredError";
  constructor(
    readonly run: Run,
    cause: unknown,
  ) {
    const reason = messageOf(cause);
    super(
      `Run ${run.id} is not wholly in ClickHouse: ${reason} Once it answers, this plays what is missing: ` +
        `npm start -- --resume ${run.id}`,
      { cause },
    );
  }
}

/**
 * Waits until ClickHouse shows every completed episode of a run.
 *
 * @param flush stores what the gateway still has in memory
 * @throws RunNotStoredError
 */
export async function settle(
  run: Run,
  { clickhouse, flush }: { clickhouse: ClickHouseClient; flush: () => Promise<void> },
): Promise<void> {
  try {
    await flush();
    await waitForOutcomes(clickhouse, run.id, run.completed);
  } catch (cause) {
    throw new RunNotStoredError(run, cause);
  }
}
