import type { ClickHouseClient } from "@clickhouse/client";
import { messageOf, uuidv7 } from "embedded-gateway";
import type { Demonstrated } from "./agents/balrog-like/dialogue";
import type { Connection } from "./connection/open";
import { isUnreachable } from "./connection/unreachable";
import { beginRun } from "./experiment/begin";
import type { Catalog } from "./experiment/catalog";
import { evaluate } from "./experiment/evaluate";
import { interruptible } from "./experiment/interrupts";
import { describeLosses } from "./experiment/losses";
import { readDemonstrated } from "./experiment/plan/demonstrated";
import { episodeKey } from "./experiment/plan/episodes";
import { type Plan, planRun, REPLAYS } from "./experiment/plan/plan";
import {
  checkSettings,
  type EvaluateOptions,
  parseShard,
  type ResumeOptions,
  SettingsError,
} from "./experiment/plan/settings";
import { Outages, PATIENCE } from "./experiment/play/patience";
import type { EpisodeResult } from "./experiment/play/run-episode";
import type { Progress } from "./experiment/progress/progress";
import { type PrepareContext, prepareRun, type RunHistory } from "./experiment/resume";
import { againText, type Run } from "./experiment/run";
import { hasLostRows, settle } from "./experiment/settle";
import { Claim, RunHeldError } from "./experiment/shards/claim";
import { type Cost, isFree, sumOf } from "./experiment/variants/prices";
import { describeBanks } from "./learn/bank";
import { insertFailure } from "./queries/runs/failures";
import { findRunSettings } from "./queries/runs/run-settings";
import type { EpisodeKey } from "./queries/runs/run-state";
import { WHOLE } from "./queries/runs/shard";
import { typicalUsage } from "./queries/runs/typical-usage";

/** What a run is played with. */
export interface Opened {
  catalog: Catalog;
  connection: Connection;
  log: (line: string) => void;
}

/** What the runs of a store are told by. */
export function historyOf({ catalog, connection }: Opened): RunHistory {
  const { clickhouse, flush } = connection;
  return { clickhouse, price: (model) => catalog.price(model), flush };
}

async function prepare(
  opened: Opened,
  options: EvaluateOptions | ResumeOptions,
  reads?: PrepareContext["reads"],
) {
  const { catalog, connection } = opened;
  const isFewShot = (name: string) => catalog.variants.get(name)?.form === "few_shot";
  let demonstrated: Demonstrated | null = null;
  let banks = new Map<string, string>();
  const prepared = await prepareRun(options, {
    check: async (given) => {
      const names = [...catalog.variants.keys()];
      const settings = checkSettings(given, names, (name) => catalog.played(name));
      for (const variant of settings.variants) catalog.refuseEnded(variant);
      banks = await describeBanks(connection.clickhouse, catalog.variants, settings.variants);
      if (!settings.variants.some(isFewShot)) {
        if (given.demonstrations === undefined) return settings;
        throw new SettingsError(
          `demonstrations is given, but none of ${settings.variants.join(", ")} is shown any: leave it out, or add a few_shot variant.`,
        );
      }
      await connection.flush();
      const { clickhouse } = connection;
      demonstrated = await readDemonstrated(clickhouse, settings.worlds, given.demonstrations);
      return { ...settings, demonstrations: demonstrated.id };
    },
    knows: (name) => catalog.variants.has(name),
    define: (name, { demonstrations }) => ({
      ...catalog.variants.get(name)?.definition,
      ...(demonstrations !== null && isFewShot(name) && { demonstrations }),
      ...(banks.has(name) && { examples: banks.get(name) }),
    }),
    history: historyOf(opened),
    reads,
  });
  return { ...prepared, demonstrated };
}

/** What a run would play and cost. */
export async function makePlan(
  opened: Opened,
  options: EvaluateOptions | ResumeOptions,
): Promise<Plan> {
  const { catalog, connection } = opened;
  const { settings, before, demonstrated } = await prepare(opened, options);
  const isAllFree = settings.variants.every((name) => {
    const { price } = catalog.played(name);
    return price !== undefined && isFree(price);
  });
  // Read out of all that is stored.
  const typical = isAllFree ? [] : await typicalUsage(connection.clickhouse);
  const isDone = (episode: EpisodeKey) => before.completed.has(episodeKey(episode));
  const plan = await planRun(
    settings,
    (name) => catalog.played(name),
    typical,
    isDone,
    demonstrated,
  );
  return { ...plan, text: [plan.text, ...catalog.notices(settings.variants)].join("\n") };
}

