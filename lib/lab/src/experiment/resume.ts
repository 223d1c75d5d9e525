import type { ClickHouseClient } from "@clickhouse/client";
import { isOwnAgent } from "../agents/local/own-agents";
import { groupBy } from "../basics/group-by";
import { allRuns } from "../queries/runs/all-runs";
import { lastBeatsByRun, spentElsewhere, toldCosts } from "../queries/runs/beats";
import { doneOfShard, wholeOfShard } from "../queries/runs/done";
import { modelUsage } from "../queries/runs/model-usage";
import { everyRunSettings, findRunSettings } from "../queries/runs/run-settings";
import {
  completedEpisodes,
  type EpisodeKey,
  type RunState,
  runStates,
} from "../queries/runs/run-state";
import { type Shard, WHOLE } from "../queries/runs/shard";
import { describeUnknownRun } from "../queries/runs/unknown-run";
import type { Before } from "./evaluate";
import { episodeKey } from "./plan/episodes";
import {
  differences,
  isTagged,
  ResumeError,
  type RunRecord,
  readRecord,
  recordOf,
  writeRecord,
} from "./plan/record";
import {
  checkRunName,
  type EvaluateOptions,
  newRunId,
  parseShard,
  type ResumeOptions,
  type RunLabel,
  type Settings,
} from "./plan/settings";
import { countOf, gridOf, inTurn, together } from "./plan/worlds";
import { costOfRun } from "./run-cost";
import { type ShardRow, shardRows } from "./shards/shards";
import { type Cost, NOTHING, type Price } from "./variants/prices";

/** Where earlier runs are found, and what they cost. */
export interface RunHistory {
  clickhouse: ClickHouseClient;
  /** A model's price; undefined when it is not known. */
  price: (model: string) => Price | undefined;
  /** Makes visible what is on its way to the store. */
  flush(): Promise<void>;
}

/** A run as `npm run runs` lists it. */
export interface RunRow extends RunLabel {
  run: string;
  /** "running": something was stored in the last minute, and who plays it has not let go. Null for rows that no `evaluate` made. */
  state: "finished" | "running" | "unfinished" | null;
  /** Episodes asked for; null for rows that no `evaluate` made. */
  planned: number | null;
  /** Whole ones. */
  completed: number;
  /** Episodes that were completed and of which the store has lost rows since. A resumed run plays them again. */
  damaged: number;
  /** How often an episode was played to its end once more; each counts once. */
  doubles: number;
  /** Episodes without an outcome: their last try failed, or was cut off. */
  failed: number;
  cut_off: number;
  variants: string[];
  /** By the prices of when it was played, or where a sitting was killed by those of now; null when a model's price is not known. */
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
  /** The parts of a run that was last played in several and is not finished; else empty. */
  shards: readonly ShardRow[];
}

interface PreparedRun {
  settings: Settings;
  /** To be stored with the run; null: it is there. */
  record: RunRecord | null;
  before: Before;
}

export interface PrepareContext {
  check: (options: EvaluateOptions) => Promise<Settings>;
  /** Whether there is such a variant. */
  knows: (variant: string) => boolean;
  /** A variant's definition as the config has it now. */
  define: (variant: string, settings: Settings) => Readonly<Record<string, string>>;
  history: RunHistory;
  /** Of a run of before: its settings alone; also its finished episodes, by their `success`; or also whether a shard's have all rows. Default "done". */
  reads?: "settings" | "done" | "rows";
}

/**
 * A new run's settings, or those of the run to resume and what it has already done.
 *
 * @throws SettingsError
 * @throws ResumeError the run is not known, or was played with other settings
 */
