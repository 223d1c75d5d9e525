import type { ClickHouseClient } from "@clickhouse/client";
import { groupBy } from "../basics/group-by";
import { modelUsage } from "../queries/runs/model-usage";
import { findRunSettings } from "../queries/runs/run-settings";
import { completedEpisodes, runStates } from "../queries/runs/run-state";
import type { Before } from "./evaluate";
import { episodeKey } from "./plan/episodes";
import { differences, ResumeError, type RunRecord, readRecord, recordOf } from "./plan/record";
import { type EvaluateOptions, newRunId, type ResumeOptions, type Settings } from "./plan/settings";
import { countOf, gridOf, inTurn, together } from "./plan/worlds";
import { costOfRun } from "./run-cost";
import type { Price } from "./variants/prices";

/** Where earlier runs are found, and what they cost. */
export interface RunHistory {
  clickhouse: ClickHouseClient;
  /** A model's price; undefined when it is not known. */
  price: (model: string) => Price | undefined;
  /** Makes visible what is on its way to the store. */
  flush(): Promise<void>;
}

/** A run as `npm run runs` lists it. */
export interface RunRow {
  run: string;
  /** "running": something was stored in the last minute. Null for rows that no `evaluate` made. */
  state: "finished" | "running" | "unfinished" | null;
  /** Episodes asked for; null for rows that no `evaluate` made. */
  planned: number | null;
  /** Whole ones. */
  completed: number;
  /** Episodes that were completed and of which the store has lost rows since. A resumed run plays them again. */
  damaged: number;
  /** Episodes without an outcome: their last try failed, or was cut off. */
  failed: number;
  cut_off: number;
  variants: string[];
  /** Null when a model's price is not known. */
  cost_usd: number | null;
  /** Tokens that a provider did not count were counted here. */
  cost_is_estimated: boolean;
  /** Tries were cut off, failed or damaged: answers may have been paid for that are not stored. */
  cost_is_at_least: boolean;
  /** First and last row, in UTC: "2026-11-22 14:30:05". */
  first: string;
  last: string;
  /** Seconds since the last row. */
  idle_seconds: number;
}

interface PreparedRun {
  settings: Settings;
  /** To be stored with the run. */
  record: RunRecord;
  before: Before;
}

interface PrepareContext {
  check: (options: EvaluateOptions) => Promise<Settings>;
  /** A variant's definition as the config has it now. */
  define: (variant: string, settings: Settings) => Readonly<Record<string, string>>;
  history: RunHistory;
}

/**
 * A new run's settings, or those of the run to resume and what it has already done.
 *
 * @throws SettingsError
 * @throws ResumeError the run is not known, or was played with other settings
 */
export async function prepareRun(
  options: EvaluateOptions | ResumeOptions,
  { check, define, history }: PrepareContext,
): Promise<PreparedRun> {
  if (!("run" in options) || options.run === undefined) {
    const settings = await check(options as EvaluateOptions);
    const before = {
      run: newRunId(),
      completed: new Set<string>(),
      spent: { usd: 0, isEstimated: false },
    };
    return { settings, record: recordOf(settings, (name) => define(name, settings)), before };
  }
  const { run, acceptChanges = false, ...given } = options;
  await history.flush();
  const stored = await findRecord(history.clickhouse, run);
  const { variants, worlds, historyLength } = stored;
  const plan =
    given.worlds === undefined ? (gridOf(worlds) ?? { worlds: [...inTurn(worlds)] }) : {};
  const asked = await check({
    ...{ ...plan, variants: Object.keys(variants), historyLength },
    demonstrations: Object.values(variants).find((own) => own.demonstrations)?.demonstrations,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  });
  const settings =
    given.worlds === undefined ? asked : { ...asked, worlds: together(worlds, asked.worlds) };
  const record = recordOf(settings, (name) => define(name, settings));
  const different = differences(stored, record);
  if (different.length > 0 && !acceptChanges) {
    throw new ResumeError(
      `Run ${run} was played with other settings: ${different.join("; ")}. Its episodes would not be comparable. ` +
        "Put the settings back, begin a new run, or resume with acceptChanges: true.",
    );
  }
  const completed = await completedEpisodes(history.clickhouse, run);
  const [state] = await runStates(history.clickhouse, run);
  const usage = await modelUsage(history.clickhouse, run);
  const before = {
    run,
    completed: new Set(completed.map(episodeKey)),
    spent: await costOfRun(usage, history, state?.open_tries ?? 0),
  };
  return { settings, record, before };
}

async function findRecord(clickhouse: ClickHouseClient, run: string): Promise<RunRecord> {
  const stored = await findRunSettings(clickhouse, run);
  if (stored !== null) return readRecord(stored, run);
  const known = (await runStates(clickhouse)).filter((state) => state.settings !== null);
  const newest = known.slice(0, 3).map((state) => state.run);
  throw new ResumeError(
    `The store has no run ${JSON.stringify(run)} to resume. ` +
      (newest.length > 0
        ? `The newest are ${newest.join(", ")}; npm run runs lists all.`
        : "It has none at all: is this the right store?"),
  );
}

/** All runs in the store, the newest first. */
export async function listRuns(history: RunHistory): Promise<RunRow[]> {
  const { clickhouse, flush } = history;
  await flush();
  const usage = groupBy(await modelUsage(clickhouse, null), ({ run }) => run);
  const rows: RunRow[] = [];
  for (const { settings, open_tries, ...stored } of await runStates(clickhouse)) {
    const record = settings === null ? null : readRecord(settings, stored.run);
    const variants = Object.keys(record?.variants ?? {});
    const planned = record && variants.length * countOf(record.worlds);
    // Rows that no `evaluate` made need not have all that its episodes have.
    const damaged = planned === null ? 0 : stored.damaged;
    const state = { ...stored, completed: stored.completed - damaged, damaged };
    const cost = await costOfRun(usage.get(state.run) ?? [], history, open_tries);
    rows.push({
      ...{ ...state, state: stateOf(state, planned), planned, variants },
      cost_usd: cost?.usd ?? null,
      cost_is_estimated: cost?.isEstimated ?? false,
      cost_is_at_least: cost?.isAtLeast ?? false,
    });
  }
  return rows;
}

function stateOf(
  { completed, idle_seconds }: { completed: number; idle_seconds: number },
  planned: number | null,
): RunRow["state"] {
  if (planned === null) return null;
  if (completed >= planned) return "finished";
  return idle_seconds < 60 ? "running" : "unfinished";
}
