import type { ClickHouseClient } from "@clickhouse/client";
import { messageOf, uuidv7 } from "embedded-gateway";
import { insertRunSettings } from "../queries/runs/run-settings";
import { type RunRecord, writeRecord } from "./plan/record";
import { Outages, PATIENCE } from "./play/patience";

/**
 * ClickHouse did not take a run's settings, without which it could not be resumed: nothing was played.
 *
 * @example
 * const canBeTriedAgain = (error: unknown) => error instanceof RunNotBegunError;
 */
export class RunNotBegunError extends Error {
  override readonly name = "RunNotBegunError";
}

export interface Beginning {
  run: string;
  record: RunRecord;
  signal: AbortSignal;
  /** Told when the store is away. Default: nobody is. */
  log?: (line: string) => void;
}

/**
 * Stores what a run is played with, before anything of it is played. A store that is away for a while is waited for.
 *
 * @throws RunNotBegunError
 */
export async function beginRun(
  clickhouse: ClickHouseClient,
  { run, record, signal, log }: Beginning,
  patience = PATIENCE,
): Promise<void> {
  const settings = { run, id: uuidv7(), settings: writeRecord(record) };
  const attempt = () => insertRunSettings(clickhouse, settings);
  const store = new Outages("ClickHouse", patience, log);
  await store
    .endure(attempt, signal, () => true)
    .catch((cause: unknown) => {
      throw new RunNotBegunError(
        `ClickHouse does not take the settings of run ${run} (${messageOf(cause)}), so nothing of it was played. ` +
          "Once it takes rows, do the same again.",
        { cause },
      );
    });
}