export async function prepareRun(
  options: EvaluateOptions | ResumeOptions,
  { check, knows, define, history, reads = "done" }: PrepareContext,
): Promise<PreparedRun> {
  const begin = async (run: string, given: EvaluateOptions, shard: Shard) => {
    const settings = { ...(await check(given)), shard };
    const record = recordOf(settings, (name) => define(name, settings));
    return { settings, record, before: { run, completed: new Set<string>(), spent: NOTHING } };
  };
  if (!("run" in options) || options.run === undefined)
    return begin(newRunId(), options as EvaluateOptions, WHOLE);
  const { run, shard: part, acceptChanges = false, ...given } = options;
  const shard = part === undefined ? WHOLE : parseShard(part);
  await history.flush();
  const text = await findRunSettings(history.clickhouse, run);
  if (text === null && part !== undefined && isWhole(given))
    return begin(checkRunName(run), given, shard);
  if (text === null && part !== undefined)
    throw new ResumeError(
      `Run ${JSON.stringify(run)} is not there. To begin it, name its variants (-p variants=…).`,
    );
  if (text === null) throw new ResumeError(await describeUnknownRun(history.clickhouse, run));
  const stored = readRecord(text, run);
  const { variants, worlds, historyLength } = stored;
  const agents = Object.keys(variants).filter(
    (name) => isOwnAgent((variants[name]?.model ?? "").replace(/^"/, "")) && !knows(name),
  );
  if (agents.length > 0)
    throw new ResumeError(
      `Run ${run} was played by functions, ${agents.join(", ")}: only who has them can go on, by lab.evaluate({ run: ${JSON.stringify(run)}, agents: { ${agents.join(", ")} } }).`,
    );
  const plan =
    given.worlds === undefined ? (gridOf(worlds) ?? { worlds: [...inTurn(worlds)] }) : {};
  const demonstrations = Object.values(variants).find((own) => own.demonstrations)?.demonstrations;
  const { name, note, helper } = stored.label;
  const label = { name: name ?? undefined, note: note ?? undefined, helper };
  const own = { ...plan, variants: Object.keys(variants), historyLength };
  const asked = await check({
    // Who names the variants of a shard's run says all of it, as whoever began it did.
    ...{ ...(part !== undefined && isWhole(given) ? {} : own), ...label, demonstrations },
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  } as EvaluateOptions);
  const settings = {
    ...asked,
    ...(given.worlds === undefined ? {} : { worlds: together(worlds, asked.worlds) }),
    shard,
  };
  const record = recordOf(settings, (name) => define(name, settings));
  const different = differences(stored, record);
  if (different.length > 0 && !acceptChanges) {
    throw new ResumeError(
      `Run ${run} was played with other settings: ${different.join("; ")}. Its episodes would not be comparable. ` +
        "Put the settings back (a run grows by what is named beside all that it has), begin a new run, or resume with acceptChanges: true.",
    );
  }
  const { completed, spent } =
    reads === "settings"
      ? { completed: [], spent: NOTHING }
      : await doneBefore(history, run, settings, reads === "rows");
  return {
    settings,
    record: writeRecord(record) === text ? null : record,
    before: { run, completed: new Set(completed.map(episodeKey)), spent },
  };
}

/** Whether options say all that a run needs: only its variants have no default. */
function isWhole(options: Partial<EvaluateOptions>): options is EvaluateOptions {
  return options.variants !== undefined;
}

/**
 * What a run has done and spent. Of a shard no more is read than its own episodes, where each `success` has the tag for it, and
 * what the run has cost is known by the beats of those who play it: see `spentElsewhere`. At its end, `settle` counts the rows.
 */
async function doneBefore(
  history: RunHistory,
  run: string,
  { shard }: Settings,
  counts: boolean,
): Promise<{ completed: EpisodeKey[]; spent: Cost | null }> {
  const { clickhouse } = history;
  if (shard.of > 1 && (await everyRunSettings(clickhouse, run)).every(isTagged)) {
    const read = counts ? wholeOfShard : doneOfShard;
    const { episodes } = await read(clickhouse, run, shard);
    return { completed: episodes, spent: NOTHING };
  }
  const { completed, openTries } = await completedEpisodes(clickhouse, run);
  const usage = await modelUsage(clickhouse, run);
  const spent = await costOfRun(usage, history, openTries);
  if (shard.of === 1 || spent === null) return { completed, spent };
  // What beats tell is added to it.
  const told = (await spentElsewhere(clickhouse, { run, claim: "" })) ?? 0;
  return { completed, spent: { ...spent, usd: Math.max(0, spent.usd - told) } };
}

/** All runs in the store, the newest first. @param looks see `runStates` */
export async function listRuns(history: RunHistory, looks?: boolean): Promise<RunRow[]> {
  const { clickhouse, flush } = history;
  await flush();
  const states = await (looks ? runStates(clickhouse, null, true) : allRuns(clickhouse));
  const costs = await costsOf(states, history);
  const beats = new Map((await lastBeatsByRun(clickhouse)).map((beat) => [beat.run, beat]));
  const rows: RunRow[] = [];
  for (const { settings, open_tries, ...stored } of states) {
    const record = settings === null ? null : readRecord(settings, stored.run);
    const variants = Object.keys(record?.variants ?? {});
    const planned = record && variants.length * countOf(record.worlds);
    // Rows that no `evaluate` made need not have all that its episodes have.
    const damaged = planned === null ? 0 : stored.damaged;
    const state = { ...stored, completed: stored.completed - damaged, damaged };
    const { of, ended } = beats.get(stored.run) ?? { ...WHOLE, ended: false };
    const isSplit = record !== null && of > 1 && state.completed < planned!;
    const cost = costs.get(stored.run) ?? null;
    rows.push({
      ...{ ...state, state: stateOf(state, planned, ended && of === 1), planned, variants },
      ...(record?.label ?? { name: null, note: null, helper: false }),
      shards: isSplit ? await shardRows(clickhouse, { run: stored.run, of, record }) : [],
      cost_usd: cost?.usd ?? null,
      cost_is_estimated: cost?.isEstimated ?? false,
      cost_is_at_least: cost?.isAtLeast ?? false,
    });
  }
  return rows;
}

/** What runs have cost, by run; null where that is not known. Only of those with tries that are lost, and old ones, are calls read. */
async function costsOf(
  states: readonly RunState[],
  history: RunHistory,
): Promise<ReadonlyMap<string, Cost | null>> {
  const costs = new Map<string, Cost | null>(await toldCosts(history.clickhouse));
  const read = states.filter(({ run, open_tries }) => open_tries > 0 || !costs.has(run));
  const usage = await modelUsage(history.clickhouse, ...read.map(({ run }) => run));
  const usageOf = groupBy(usage, ({ run }) => run);
  for (const { run, open_tries } of read)
    costs.set(run, await costOfRun(usageOf.get(run) ?? [], history, open_tries));
  return costs;
}

function stateOf(
  { completed, idle_seconds }: { completed: number; idle_seconds: number },
  planned: number | null,
  isLetGo: boolean,
): RunRow["state"] {
  if (planned === null) return null;
  if (completed >= planned) return "finished";
  return idle_seconds < 60 && !isLetGo ? "running" : "unfinished";
}