/** Plays a run, or what it or a shard of it lacks, and sees that it is stored. */
export async function playRun(
  opened: Opened,
  options: EvaluateOptions | ResumeOptions,
): Promise<Run> {
  const { clickhouse } = opened.connection;
  if (!("run" in options) || options.run === undefined)
    return playPrepared(opened, options, await prepare(opened, options));
  const { run, shard, signal = new AbortController().signal } = options;
  const store = new Outages("ClickHouse", PATIENCE, opened.log);
  const patiently = <T>(ask: () => Promise<T>) => store.endure(ask, signal, isUnreachable);
  const claimed = { run, ...(shard === undefined ? WHOLE : parseShard(shard)) };
  const isBegun = async () => (await findRunSettings(clickhouse, run)) !== null;
  // Claimed before it is looked at: what another process still plays is not done.
  const claim = await patiently(() => Claim.take(clickhouse, claimed)).catch(async (error) => {
    // Who could not play it in any case is told so now, and not when it is free.
    if (error instanceof RunHeldError && (await isBegun()))
      await prepare(opened, options, "settings");
    throw error;
  });
  try {
    if (shard !== undefined) await patiently(() => claim.untilBegun(isBegun));
    for (let again = 0; ; again++) {
      try {
        const prepared = await patiently(() =>
          prepare(opened, options, again > 0 ? "rows" : "done"),
        );
        const spent = sumOf(prepared.before.spent, claim.spent);
        const before = { ...prepared.before, spent };
        return await playPrepared(opened, options, { ...prepared, before }, claim);
      } catch (error) {
        if (again === REPLAYS || !hasLostRows(error)) throw error;
        claim.beginAnew();
        opened.log(`${messageOf(error.cause)} What is missing is played again.`);
      }
    }
  } finally {
    await claim.end();
  }
}

/** @param claim on a run of before; a new one is claimed when the store has taken its settings */
async function playPrepared(
  opened: Opened,
  options: EvaluateOptions | ResumeOptions,
  { settings, before, record, demonstrated }: Awaited<ReturnType<typeof prepare>>,
  claim?: Claim,
): Promise<Run> {
  const { catalog, connection, log } = opened;
  const { client, clickhouse, flush, isLate } = connection;
  const { run: id } = before;
  let held = claim;
  const context = {
    ...{ client, log, demonstrated },
    variant: (name: string) => catalog.played(name),
    recordFailure: (run: string, result: EpisodeResult) => recordFailure(clickhouse, run, result),
    elsewhere: () => (held === undefined ? 0 : held.spentElsewhere),
    onSpent: (cost: Cost | null) => held?.spend(cost),
  };
  const onProgress = (progress: Progress) => {
    held?.follow(progress);
    options.onProgress?.(progress);
  };
  const play = async ({ drain, stop }: { drain: AbortSignal; stop: AbortSignal }) => {
    const signal = either(options.signal, stop);
    if (record !== null) await beginRun(clickhouse, { run: id, record, signal, log });
    held ??= await Claim.take(clickhouse, { run: id, ...WHOLE });
    if (settings.shard.of > 1 && settings.budgetUsd !== null)
      await held.watchSpending(settings.budgetUsd);
    const until = { drain: either(options.drain, drain), signal: either(held.lost, signal) };
    return evaluate(context, settings, { onProgress, ...until }, before);
  };
  const onDrain = () =>
    log(
      `The episodes under way come to their end; a second interrupt stops at once. To go on later: npm start -- ${againText(id, settings.shard)}`,
    );
  try {
    const run = await interruptible(play, onDrain);
    held?.lost.throwIfAborted();
    await settle(run, { clickhouse, flush, isLate, log }).catch(async (error: unknown) => {
      if (hasLostRows(error)) throw error;
      const lines = await describeLosses(historyOf(opened), true).catch(() => []);
      for (const line of lines) if (line.startsWith(`Run ${run.id} `)) log(line);
      throw error;
    });
    return run;
  } finally {
    if (claim === undefined) await held?.end();
  }
}

function recordFailure(
  clickhouse: ClickHouseClient,
  run: string,
  { variant, task, seed, episodeId, error }: EpisodeResult,
): Promise<void> {
  return insertFailure(clickhouse, {
    ...{ run, variant, task, seed },
    episodeId: episodeId ?? uuidv7(),
    feedbackId: uuidv7(),
    error: error?.message ?? "",
  });
}

function either(given: AbortSignal | undefined, own: AbortSignal): AbortSignal {
  return given === undefined ? own : AbortSignal.any([given, own]);
}
