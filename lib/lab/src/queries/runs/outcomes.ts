import type { ClickHouseClient } from "@clickhouse/client";

/** Episodes of a run whose `success` is stored. */
export async function countOutcomes(clickhouse: ClickHouseClient, run: string): Promise<number> {
  const result = await clickhouse.query({
    query: `
      SELECT toUInt32(uniqExact(target_id)) AS episodes
      FROM BooleanMetricFeedback
      WHERE metric_name = 'success' AND tags['run'] = {run:String}`,
    query_params: { run },
    format: "JSONEachRow",
  });
  const [row] = await result.json<{ episodes: number }>();
  return row?.episodes ?? 0;
}

/** The gateway took feedback that ClickHouse does not show. */
export class OutcomesMissingError extends Error {
  override readonly name = "OutcomesMissingError";
}

/**
 * Waits until ClickHouse shows the outcomes of `expected` episodes: a gateway answers before it has written.
 *
 * @throws OutcomesMissingError when they are not all there after 15 s
 */
export async function waitForOutcomes(
  clickhouse: ClickHouseClient,
  run: string,
  expected: number,
): Promise<void> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    let cause: unknown;
    const stored = await countOutcomes(clickhouse, run).catch((error) => {
      cause = error;
      return null;
    });
    if (stored !== null && stored >= expected) return;
    if (performance.now() > deadline) {
      const shown = stored === null ? "does not answer" : `shows ${stored} outcomes`;
      throw new OutcomesMissingError(
        `${expected} episodes of run ${run} ended, but ClickHouse ${shown}. ` +
          "Does CLICKHOUSE_URL name the ClickHouse that the gateway writes to?",
        { cause },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
