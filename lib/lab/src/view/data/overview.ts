import type { ClickHouseClient } from "@clickhouse/client";
import { type Bounded, boundedProportion } from "../../analysis/bounds";
import { compareText, variantOrder } from "../../analysis/order";
import { sum } from "../../analysis/statistics/statistics";
import { groupBy } from "../../basics/group-by";
import { readRecord } from "../../experiment/plan/record";
import type { RunLabel } from "../../experiment/plan/settings";
import { type OutcomeCount, outcomeCounts } from "../../queries/overview/outcome-counts";
import { RATE_SECONDS, recentAnswers } from "../../queries/overview/recent-answers";
import { type StartedRun, startedRuns } from "../../queries/overview/started-runs";
import { lastBeats } from "../../queries/runs/beats";

/** How a variant does on one task, or on all. */
export interface Rate {
  /** Episodes planned; of rows that no `evaluate` made, those that have ended or failed. */
  planned: number;
  finished: number;
  solved: number;
  failed: number;
  /** Tasks weighted equally; a range where episodes are unfinished. */
  success: Bounded;
}

export interface VariantOverview extends Rate {
  variant: string;
  /** By task. */
  tasks: ReadonlyMap<string, Rate>;
}

/** A run as the small tables tell it, fast enough for a first sight. */
export interface RunOverview extends RunLabel {
  run: string;
  /** Null for rows that no `evaluate` made. */
  state: "finished" | "running" | "unfinished" | null;
  planned: number | null;
  finished: number;
  solved: number;
  failed: number;
  /** Milliseconds since 1970; null when nothing tells. */
  startedMs: number | null;
  latestMs: number | null;
  /** Inferences answered in a second over the last half minute; null of a run that is not under way. */
  answersPerSecond: number | null;
  variants: readonly VariantOverview[];
}

/** All runs, or the one, the newest first. */
export async function overviews(
  clickhouse: ClickHouseClient,
  run: string | null = null,
): Promise<RunOverview[]> {
  const [started, counts, recent, beats] = await Promise.all([
    startedRuns(clickhouse, run),
    outcomeCounts(clickhouse, run),
    recentAnswers(clickhouse),
    lastBeats(clickhouse, run),
  ]);
  const countsOf = groupBy(counts, (count) => count.run);
  const names = [...new Set([...started.map((row) => row.run), ...countsOf.keys()])];
  const active = new Set([
    ...recent.map((row) => row.run).filter((run) => beats.every((beat) => beat.run !== run)),
    ...beats.filter(({ ended }) => !ended).map((beat) => beat.run),
  ]);
  const rows = names.map((name) => {
    const own = countsOf.get(name) ?? [];
    const start = started.find((row) => row.run === name);
    const answers = recent.find((row) => row.run === name);
    const rate = answers === undefined ? 0 : answers.answers / RATE_SECONDS;
    const overview = overviewOf(name, own, start, active.has(name));
    const latest = [overview.latestMs, answers?.last_ms ?? null, start?.resumed_ms ?? null];
    return {
      ...overview,
      latestMs: Math.max(...latest.map((ms) => ms ?? 0)) || null,
      answersPerSecond: overview.state === "running" ? rate : null,
    };
  });
  const age = ({ startedMs, latestMs }: RunOverview) => startedMs ?? latestMs ?? 0;
  return rows.sort((a, b) => age(b) - age(a) || compareText(b.run, a.run));
}

function overviewOf(
  run: string,
  counts: readonly OutcomeCount[],
  started: StartedRun | undefined,
  isActive: boolean,
): RunOverview {
  const record = started === undefined ? null : readRecord(started.settings, run);
  const named = Object.keys(record?.variants ?? {}).map((variant) => ({ variant }));
  const variants = variantOrder([...named, ...counts]).map((variant) => {
    const own = counts.filter((count) => count.variant === variant);
    const isPlanned = record !== null && variant in record.variants;
    const plannedOf = (task: string) => (isPlanned ? (record.worlds.get(task)?.length ?? 0) : 0);
    const tasks = [
      ...new Set([...(isPlanned ? record.worlds.keys() : []), ...own.map(({ task }) => task)]),
    ].sort(compareText);
    return variantOverview(
      variant,
      tasks.map((task) => [task, own.find((count) => count.task === task), plannedOf(task)]),
    );
  });
  const total = (of: (variant: VariantOverview) => number) => sum(variants.map(of));
  const planned = record === null ? null : total((variant) => variant.planned);
  const finished = total((variant) => variant.finished);
  const whether = isActive ? "running" : "unfinished";
  return {
    run,
    ...(record?.label ?? { name: null, note: null, helper: false }),
    state: planned === null ? null : finished >= planned ? "finished" : whether,
    planned,
    finished,
    solved: total((variant) => variant.solved),
    failed: total((variant) => variant.failed),
    startedMs: started?.started_ms ?? null,
    latestMs: counts.length === 0 ? null : Math.max(...counts.map(({ latest_ms }) => latest_ms)),
    answersPerSecond: null,
    variants,
  };
}

function variantOverview(
  variant: string,
  parts: readonly [task: string, count: OutcomeCount | undefined, planned: number][],
): VariantOverview {
  const tasks = new Map(parts.map(([task, count, planned]) => [task, rateOf([[count, planned]])]));
  return {
    variant,
    ...rateOf(parts.map(([, count, planned]) => [count, planned])),
    tasks,
  };
}

function rateOf(strata: readonly [OutcomeCount | undefined, number][]): Rate {
  const rows = strata.map(([count, planned]) => {
    const { finished = 0, solved = 0, failed = 0 } = count ?? {};
    return { finished, solved, failed, planned: Math.max(planned, finished + failed) };
  });
  return {
    planned: sum(rows.map((row) => row.planned)),
    finished: sum(rows.map((row) => row.finished)),
    solved: sum(rows.map((row) => row.solved)),
    failed: sum(rows.map((row) => row.failed)),
    success: boundedProportion(
      rows.map(({ planned: n, solved: successes, finished }) => ({
        ...{ n, successes },
        unknown: n - finished,
      })),
    ),
  };
}
