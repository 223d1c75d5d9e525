import { oneLine, plural } from "embedded-gateway";
import { describeInvalid, type InvalidCount } from "../agents/answers";
import { type Shard, shardText } from "../queries/runs/shard";
import type { Settings } from "./plan/settings";
import { costText } from "./variants/prices";

/** What `evaluate` did. Outcomes are read from ClickHouse, by `id`. */
export interface Run {
  id: string;
  settings: Settings;
  startedAt: Date;
  /** `startedAt` and the time that the run took, also if the clock was set meanwhile. */
  finishedAt: Date;
  /** Episodes asked for: variants × worlds, or a shard's part of them. */
  planned: number;
  /** Episodes that ran to their end, those before a resume included. */
  completed: number;
  /** Those of them that were completed before this resume. */
  completedBefore: number;
  /**
   * How often an episode was played to its end that had been before, by whatever process. Each counts once, everywhere. Until
   * `settle` has asked ClickHouse: 0.
   */
  doubles: number;
  /**
   * Episodes of the whole run without an outcome whose last try ended by an error, as `npm run runs` counts them. Until
   * `settle` has asked ClickHouse: those of this sitting.
   */
  failed: number;
  /**
   * Why the run ended before all episodes were played; null when they were. "failing": ten episodes in a row failed;
   * "store": ClickHouse did not take the record of a failed one.
   */
  stopped: "budget" | "interrupted" | "failing" | "store" | null;
  /** The error that ended the last episode that failed in this sitting. */
  lastError: string | null;
  /** Whether episodes failed in this sitting, each because a key is missing or wrong: until it is corrected, others would fail alike. */
  needsKey: boolean;
  /** Why ClickHouse did not take the record of a failed episode; null when it took all. */
  storeError: string | null;
  /** What the whole run has cost, in US dollars. Null when a variant's model has no known price. */
  spentUsd: number | null;
  /** Tokens that a provider did not count were counted here. */
  spentIsEstimated: boolean;
  /** Answers may have been paid for that nothing is known of, in this sitting or in one that was killed. */
  spentIsAtLeast: boolean;
  /** Of the variants with answers that were no valid action; those before a resume are not counted. */
  invalidAnswers: readonly InvalidCount[];
  /** How the run ended, in a few sentences. */
  text: string;
}

/** After this many failures in a row the next episode would fail as well. */
export const FAILURES_IN_A_ROW = 10;

/** A gateway explains every failed retry; in one sentence the beginning is enough. */
const SHOWN = 500;

/** How a run ended, in a few sentences. */
export function describe(run: Run): string {
  const { id, planned, completed, completedBefore, failed } = run;
  const { stopped, lastError, storeError, spentUsd, settings } = run;
  const { spentIsEstimated: isEstimated, spentIsAtLeast: isAtLeast } = run;
  const seconds = (run.finishedAt.getTime() - run.startedAt.getTime()) / 1000;
  const cost =
    spentUsd === null ? "cost not known" : costText({ usd: spentUsd, isEstimated, isAtLeast });
  const { shard } = settings;
  const part = shard.of === 1 ? "" : `, shard ${shardText(shard)}`;
  const parts = [
    `Run ${id}${part}: ${completed} of ${plural(planned, "episode")} in ${seconds.toFixed(1)} s, ${cost}.`,
  ];
  if (completedBefore > 0) parts.push(`${completedBefore} of them were there already.`);
  if (run.doubles > 0) parts.push(doublesText(run.doubles));
  const why = lastError === null ? "" : `, the last because: ${short(lastError)}`;
  if (failed > 0) parts.push(`${failed} failed${why}.`);
  const since = completedBefore > 0 ? "Since the resume, " : "";
  for (const count of run.invalidAnswers) parts.push(`${since}${describeInvalid(count)}.`);
  if (stopped === "budget") parts.push(`Stopped: the budget of $${settings.budgetUsd} is spent.`);
  if (stopped === "interrupted") parts.push("Stopped: interrupted.");
  if (stopped === "failing") parts.push(`Stopped: ${FAILURES_IN_A_ROW} episodes in a row failed.`);
  if (storeError !== null) parts.push(`Stopped: ClickHouse takes no rows (${short(storeError)}).`);
  if (completed < planned) parts.push(`For the rest: npm start -- ${againText(id, shard)}`);
  return parts.join(" ");
}

/** What `npm start --` takes to go on with a run, or with a shard of it. */
export function againText(run: string, shard: Shard): string {
  return shard.of === 1 ? `--resume ${run}` : `--run ${run} --shard ${shardText(shard)}`;
}

function doublesText(doubles: number): string {
  return doubles === 1
    ? "One episode was played to its end a second time, and counts once."
    : `${doubles} times an episode was played to its end once more; each counts once.`;
}

function short(text: string): string {
  return oneLine(text, SHOWN).replace(/\.$/, "");
}
